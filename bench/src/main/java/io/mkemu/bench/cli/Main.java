// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.cli;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;

/** The benchmark's command line. */
public final class Main {
    private Main() {
    }

    /** Runs the benchmark and exits with its code. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new BenchCommand()).setParameterExceptionHandler(Main::usageError)
            .setExecutionExceptionHandler(Main::failure);
    }

    private static int usageError(CommandLine.ParameterException wrong, String[] args) {
        wrong.getCommandLine().getErr().println("bench: " + oneLine(wrong.getMessage())
            + "; see scripts/bench --help");
        return ExitCode.USAGE.code();
    }

    private static int failure(Exception fault, CommandLine command, CommandLine.ParseResult parsed) {
        PrintWriter err = command.getErr();
        switch (fault) {
            case MachineException refused -> {
                err.println("bench: " + oneLine(refused.getMessage()));
                return refused.exitCode().code();
            }
            case InterruptedException stopped -> {
                err.println("bench: interrupted");
                return ExitCode.INTERRUPTED.code();
            }
            case IOException broken -> {
                err.println("bench: " + oneLine(describe(broken)));
                return ExitCode.RESOURCES.code();
            }
            default -> {
                err.println("bench: fault of mkemu, please report it with the lines below: " + fault);
                fault.printStackTrace(err);
                return ExitCode.INTERNAL.code();
            }
        }
    }

    /** Some file exceptions say nothing but the file's name. */
    private static String describe(IOException broken) {
        return switch (broken) {
            case NoSuchFileException missing -> missing.getFile() + ": no such file or directory";
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            case FileSystemException other when other.getReason() != null -> other.getFile() + ": " + other.getReason();
            default -> broken.getMessage() == null ? broken.toString() : broken.getMessage();
        };
    }

    private static String oneLine(String message) {
        return message.replaceAll("\\s*\\R\\s*", " ");
    }
}
