// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.abi.TraceMode;
import io.mkemu.cli.type.VerbCommand;
import io.mkemu.host.view.LogText;
import io.mkemu.journal.JournalLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
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

    @Option(names = "--journal", paramLabel = "DIR", description = "For a machine that has no journal: records it from "
        + "now on into a journal in this directory, which is made if it is not there.")
    private Path journal;

    @Option(names = "--journal-max", paramLabel = "SIZE[,AGE]", description = "What the directory of --journal keeps "
        + "at most, as 1G or 1G,24h: its oldest files are deleted; default 1G.")
    private JournalLimits limits;

    @Override
    public String verb() {
        return "trace";
    }

    @Override
    public ObjectNode request() {
        require(journal != null || limits == null, "--journal-max needs --journal DIR");
        ObjectNode request = object().put("mode", mode.label());
        if (journal != null) {
            request.put("journal", journal.toAbsolutePath().normalize().toString());
        }
        if (limits != null) {
            request.put("journalMaxBytes", limits.maxBytes());
            if (limits.maxAge() != null) {
                request.put("journalMaxSeconds", limits.maxAge().toSeconds());
            }
        }
        return request;
    }

    @Override
    public void print(JsonNode result) {
        System.out.println("trace: " + result.path("was").asText() + " -> " + result.path("mode").asText()
            + (journal == null ? "" : ", into " + LogText.printable(result.path("journal").asText())));
    }
}
