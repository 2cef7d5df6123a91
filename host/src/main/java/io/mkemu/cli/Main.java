// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.trace.ReplayCommand;
import io.mkemu.cli.trace.TraceCommand;
import io.mkemu.cli.type.Converter;
import io.mkemu.cli.type.ErrorText;
import io.mkemu.os.Shortage;
import io.mkemu.os.StandardStreams;
import io.mkemu.tree.DeviceTreeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.util.List;
import java.util.ServiceLoader;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code mk}: the command line. */
@Command(name = "mk", description = "Kernel instances as real processes that exchange IPIs over shared RAM.",
    subcommands = {InitCommand.class, HostCommand.class, CreateCommand.class, UpdateCommand.class,
    LoadCommand.class, ExecCommand.class, JoinCommand.class, KillCommand.class, UnloadCommand.class,
    DeleteCommand.class, ShowCommand.class, ListCommand.class, ShutdownCommand.class, RunCommand.class,
    DemoCommand.class, DmesgCommand.class, ConsoleCommand.class, InterruptsCommand.class, IomemCommand.class,
    TraceCommand.class, ReplayCommand.class, DoctorCommand.class, CompletionCommand.class},
    mixinStandardHelpOptions = true, versionProvider = Version.class, synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "Exit codes:%n", exitCodeList = {
        "  0:all done, all verified", "  1:something was not verified, a task failed or an instance died",
        "  2:the command line is wrong; 3: the device tree or a boot parameter is",
        "  4:the machine is in use, does not run or does not answer",
        "  5:no room, or a CPU cannot be pinned: mk doctor tells", "  6:a module cannot be loaded",
        "  7:no such instance, or its state refuses the verb",
        " 69:no JDK 25 found; 70: mkemu itself is at fault, or its build failed",
        "130:interrupted by Ctrl-C, 143 by SIGTERM"},
    footer = "Example: mk run examples/demo.dts")
public final class Main {
    private static final int SIGPIPE_EXIT = 128 + 13;
    /** The own commands that the help lists after those of {@link FurtherCommand}. */
    private static final List<String> LAST = List.of("trace", "replay", "doctor", "completion");
    private static final Pattern SHORTAGE = Pattern.compile("No space left on device|Too many open files|File too large"
        + "|Cannot allocate memory|Resource temporarily unavailable|Disk quota exceeded|Read-only file system"
        + "|-E(NOSPC|MFILE|NFILE|FBIG|NOMEM|AGAIN|DQUOT|ROFS)\\b");

    private Main() {
    }

    /** Runs a command and exits with its code. */
    public static void main(String[] args) {
        int code = execute(args);
        if (System.out.checkError() && StandardStreams.isOutputUnread()) {
            /* As head(1) does to all it reads from: what nobody wants to read is not lost. */
            code = code == ExitCode.OK.code() ? SIGPIPE_EXIT : code;
        } else if (System.out.checkError()) {
            System.err.println("mk: standard output cannot be written; what was to be said there is lost");
            code = code == ExitCode.OK.code() ? ExitCode.RESOURCES.code() : code;
        }
        System.exit(code);
    }

    private static int execute(String[] args) {
        try {
            return commandLine(args).execute(args);
        } catch (Error fault) {
            String shortage = Shortage.of(fault);
            if (shortage == null) {
                throw fault;
            }
            System.err.println("mk: " + shortage);
            return ExitCode.RESOURCES.code();
        }
    }

    /**
     * The command line with all commands that can be seen in what it is given: where the first argument is one of its
     * own, further ones are not looked for. To look for them opens all jars of the class path.
     */
    static CommandLine commandLine(String... args) {
        CommandLine mk = Converter.register(new CommandLine(new Main()));
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
        command.getErr().println("mk: " + ErrorText.oneLine(wrong.getMessage()) + "; see "
            + command.getCommandSpec().qualifiedName() + " --help");
        return ExitCode.USAGE.code();
    }

    private static int failure(Exception fault, CommandLine command, CommandLine.ParseResult parsed) {
        PrintWriter err = command.getErr();
        return switch (fault) {
            case MachineException refused -> {
                err.println("mk: " + ErrorText.oneLine(refused.getMessage()));
                yield refused.exitCode().code();
            }
            case DeviceTreeException wrong -> {
                err.println(ErrorText.oneLine(wrong.getMessage()));
                yield ExitCode.CONFIG.code();
            }
            case IOException broken -> {
                err.println("mk: " + ErrorText.oneLine(describe(broken)));
                yield ExitCode.RESOURCES.code();
            }
            case InvalidPathException unnameable -> {
                err.println("mk: " + ErrorText.oneLine(unnameable.getMessage()) + ": this JVM reads and writes paths "
                    + "in " + System.getProperty("sun.jnu.encoding") + ": set LC_ALL=C.UTF-8, see mk doctor");
                yield ExitCode.USAGE.code();
            }
            case RuntimeException limited when Shortage.of(limited) != null -> {
                err.println("mk: " + Shortage.of(limited));
                yield ExitCode.RESOURCES.code();
            }
            default -> {
                err.println("mk: fault of mkemu, please report it with the lines below: " + fault);
                fault.printStackTrace(err);
                yield ExitCode.INTERNAL.code();
            }
        };
    }

    /** Which limit it was, the doctor knows. */
    private static String describe(IOException broken) {
        String said = ErrorText.of(broken);
        return SHORTAGE.matcher(said).find() ? said + "; see mk doctor" : said;
    }
}
