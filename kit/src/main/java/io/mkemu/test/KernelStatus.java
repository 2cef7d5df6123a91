// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.abi.InstanceState;
import java.util.Locale;

/**
 * What a kernel was when asked: a part of what {@code mk show --json} prints.
 *
 * @param id       0..255; 0 is the host
 * @param name     its name
 * @param state    empty, ready, loaded, active, failed
 * @param detail   what the state does not tell: "paused", "booting"; else empty
 * @param reason   why it failed, or empty
 * @param pid      of its process; 0 if it has none
 * @param life     which life it is, or was last; 0 before the first
 * @param restarts how often the restart policy has begun a life
 */
public record KernelStatus(int id, String name, InstanceState state, String detail, String reason, long pid, long life,
                           int restarts) {
    static KernelStatus of(JsonNode node) {
        return new KernelStatus(node.path("id").asInt(), node.path("name").asText(),
            InstanceState.valueOf(node.path("state").asText().toUpperCase(Locale.ROOT)), node.path("detail").asText(),
            node.path("reason").asText(), node.path("pid").asLong(), node.path("life").asLong(),
            node.path("restarts").asInt());
    }

    @Override
    public String toString() {
        return name + " " + state + (detail.isEmpty() ? "" : " (" + detail + ")") + ", life " + life
            + (reason.isEmpty() ? "" : ": " + reason);
    }
}
