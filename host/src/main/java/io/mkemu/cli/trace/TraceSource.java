// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.decode.PayloadDecoders;
import io.mkemu.host.view.MachineView;
import io.mkemu.journal.JournalReader;
import io.mkemu.journal.event.JournalEvents;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Which recording is read. */
public final class TraceSource {
    @Option(names = "--machine", paramLabel = "NAME",
        description = "What a machine that runs records; may be left out while only one runs.")
    private String machine;

    @Option(names = "--journal", paramLabel = "DIR", description = "A journal, for its newest recording, or a "
        + "recording in it; of a machine that runs or is gone.")
    private Path journal;

    @Option(names = "--decode", description = "Turn payloads into text with the decoders in the jars of the recorded "
        + "modules: runs their code, in processes of its own.")
    private boolean decode;

    /** Turns payloads into text, or does nothing. Once for a command. */
    static final class Decoding implements Consumer<TraceEntry>, AutoCloseable {
        private final PayloadDecoders decoders;
        private final TraceNames names;

        private Decoding(PayloadDecoders decoders, TraceNames names) {
            this.decoders = decoders;
            this.names = names;
        }

        @Override
        public void accept(TraceEntry entry) {
            if (decoders != null) {
                entry.decoded(decoders.text(names.modules(entry), names.modules(), entry.type(), entry.payload()));
            }
        }

        @Override
        public void close() {
            if (decoders != null) {
                decoders.tellIfNone();
                decoders.close();
            }
        }
    }

    /** What --decode wants. */
    Decoding decoding(TraceNames names) {
        return new Decoding(decode ? new PayloadDecoders(line -> System.err.println("mk: " + line)) : null, names);
    }

    /** Whether payloads are to be turned into text. */
    boolean decodes() {
        return decode;
    }

    /** A recording that is open. One thread. */
    public static final class Open implements AutoCloseable {
        private final JournalReader reader;
        private String problem;
        private int problems;

        /**
         * Opens.
         *
         * @param directory a journal, for its newest recording, or a recording
         * @throws io.mkemu.MachineException if there is none
         */
        public Open(Path directory) throws IOException {
            reader = JournalReader.open(directory, this::problem);
        }

        private void problem(String told) {
            problem = problem == null ? told : problem;
            problems++;
        }

        /**
         * Says on stderr, in a line, what could not be read.
         *
         * @param unreadable places that were found in what was read, where a record should be and none can be
         * @return what the command ends with
         */
        ExitCode tellProblems(long unreadable) {
            String line = problems(unreadable);
            if (line != null) {
                System.err.println("mk: " + line);
            }
            return problem == null ? ExitCode.OK : ExitCode.FAILED;
        }

        /** The same line, or null if all could be read. Once all is read. */
        public String problems(long unreadable) {
            if (problem == null && unreadable > 0) {
                problem("records of " + name() + " cannot be true in " + unreadable
                    + (unreadable == 1 ? " place" : " places") + ", they are left out: mk trace --event damaged shows "
                    + "where");
            }
            int files = reader.deletedFiles();
            String deleted = files == 0 ? "" : files + (files == 1 ? " file of " : " files of ") + name()
                + (files == 1 ? " was" : " were") + " deleted unread, to keep the journal small: "
                + "what was told there is missing";
            String nothing = reader.isEmpty() ? name() + " holds nothing that can be read" : "";
            String damaged = problem == null ? nothing : problem + (problems == 1 ? "" : "; and " + (problems - 1)
                + " more such lines");
            return deleted.isEmpty() && damaged.isEmpty() ? null
                : damaged + (deleted.isEmpty() || damaged.isEmpty() ? "" : "; ") + deleted;
        }

        /** What is in it. */
        public JournalReader segments() {
            return reader;
        }

        /** Where it lies. */
        public String name() {
            return reader.recording().toString();
        }

        @Override
        public void close() {
            reader.close();
        }
    }

    /**
     * Opens the recording that is meant.
     *
     * @param command for which, if the command line is wrong
     * @throws io.mkemu.MachineException if there is none
     */
    Open open(CommandSpec command) throws IOException {
        if (machine != null && journal != null) {
            throw new ParameterException(command.commandLine(), "--machine or --journal, not both");
        }
        return new Open(journal != null ? journal : ofMachine());
    }

    /** Where a machine that runs, or that a killed host left, is recorded. */
    private Path ofMachine() throws IOException {
        String name;
        try (MachineView view = MachineView.open(machine)) {
            name = view.name();
        } catch (MachineException none) {
            throw new MachineException(none.exitCode(), none.getMessage() + "; what was recorded of a machine that is "
                + "gone lies where --journal put it: mk trace --journal DIR", none);
        }
        try {
            return Path.of(Files.readString(MachineDirectory.of(name).journal()).strip());
        } catch (NoSuchFileException none) {
            throw new MachineException(ExitCode.STATE, "machine \"" + name + "\" is not recorded: mk trace set ipi "
                + "--journal DIR records it from now on", none);
        }
    }

    /** Who is who in all that is there now. */
    TraceNames names(CommandSpec command) throws IOException {
        TraceNames names = new TraceNames();
        try (Open whole = open(command)) {
            JournalEvents events = new JournalEvents(whole.reader, names, entry -> { });
            boolean more = true;
            while (more) {
                more = events.poll();
            }
        }
        return names;
    }

    /** The watermark of the last document there is now, CLOCK_MONOTONIC in ns; 0 if there is none. */
    long end(CommandSpec command) throws IOException {
        try (Open whole = open(command)) {
            long end = 0;
            while (whole.reader.next()) {
                end = Math.max(end, whole.reader.segment().watermark());
            }
            return end;
        }
    }
}
