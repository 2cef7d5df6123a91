// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.console;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.console.ConsoleLines;
import io.mkemu.host.view.InstanceNames;
import io.mkemu.host.view.MachineView;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import io.mkemu.tty.ConsoleClientEnd;
import io.mkemu.tty.ConsoleKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code mk exec NAME -- COMMAND}: one line for whoever reads an instance's console. */
public final class RunInKernel {
    /* A CPU that is in the midst of something answers when it is done with that. */
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(30);

    private RunInKernel() {
    }

    /**
     * Runs a command, and prints what it shows.
     *
     * @param machine its name, or null for the only one
     * @param nanos   how long it may take; {@link Long#MAX_VALUE}: as long as it takes
     * @param raw     print bytes as they are
     * @return the command's exit code, TIMED_OUT, or KERNEL_ENDED with a line on stderr
     * @throws MachineException with NOT_RUN if it was not run
     */
    public static int run(String machine, String name, List<String> command, long nanos, boolean raw)
        throws IOException {
        String line = String.join(" ", command);
        if (line.getBytes(StandardCharsets.UTF_8).length > ConsoleLines.MOST_LINE || line.indexOf('\n') >= 0) {
            throw new MachineException(ExitCode.NOT_RUN, "a command is one line of at most " + ConsoleLines.MOST_LINE
                + " bytes");
        }
        try (MachineView view = MachineView.open(machine)) {
            return attached(view, name, line, nanos, raw);
        } catch (MachineException refused) {
            throw new MachineException(ExitCode.NOT_RUN, refused.getMessage(), refused);
        }
    }

    private static int attached(MachineView view, String name, String line, long nanos, boolean raw)
        throws IOException {
        InstanceEntry entry = InstanceNames.find(view.mapped(), view.name(), name);
        long word = entry.lifeWord();
        requireConsole(view, entry, word);
        MachineDirectory directory = MachineDirectory.of(view.name());
        ConsoleOutput out = new ConsoleOutput(System.out, raw);
        try (MappedMachine mapped = MappedMachine.open(directory.ram());
            ConsoleSession session = ConsoleSession.attach(directory, mapped, entry, ConsoleKind.COMMAND)) {
            session.type((line + "\n").getBytes(StandardCharsets.UTF_8));
            long begun = System.nanoTime();
            int result = session.run(out, () -> {
                boolean patient = session.isSeen() || System.nanoTime() - begun < ANSWER_NANOS;
                return !patient || isEnded(view, entry, word);
            }, nanos);
            out.end(false);
            return switch (result) {
                case ConsoleSession.ENDED -> ended(view, entry, word, session.isSeen());
                case ConsoleSession.TIMED_OUT -> {
                    System.err.println("mk: " + entry.name() + ": the command has not ended within "
                        + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms; it may still run");
                    yield ExitCode.TIMED_OUT.code();
                }
                default -> result;
            };
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return ExitCode.INTERRUPTED.code();
        }
    }

    /** Refuses an instance whose console nobody reads. */
    static void requireConsole(MachineView view, InstanceEntry entry, long word) throws IOException {
        InstanceState state = InstanceEntry.stateOf(word);
        if (!view.runs() || state != InstanceState.ACTIVE) {
            throw new MachineException(ExitCode.STATE, "instance " + entry.name() + " is not active: mk exec "
                + entry.name() + " boots it, mk show tells its state");
        }
        if (ConsoleClientEnd.openLife(view.mapped().memory(), entry.id()) != InstanceEntry.lifeOf(word)) {
            throw new MachineException(ExitCode.STATE, "no module of " + entry.name() + " reads its console: load the "
                + "built-in module shell, or one that calls openConsole; kernels in C have no console");
        }
    }

    private static boolean isEnded(MachineView view, InstanceEntry entry, long word) {
        try {
            return entry.lifeWord() != word || !view.runs()
                || ConsoleClientEnd.openLife(view.mapped().memory(), entry.id()) != InstanceEntry.lifeOf(word);
        } catch (IOException unreadable) {
            return true;
        }
    }

    private static int ended(MachineView view, InstanceEntry entry, long word, boolean seen) throws IOException {
        String why;
        if (!view.runs()) {
            why = "its host has ended";
        } else if (entry.lifeWord() != word) {
            why = entry.reason().isEmpty() ? "its kernel has ended" : entry.reason();
        } else if (ConsoleClientEnd.openLife(view.mapped().memory(), entry.id()) == 0) {
            why = "the module that read its console has ended";
        } else if (!seen) {
            throw new MachineException(ExitCode.STATE, entry.name() + " has not looked at its console for "
                + TimeUnit.NANOSECONDS.toSeconds(ANSWER_NANOS) + " s: it hangs, or is paused; mk show tells");
        } else {
            why = "its kernel has ended";
        }
        System.err.println("mk: " + entry.name() + " ended before the command did: " + why);
        return ExitCode.KERNEL_ENDED.code();
    }
}
