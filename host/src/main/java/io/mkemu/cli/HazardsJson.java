// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.host.hazards.HazardResult;
import io.mkemu.host.hazards.Outcome;
import java.io.PrintStream;
import java.util.List;

/** Prints the hazards as one JSON array. */
final class HazardsJson {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private HazardsJson() {
    }

    static void print(List<HazardResult> results, PrintStream out) {
        ArrayNode all = MAPPER.createArrayNode();
        for (HazardResult result : results) {
            ObjectNode node = all.addObject().put("hazard", result.title()).put("function", result.function());
            describe(node.putObject("singleSlot"), result.singleSlot());
            describe(node.putObject("queued"), result.queued());
        }
        out.println(all);
    }

    private static void describe(ObjectNode node, Outcome outcome) {
        node.put("sent", outcome.sent()).put("arrived", outcome.arrived()).put("lost", outcome.lost())
            .put("torn", outcome.torn()).put("repeated", outcome.repeated()).put("shown", outcome.shown());
    }
}
