// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.abi.TraceMode;
import io.mkemu.cli.type.VerbCommand;
import java.util.ArrayList;
import java.util.Arrays;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mk trace set}: what a machine that runs records. */
@Command(name = "set", mixinStandardHelpOptions = true,
    header = "Changes what a machine records.", description = {
    "Changes what a machine records, from now on: off, nothing; lifecycle, states, boots, log lines, faults; ipi, also "
        + "messages, doorbells, callbacks, sleeps, pages; all, also payloads and all else that a replay needs."},
    footer = {"", "Example: mk trace set ipi"})
final class TraceSetCommand extends VerbCommand {
    /** For help texts and completion. */
    static final class Modes extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Modes() {
            super(Arrays.stream(TraceMode.values()).map(TraceMode::label).toList());
        }
    }

    @Parameters(paramLabel = "MODE", completionCandidates = Modes.class,
        description = "${COMPLETION-CANDIDATES}.")
    private TraceMode mode;

    @Override
    public String verb() {
        return "trace";
    }

    @Override
    public ObjectNode request() {
        return object().put("mode", mode.label());
    }

    @Override
    public void print(JsonNode result) {
        System.out.println("trace: " + result.path("was").asText() + " -> " + result.path("mode").asText());
    }
}
