// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.mkemu.json.Json;
import java.io.IOException;

/** What the host tells of machines and lives in the payload of its records: a JSON object. */
final class JournalText {
    private JournalText() {
    }

    /** The object; a missing node, which has no fields, if the payload is none: a damaged record tells nothing. */
    static JsonNode object(byte[] payload) {
        try {
            JsonNode node = Json.read(payload);
            return node.isObject() ? node : MissingNode.getInstance();
        } catch (IOException damaged) {
            return MissingNode.getInstance();
        }
    }
}
