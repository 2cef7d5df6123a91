// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.Converter;
import io.mkemu.cli.type.LineOutput;
import io.mkemu.journal.event.EventFilter;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.JournalEvents;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.journal.event.TracePlayer;
import io.mkemu.journal.event.TraceSummary;
import io.mkemu.trace.MessageId;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mk trace}: reads a journal. */
@Command(name = "trace", mixinStandardHelpOptions = true, subcommands = {TraceSetCommand.class,
    TraceExportCommand.class}, synopsisSubcommandLabel = "[COMMAND]", abbreviateSynopsis = true,
    header = "Prints what was recorded of a machine.", description = {
    "Prints what was recorded of a machine that runs or is gone, event by event, as trace-cmd does; or what it "
        + "comes to, or the life of one message.",
    "What was dropped is never left out: gap lines say how much, of which CPU."},
    footer = {"", "Example: mk trace --instance web --event send,callback_begin --since -5s"})
public final class TraceCommand implements Callable<Integer> {
    @Mixin
    private TraceSource source;

    @Option(names = {"-f", "--follow"}, description = "Go on with what comes, until the recording ends (exit code 0) "
        + "or Ctrl-C (130).")
    private boolean follow;

    @Mixin
    private TraceWindowOptions window;

    @Mixin
    private TraceFilterOptions filters;

    @Option(names = "--follow-id", paramLabel = "ID", converter = Converter.Message.class,
        description = "Only the life of this message.")
    private Long id;

    @Option(names = "--summary", description = "Print no events, but for each pair of kernels: messages, bytes, "
        + "latencies, losses.")
    private boolean summary;

    @Option(names = "--json", description = "Print one JSON object for each event, or with --summary one; times in ns.")
    private boolean json;

    @Spec
    private CommandSpec command;

    private long unreadable;

    @Override
    public Integer call() throws IOException {
        require(!summary || !follow && id == null && !filters.hasEvents(),
            "--summary goes with neither -f nor --event nor --follow-id");
        require(!summary || !source.decodes(), "--summary shows no payloads: leave --decode out");
        try (TraceSource.Open journal = source.open(command)) {
            TraceNames names = new TraceNames();
            EventFilter filter = filters.filter(names);
            long end = window.needsEnd() ? source.end(command) : 0;
            if (filters.namesTypes()) {
                learnTypes(filter, names);
            }
            if (summary) {
                summarise(journal, names, filter, end);
            } else {
                print(journal, names, filter, end);
            }
            return journal.tellProblems(unreadable).code();
        }
    }

    /** A module may name a type behind its first message: names are known before the first event is looked at. */
    private void learnTypes(EventFilter filter, TraceNames names) throws IOException {
        names.typesOf(source.names(command));
        String unknown = TraceFilterOptions.unknownType(filter, names);
        if (unknown != null && !follow) {
            throw new MachineException(ExitCode.STATE, unknown);
        }
        if (unknown != null) {
            System.err.println("mk: until now " + unknown);
        }
    }

    private void summarise(TraceSource.Open journal, TraceNames names, EventFilter filter, long end)
        throws IOException {
        TraceSummary counts = new TraceSummary(names, filter);
        boolean[] begun = new boolean[1];
        JournalEvents events = new JournalEvents(journal.segments(), names, entry -> {
            if (!begun[0]) {
                begun[0] = true;
                begin(filter, names, end);
            }
            note(entry);
            counts.record(entry);
        });
        boolean more = true;
        while (more) {
            more = events.poll();
        }
        counts.end();
        TraceFilterOptions.check(filter, names);
        if (json) {
            System.out.println(SummaryReport.json(counts, names, journal.segments()));
        } else {
            SummaryReport.print(counts, names, journal.segments(), System.out);
        }
    }

    /** The journal has said which machine it is of. */
    private void begin(EventFilter filter, TraceNames names, long end) {
        TraceFilterOptions.checkCpus(filter, names);
        window.apply(filter, names, end);
    }

    private void print(TraceSource.Open journal, TraceNames names, EventFilter filter, long end) throws IOException {
        if (id != null) {
            filter.id(id);
        }
        LineOutput out = new LineOutput(System.out);
        TraceLines lines = json ? new TraceJson(out, names, id != null) : new TraceText(out, names, id != null);
        try (TraceSource.Decoding decoding = source.decoding(names)) {
            TracePrinter printer = new TracePrinter(filter, lines, out, () -> begin(filter, names, end), decoding);
            new TracePlayer(journal.segments(), names, looksAt(), printer, printer).play(follow);
            if (!follow) {
                TraceFilterOptions.check(filter, names);
                if (id != null && printer.printed() == 0) {
                    throw new MachineException(ExitCode.FAILED, "no event of message " + MessageId.text(id) + " in "
                        + journal.name() + "; mk trace --event send lists the ids of what was sent");
                }
            }
            printer.end();
        }
    }

    /** What has nothing to do with a message need not be put in order with it. */
    private Predicate<TraceEntry> looksAt() {
        return entry -> {
            note(entry);
            return id == null || entry.isMessage() && entry.id() == id
                || entry.name(0) == EventName.GAP || entry.name(0) == EventName.DAMAGED;
        };
    }

    private void note(TraceEntry entry) {
        unreadable += entry.name(0) == EventName.DAMAGED ? 1 : 0;
    }

    private void require(boolean good, String message) {
        if (!good) {
            throw new ParameterException(command.commandLine(), message);
        }
    }
}
