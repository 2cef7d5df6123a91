// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.trace.ReplayCommand;
import io.mkemu.cli.trace.TraceCommand;
import io.mkemu.os.StandardStreams;
import io.mkemu.tree.DeviceTreeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code mk}: the command line. */
@Command(name = "mk", description = "Kernel instances as real processes that exchange IPIs over shared RAM.",
    subcommands = {InitCommand.class, HostCommand.class, CreateCommand.class, UpdateCommand.class,
    LoadCommand.class, ExecCommand.class, JoinCommand.class, KillCommand.class, UnloadCommand.class,
    DeleteCommand.class, ShowCommand.class, ListCommand.class, ShutdownCommand.class, RunCommand.class,
    DemoCommand.class, DmesgCommand.class, ConsoleCommand.class, InterruptsCommand.class, IomemCommand.class,
    TraceCommand.class, ReplayCommand.class, CompletionCommand.class},
    mixinStandardHelpOptions = true, versionProvider = Version.class, synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "Exit codes:%n", exitCodeList = {
        "  0:all done, all verified", "  1:something was not verified, a task failed or an instance died",
        "  2:the command line is wrong; 3: the device tree or a boot parameter is",
        "  4:the machine is in use, does not run or does not answer",
        "  5:no room: memory, CPU, file system; or a CPU cannot be pinned", "  6:a module cannot be loaded",
        "  7:no such instance, or its state refuses the verb",
        " 69:no JDK 25 found; 70: mkemu itself is at fault, or its build failed",
        "130:interrupted by Ctrl-C, 143 by SIGTERM"},
    footer = {"", "Example: mk run examples/demo.dts"})
public final class Main {
    private static final int SIGPIPE_EXIT = 128 + 13;
    /** The own commands that the help lists after those of {@link FurtherCommand}. */
    private static final List<String> LAST = List.of("trace", "replay", "completion");

    private Main() {
    }

    /** Runs a command and exits with its code. */
    public static void main(String[] args) {
        int code = commandLine(args).execute(args);
        if (System.out.checkError() && StandardStreams.isOutputUnread()) {
            /* As head(1) does to all it reads from: what nobody wants to read is not lost. */
            code = code == ExitCode.OK.code() ? SIGPIPE_EXIT : code;
        } else if (System.out.checkError()) {
            System.err.println("mk: standard output cannot be written; what was to be said there is lost");
            code = code == ExitCode.OK.code() ? ExitCode.RESOURCES.code() : code;
        }
        System.exit(code);
    }

    /**
     * The command line with all commands that can be seen in what it is given: where the first argument is one of its
     * own, further ones are not looked for. To look for them opens all jars of the class path.
     */
    static CommandLine commandLine(String... args) {
        CommandLine mk = new CommandLine(new Main());
        if (args.length == 0 || !mk.getSubcommands().containsKey(args[0])) {
            addFurther(mk);
        }
        return mk.setParameterExceptionHandler(Main::usageError).setExecutionExceptionHandler(Main::failure);
    }

    private static void addFurther(CommandLine mk) {
        List<CommandLine> last = LAST.stream().map(mk.getSubcommands()::get).toList();
        LAST.forEach(mk.getCommandSpec()::removeSubcommand);
        ServiceLoader.load(FurtherCommand.class).forEach(mk::addSubcommand);
        last.forEach(command -> mk.addSubcommand(command.getCommandName(), command));
    }

    private static int usageError(CommandLine.ParameterException wrong, String[] args) {
        CommandLine command = wrong.getCommandLine();
        command.getErr().println("mk: " + oneLine(wrong.getMessage()) + "; see "
            + command.getCommandSpec().qualifiedName() + " --help");
        return ExitCode.USAGE.code();
    }

    private static int failure(Exception fault, CommandLine command, CommandLine.ParseResult parsed) {
        PrintWriter err = command.getErr();
        return switch (fault) {
            case MachineException refused -> {
                err.println("mk: " + oneLine(refused.getMessage()));
                yield refused.exitCode().code();
            }
            case DeviceTreeException wrong -> {
                err.println(oneLine(wrong.getMessage()));
                yield ExitCode.CONFIG.code();
            }
            case IOException broken -> {
                err.println("mk: " + oneLine(describe(broken)));
                yield ExitCode.RESOURCES.code();
            }
            default -> {
                err.println("mk: fault of mkemu, please report it with the lines below: " + fault);
                fault.printStackTrace(err);
                yield ExitCode.INTERNAL.code();
            }
        };
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
