// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.shard;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk simulate merge}: what the shards of a sweep found, together. */
@Command(name = "merge", mixinStandardHelpOptions = true,
    header = "Adds up what the shards of a sweep found.", description = {
    "Reads what mk simulate --shard I/N --json printed, a JSON object on a line for each shard, adds it up, and tells "
        + "of the failure with the lowest seed. Lines that begin with \"mk: \" are left out: the log of a pod has what "
        + "went to stderr, too.",
    "Exit code 0: all shards are there and no run failed; 1: a run failed; 7: none failed in what is there, but a "
        + "shard is missing or a line cannot be used."},
    footer = {"", "Example: kubectl logs -l job-name=mkemu-sweep --tail=-1 | mk simulate merge -"})
public final class MergeCommand implements Callable<Integer> {
    private static final String STDIN = "-";
    private static final int TOLD_PROBLEMS = 20;

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Files with the shards' output, - for stdin.")
    private List<String> files;

    @Option(names = "--json", description = "One JSON object on stdout.")
    private boolean json;

    private final PrintStream out;
    private final PrintStream err;
    private long problems;

    /** For picocli. */
    public MergeCommand() {
        this(System.out, System.err);
    }

    MergeCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        MergedSweep sweep = new MergedSweep();
        for (String file : files) {
            read(file, sweep);
        }
        if (problems > TOLD_PROBLEMS) {
            err.println("mk: " + (problems - TOLD_PROBLEMS) + " more such lines were left out");
        }
        if (sweep.isEmpty()) {
            throw new MachineException(ExitCode.STATE, "no shard of a sweep in " + String.join(", ", files)
                + ": mk simulate FILE.dts --shard I/N --json prints one");
        }
        if (json) {
            out.println(sweep.json());
        } else {
            sweep.print(out);
        }
        return (sweep.hasFailed() ? ExitCode.FAILED : sweep.isComplete() ? ExitCode.OK : ExitCode.STATE).code();
    }

    private void read(String file, MergedSweep sweep) {
        boolean stdin = file.equals(STDIN);
        try (BufferedReader lines = stdin
            ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
            : Files.newBufferedReader(Path.of(file))) {
            sweep.read(stdin ? "stdin" : file, lines, this::problem);
        } catch (IOException broken) {
            throw new MachineException(ExitCode.RESOURCES, file + " cannot be read: " + why(broken), broken);
        }
    }

    private static String why(IOException broken) {
        return switch (broken) {
            case NoSuchFileException missing -> "there is no such file; name one that a shard's output went to";
            case AccessDeniedException denied -> "it is not yours to read; make it readable";
            case MalformedInputException binary -> "it is no text in UTF-8; name one that a shard's output went to";
            default -> broken.getMessage() + "; name a file that a shard's output went to";
        };
    }

    private void problem(String line) {
        if (problems++ < TOLD_PROBLEMS) {
            err.println("mk: " + line);
        }
    }
}
