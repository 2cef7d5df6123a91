// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.console;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.cli.type.LogFollower;
import io.mkemu.cli.type.MachineOption;
import io.mkemu.cli.type.MissedBytes;
import io.mkemu.host.view.ConsoleLog;
import io.mkemu.host.view.InstanceNames;
import io.mkemu.host.view.LogText;
import io.mkemu.host.view.MachineView;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.os.RawTerminal;
import io.mkemu.table.InstanceEntry;
import io.mkemu.tty.ConsoleClientEnd;
import io.mkemu.tty.ConsoleKind;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk console}: an instance's console, both ways. */
@Command(name = "console", mixinStandardHelpOptions = true,
    header = "An instance's console, both ways.", description = {
    "An instance's console.",
    "Shows what is in its kernel log and what comes, over the ends and starts of its kernel. Lines of a level that "
        + "loglevel= or quiet keep off the console are left out; mk dmesg has them.",
    "What is typed reaches the module that has opened the console, shell for example. At a terminal each key goes "
        + "there, Ctrl-C too; Ctrl-] . detaches. Else lines go there, and the end of the input detaches.",
    "Ends with exit code 0 when the machine ends, the instance is deleted or the user detaches, with the module's when "
        + "that ends the session, with 130 by Ctrl-C while nobody reads what is typed."},
    footer = {"", "Example: mk console web --machine demo"})
public final class ConsoleCommand implements Callable<Integer> {
    private static final int PIECE = 8192;
    private static final long LOOK_MILLIS = 100;

    @Parameters(paramLabel = "NAME", description = "Name or id of the instance, or host.")
    private String name;

    @Option(names = "--follow", description = "Only show; several may do so at once.")
    private boolean follow;

    @Option(names = "--raw", description = "Show what the module writes as it is, also what steers a terminal; else "
        + "that is shown as \\xNN.")
    private boolean raw;

    @Mixin
    private MachineOption machine;

    private final MissedBytes missed = new MissedBytes();
    private ConsoleOutput out;
    private volatile boolean over;
    private volatile boolean done;
    private volatile IOException broken;

    @Override
    public Integer call() throws Exception {
        try (MachineView view = MachineView.open(machine.name())) {
            return call(view);
        }
    }

    private int call(MachineView view) throws IOException, InterruptedException {
        InstanceEntry entry = InstanceNames.find(view.mapped(), view.name(), name);
        String itsName = entry.name();
        out = new ConsoleOutput(System.out, raw);
        ConsoleLog console = new ConsoleLog(view.mapped().memory(), entry);
        LogFollower.tellOfDeath(view);
        if (follow || !view.runs()) {
            LogFollower.follow(view, () -> print(console, entry, itsName));
            return ExitCode.OK.code();
        }
        Thread log = new Thread(() -> {
            try {
                LogFollower.follow(view, () -> print(console, entry, itsName) && !done);
            } catch (IOException fault) {
                broken = fault;
            } finally {
                over = true;
            }
        }, "console-log");
        log.setDaemon(true);
        MachineDirectory directory = MachineDirectory.of(view.name());
        try (MappedMachine mapped = MappedMachine.open(directory.ram())) {
            try {
                return RawTerminal.isThere() ? atTerminal(view, mapped, entry, log) : piped(view, mapped, entry, log);
            } finally {
                done = true;
                mapped.memory().raiseEvent();
                log.join();
            }
        }
    }

    private boolean print(ConsoleLog console, InstanceEntry entry, String itsName) {
        boolean exists = entry.state() != InstanceState.EMPTY && entry.name().equals(itsName);
        for (Line line = console.poll(); line != null; line = console.poll()) {
            missed.tell(console.missedBytes());
            out.line(LogText.of(line.nanos(), line.text()));
        }
        missed.tell(console.missedBytes());
        if (!exists) {
            System.err.println("mk: instance " + itsName + " was deleted");
        }
        return exists;
    }

