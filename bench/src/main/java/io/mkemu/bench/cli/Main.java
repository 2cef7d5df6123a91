// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.cli;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.ErrorText;
import java.io.IOException;
import java.io.PrintWriter;
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
        wrong.getCommandLine().getErr().println("bench: " + ErrorText.oneLine(wrong.getMessage())
            + "; see scripts/bench --help");
        return ExitCode.USAGE.code();
    }

    private static int failure(Exception fault, CommandLine command, CommandLine.ParseResult parsed) {
        PrintWriter err = command.getErr();
        switch (fault) {
            case MachineException refused -> {
                err.println("bench: " + ErrorText.oneLine(refused.getMessage()));
                return refused.exitCode().code();
            }
            case InterruptedException stopped -> {
                err.println("bench: interrupted");
                return ExitCode.INTERRUPTED.code();
            }
            case IOException broken -> {
                err.println("bench: " + ErrorText.oneLine(ErrorText.of(broken)));
                return ExitCode.RESOURCES.code();
            }
            default -> {
                err.println("bench: fault of mkemu, please report it with the lines below: " + fault);
                fault.printStackTrace(err);
                return ExitCode.INTERNAL.code();
            }
        }
    }
}
