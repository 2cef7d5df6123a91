// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.Similar;
import io.mkemu.cli.console.ConsoleCommand;
import io.mkemu.cli.demo.DemoCommand;
import io.mkemu.cli.look.DmesgCommand;
import io.mkemu.cli.look.InspectCommand;
import io.mkemu.cli.look.InterruptsCommand;
import io.mkemu.cli.look.IomemCommand;
import io.mkemu.cli.look.ReportCommand;
import io.mkemu.cli.look.ShowCommand;
import io.mkemu.cli.look.SnapshotCommand;
import io.mkemu.cli.module.CcCommand;
import io.mkemu.cli.module.ModuleCommand;
import io.mkemu.cli.trace.ReplayCommand;
import io.mkemu.cli.trace.TraceCommand;
import io.mkemu.cli.tree.ApplyCommand;
import io.mkemu.cli.tree.DumpCommand;
import io.mkemu.cli.tx.TxCommand;
import io.mkemu.cli.type.Converter;
import io.mkemu.cli.type.ErrorText;
import io.mkemu.dts.DeviceTreeException;
import io.mkemu.os.Shortage;
import io.mkemu.os.StandardStreams;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.util.Collection;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.UsageMessageSpec;

/** {@code mk}: the command line. */
@Command(name = "mk", description = "Kernel instances as real processes that exchange IPIs over shared RAM: mk demo.",
    mixinStandardHelpOptions = true, versionProvider = Version.class, synopsisSubcommandLabel = "COMMAND",
    footer = "Exit codes: 1 failed, 2 usage, 3 tree, 4 machine, 5 room, 6 module, 7 state")
public final class Main {
    private static final int SIGPIPE_EXIT = 128 + 13;
    /** The own commands, as the help lists them: those of {@link FurtherCommand} stand between these and the last. */
    static final List<String> FIRST = List.of("init", "host", "create", "update", "load", "exec", "start", "join",
        "kill", "pause", "continue", "unload", "delete", "apply", "tx", "show", "list", "dump", "shutdown", "run",
        "demo", "dmesg", "console", "interrupts", "iomem", "snapshot", "inspect", "report");
    static final List<String> LAST = List.of("trace", "replay", "module", "cc", "doctor", "completion");
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

    /**
     * Runs a command in this JVM.
     *
     * @return the exit code
     */
    public static int execute(String[] args) {
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
     * own, that one alone. To build a command reads its class by reflection, and to look for further ones opens all
     * jars of the class path: both take longer than what most commands do.
     */
    static CommandLine commandLine(String... args) {
        CommandLine mk = new CommandLine(new Main());
        if (args.length > 0 && (FIRST.contains(args[0]) || LAST.contains(args[0]))) {
            mk.addSubcommand(args[0], command(args[0]));
        } else {
            FIRST.forEach(name -> mk.addSubcommand(name, command(name)));
            ServiceLoader.load(FurtherCommand.class).forEach(mk::addSubcommand);
            LAST.forEach(name -> mk.addSubcommand(name, command(name)));
        }
        /* The list of commands is to fit on a screen; the first line names -h and -V. */
        mk.getCommandSpec().usageMessage().sectionKeys(mk.getHelpSectionKeys().stream().filter(key ->
            !key.equals(UsageMessageSpec.SECTION_KEY_OPTION_LIST)).toList());
        /* They are the compiler's. */
        if (mk.getSubcommands().get("cc") instanceof CommandLine cc) {
            cc.setUnmatchedOptionsArePositionalParams(true);
        }
        return Converter.register(mk).setParameterExceptionHandler(Main::usageError)
            .setExecutionExceptionHandler(Main::failure);
    }

    /** One of the own commands. Not a table: that would load the classes of all of them. */
    private static Callable<Integer> command(String name) {
        return switch (name) {
            case "init" -> new InitCommand();
            case "host" -> new HostCommand();
            case "create" -> new CreateCommand();
            case "update" -> new UpdateCommand();
            case "load" -> new LoadCommand();
            case "exec" -> new ExecCommand();
            case "start" -> new StartCommand();
            case "join" -> new JoinCommand();
            case "kill" -> new KillCommand();
            case "pause" -> new PauseCommand();
            case "continue" -> new ContinueCommand();
            case "unload" -> new UnloadCommand();
            case "delete" -> new DeleteCommand();
            case "apply" -> new ApplyCommand();
            case "tx" -> new TxCommand();
            case "show" -> new ShowCommand();
            case "list" -> new ListCommand();
            case "dump" -> new DumpCommand();
            case "shutdown" -> new ShutdownCommand();
            case "run" -> new RunCommand();
            case "demo" -> new DemoCommand();
            case "dmesg" -> new DmesgCommand();
            case "console" -> new ConsoleCommand();
            case "interrupts" -> new InterruptsCommand();
            case "iomem" -> new IomemCommand();
            case "snapshot" -> new SnapshotCommand();
            case "inspect" -> new InspectCommand();
            case "report" -> new ReportCommand();
            case "trace" -> new TraceCommand();
            case "replay" -> new ReplayCommand();
            case "module" -> new ModuleCommand();
            case "cc" -> new CcCommand();
            case "doctor" -> new DoctorCommand();
            case "completion" -> new CompletionCommand();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static int usageError(CommandLine.ParameterException wrong, String[] args) {
        CommandLine command = wrong.getCommandLine();
        if (args.length == 0) {
            /* A question, not a mistake. */
            command.usage(command.getOut());
            return ExitCode.OK.code();
        }
        command.getErr().println("mk: " + what(wrong, command) + "; see "
            + command.getCommandSpec().qualifiedName() + " --help");
        return ExitCode.USAGE.code();
    }

    /** What is wrong, and for a name that is none the one that was probably meant. */
    private static String what(CommandLine.ParameterException wrong, CommandLine command) {
        if (!(wrong instanceof CommandLine.UnmatchedArgumentException unmatched)
            || unmatched.getUnmatched().isEmpty()) {
            return ErrorText.oneLine(wrong.getMessage());
        }
        String name = unmatched.getUnmatched().getFirst();
        boolean option = name.startsWith("-");
        boolean verb = !option && !command.getSubcommands().isEmpty();
        Collection<String> known = option ? command.getCommandSpec().optionsMap().keySet()
            : command.getSubcommands().keySet();
        String said = verb ? "'" + name + "' is no command of " + command.getCommandSpec().qualifiedName()
            : wrong.getMessage();
        return ErrorText.oneLine(said) + Similar.nearest(name.split("=", 2)[0], known)
            .map(near -> "; did you mean " + near + "?").orElse("");
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