    /** Follows the log; attaches as soon as some module reads, and stays so over the lives of the kernel. */
    private int atTerminal(MachineView view, MappedMachine mapped, InstanceEntry entry, Thread log)
        throws IOException, InterruptedException {
        if (!isOpen(view, entry)) {
            System.err.println("mk: no module of " + entry.name() + " reads its console: this shows its log, until "
                + "one does");
            log.start();
        }
        while (!over && !isOpen(view, entry)) {
            log.join(LOOK_MILLIS);
        }
        if (over) {
            return ended();
        }
        try (ConsoleSession session = ConsoleSession.attach(MachineDirectory.of(view.name()), mapped, entry,
            ConsoleKind.TERMINAL)) {
            System.err.println("mk: attached to " + entry.name() + "; Ctrl-] . detaches");
            if (!log.isAlive()) {
                log.start();
            }
            int result = raw(session);
            if (result == ConsoleSession.DETACHED) {
                System.err.println("mk: detached from " + entry.name());
            }
            return result == ConsoleSession.ENDED ? ended() : Math.max(0, result);
        }
    }

    private int raw(ConsoleSession session) {
        RawTerminal terminal = RawTerminal.open();
        try {
            EscapeKeys escape = new EscapeKeys();
            reader(() -> keys(session, escape));
            return session.run(out, () -> over, Long.MAX_VALUE);
        } finally {
            out.end(true);
            if (terminal != null) {
                terminal.close();
            }
        }
    }

    private static boolean isOpen(MachineView view, InstanceEntry entry) {
        long word = entry.lifeWord();
        return InstanceEntry.stateOf(word) == InstanceState.ACTIVE
            && ConsoleClientEnd.openLife(view.mapped().memory(), entry.id()) == InstanceEntry.lifeOf(word);
    }

    private int ended() throws IOException {
        if (broken != null) {
            throw broken;
        }
        return ExitCode.OK.code();
    }

    /** Follows the log; attaches when something is typed, so that many may follow who type nothing. */
    private int piped(MachineView view, MappedMachine mapped, InstanceEntry entry, Thread log)
        throws IOException, InterruptedException {
        byte[] first = new byte[PIECE];
        int[] count = {0};
        Thread begins = reader(() -> count[0] = System.in.read(first));
        log.start();
        while (!over && begins.isAlive()) {
            begins.join(LOOK_MILLIS);
        }
        if (over || count[0] <= 0) {
            log.join();
            return ended();
        }
        long word = entry.lifeWord();
        RunInKernel.requireConsole(view, entry, word);
        try (ConsoleSession session = ConsoleSession.attach(MachineDirectory.of(view.name()), mapped, entry,
            ConsoleKind.LINES)) {
            session.type(Arrays.copyOf(first, count[0]));
            reader(() -> lines(session));
            int result = session.run(out, () -> over || entry.lifeWord() != word, Long.MAX_VALUE);
            out.end(true);
            if (result == ConsoleSession.ENDED && !over) {
                throw new MachineException(ExitCode.KERNEL_ENDED, entry.name() + " ended before it had read all: "
                    + entry.reason());
            }
            return result == ConsoleSession.ENDED ? ended() : Math.max(0, result);
        }
    }

    /** Reads what is typed. */
    @FunctionalInterface
    private interface Reader {
        void read() throws IOException, InterruptedException;
    }

    private static Thread reader(Reader what) {
        Thread reader = new Thread(() -> {
            try {
                what.read();
            } catch (IOException closed) {
                /* As the end of the input. */
                return;
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }, "console-input");
        reader.setDaemon(true);
        reader.start();
        return reader;
    }

    private static void keys(ConsoleSession session, EscapeKeys escape) throws InterruptedException {
        byte[] keys = new byte[PIECE];
        try {
            for (int count = System.in.read(keys); count >= 0; count = System.in.read(keys)) {
                session.type(escape.keys(keys, count));
                if (escape.isDetached()) {
                    session.detach();
                    return;
                }
            }
        } catch (IOException hungUp) {
            /* The terminal has gone. */
            session.detach();
            return;
        }
        session.detach();
    }

    private static void lines(ConsoleSession session) throws IOException, InterruptedException {
        byte[] bytes = new byte[PIECE];
        for (int count = System.in.read(bytes); count >= 0; count = System.in.read(bytes)) {
            session.type(Arrays.copyOf(bytes, count));
        }
        session.endInput();
    }
}
