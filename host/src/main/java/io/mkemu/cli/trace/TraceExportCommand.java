// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.LineOutput;
import io.mkemu.cli.type.MemorySize;
import io.mkemu.cli.type.Progress;
import io.mkemu.journal.event.EventFilter;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.journal.event.TracePlayer;
import io.mkemu.os.StandardStreams;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code mk trace export}: a journal for another program. */
@Command(name = "export", mixinStandardHelpOptions = true,
    header = "Writes what was recorded for another program.", description = {
    "Writes what was recorded for the Perfetto UI (ui.perfetto.dev): a track for each CPU, an arrow from each send to "
        + "its callback.",
    "A file that is there is not overwritten."},
    footer = {"", "Example: mk trace export demo.pftrace --since -5s"})
final class TraceExportCommand implements Callable<Integer> {
    /** What can be written. */
    enum Format {
        /** Perfetto's own, protobuf. */
        PERFETTO {
            @Override
            TraceLines to(OutputStream out, TraceNames names) {
                return new PerfettoProtobuf(out, names);
            }
        },
        /** The Trace Event Format. */
        JSON {
            @Override
            TraceLines to(OutputStream out, TraceNames names) throws IOException {
                return new PerfettoJson(out, names);
            }
        };

        private String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        abstract TraceLines to(OutputStream out, TraceNames names) throws IOException;

        /** From what users write. */
        static final class Converter implements ITypeConverter<Format> {
            @Override
            public Format convert(String text) {
                return Arrays.stream(values()).filter(format -> format.label().equals(text)).findFirst().orElseThrow(
                    () -> new TypeConversionException("'" + text + "': expected " + PERFETTO.label() + " or "
                        + JSON.label()));
            }
        }
    }

    private static final String STDOUT = "-";

    @Parameters(paramLabel = "FILE", description = "File to write, - for stdout.")
    private String file;

    @Option(names = "--format", paramLabel = "FORMAT", converter = Format.Converter.class, description = {
        "perfetto: Perfetto's own format, a tenth as large; json: the Trace Event Format, which chrome://tracing and "
            + "other programs read too.",
        "By default json for - and for a FILE that ends in .json, else perfetto."})
    private Format format;

    @Mixin
    private TraceSource source;

    @Mixin
    private TraceWindowOptions window;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() throws IOException {
        try (TraceSource.Open journal = source.open(command)) {
            if (file.equals(STDOUT)) {
                LineOutput out = new LineOutput(System.out);
                write(journal, out, out);
            } else {
                toFile(journal);
            }
            return journal.tellProblems(0).code();
        }
    }

    /** The file is there under its name once it is whole. */
    private void toFile(TraceSource.Open journal) throws IOException {
        Path target = Path.of(file);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new MachineException(ExitCode.RESOURCES, file + " is there already: remove it, or name another file");
        }
        Path directory = target.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new MachineException(ExitCode.RESOURCES, file + " cannot be written: " + directory
                + " is no directory; name a file in one that is there");
        }
        Path part = target.resolveSibling(target.getFileName() + ".part");
        part.toFile().deleteOnExit();
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(part, StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE), 1 << 16)) {
            write(journal, out, null);
        } catch (IOException broken) {
            throw new MachineException(ExitCode.RESOURCES, file + " cannot be written: " + broken.getMessage()
                + "; make room there, or name a file elsewhere", broken);
        }
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        System.err.println("mk: " + file + ": " + MemorySize.text(Files.size(target))
            + "; open it at https://ui.perfetto.dev");
    }

    private Format format() {
        return format != null ? format
            : file.equals(STDOUT) || file.endsWith(".json") ? Format.JSON : Format.PERFETTO;
    }

    private void write(TraceSource.Open journal, OutputStream to, LineOutput watched) throws IOException {
        TraceNames names = new TraceNames();
        EventFilter filter = new EventFilter(names);
        /* What is written to a terminal shows by itself how far it is. */
        Progress progress = watched != null && StandardStreams.isOutputTerminal() ? Progress.none() : new Progress();
        if (window.needsEnd()) {
            progress.show("looking for the end of the recording");
        }
        long end = window.needsEnd() ? source.end(command) : 0;
        try (TraceSource.Decoding decoding = source.decoding(names)) {
            TracePrinter printer = new TracePrinter(filter, format().to(to, names),
                watched != null ? watched : new LineOutput(System.out), () -> window.apply(filter, names, end),
                decoding);
            new TracePlayer(journal.segments(), names, entry -> true, printer,
                new ExportProgress(progress, journal.segments(), printer)).play(false);
            printer.end();
        } finally {
            progress.clear();
        }
    }
}
