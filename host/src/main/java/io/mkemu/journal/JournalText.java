// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.mkemu.json.Json;
import java.io.IOException;

/** What the host tells of machines and lives in the payload of its records: a JSON object. */
public final class JournalText {
    private JournalText() {
    }

    /** The object; a missing node, which has no fields, if the payload is none: a damaged record tells nothing. */
    public static JsonNode object(byte[] payload) {
        try {
            JsonNode node = Json.read(payload);
            return node.isObject() ? node : MissingNode.getInstance();
        } catch (IOException damaged) {
            return MissingNode.getInstance();
        }
    }
}
