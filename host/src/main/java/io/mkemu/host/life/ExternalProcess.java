// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.abi.InstanceState;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Futex;
import io.mkemu.os.OsFile;
import io.mkemu.table.InstanceEntry;
import io.mkemu.tree.InstanceSpec;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A life whose process somebody else starts, by a command that {@link #joinLines} gives: a person, a
 * container, a program in C. Its end is seen by its life lock. It may live in another PID name space, so it is asked to
 * end, and never sent a signal.
 */
public final class ExternalProcess extends InstanceLife {
    /** The end of a process that never got so far as to be active raises no event. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(8);
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private final Machine machine;
    private final PhysicalMemory memory;
    private final Joining joining;
    private volatile boolean joined;

    public ExternalProcess(Machine machine, InstanceSpec spec, Joining joining, BiConsumer<InstanceLife, String> over) {
        super(machine, spec, over);
        this.machine = machine;
        this.memory = machine.memory();
        this.joining = joining;
    }

    @Override
    public Machine machine() {
        return machine;
    }

    /** How to join, line by line: what any program is given and the command line of a JVM, or that of a container. */
    public List<String> joinLines() {
        if (joining.container() != null) {
            return List.of(joining.container().command(machine(), spec(), kernel(), entry().cmdline()));
        }
        String arguments = quote(List.of(machine().directory().path().toString(), Integer.toString(spec().id()),
            entry().cmdline()));
        return List.of(spec().name() + ": external, waits to be joined: PROGRAM " + arguments,
            spec().name() + (kernel() == KernelKind.NATIVE ? ": the native kernel" : ": a JVM") + " joins it by: "
                + command(InstanceCommand.of(kernel(), machine().directory(), spec().id(), entry().cmdline(),
                    spec().modules())));
    }

    /** The command of a JVM, for a shell. A JVM takes the encoding of its arguments from the shell's locale. */
    public static String command(List<String> words) {
        String command = quote(words);
        return command.chars().allMatch(letter -> letter < 128) ? command : "env LC_ALL=C.UTF-8 " + command;
    }

    @Override
    public BitSet hostCpus() {
        return joining.hostCpus();
    }

    @Override
    public void launch() {
        Thread watch = new Thread(this::watch, "external-" + spec().name());
        watch.setDaemon(true);
        watch.start();
    }

    private void watch() {
        String how;
        try {
            how = awaitOver();
        } catch (IOException unwatchable) {
            how = "its life cannot be watched: " + unwatchable.getMessage();
        } catch (RuntimeException | Error fault) {
            machine().report("instance " + spec().name() + " can no longer be watched", fault);
            how = "its life cannot be watched: " + fault;
        }
        over(how);
    }

    /** Waits for the end of the life; how it ended. */
    private String awaitOver() throws IOException {
        Futex futex = new Futex();
        while (entry().state() != InstanceState.ACTIVE) {
            int seen = memory.event();
            if (isHalting() && !holdsLife()) {
                return "nobody joined it";
            }
            if (joining.isAsked() && entry().pid() != 0) {
                /* It has come, and no other one will: if it is gone, so is the life. */
                break;
            }
            if (entry().state() != InstanceState.ACTIVE) {
                memory.awaitEvent(futex, seen, isHalting() ? LOOK_NANOS : 0);
            }
        }
        /* A kernel that is active holds its life lock, so from here on a free lock is a dead process. */
        try (OsFile life = OsFile.openOrCreate(machine().directory().lifeLock(spec().id()))) {
            life.awaitUnlocked();
        }
        int code = entry().exitCode();
        return code == 0 ? "" : code == InstanceEntry.NO_EXIT_CODE
            ? "its process ended without a word (killed?): its life lock is free" : "ended with exit code " + code;
    }

    /** Whether a process has begun to be this instance, and is there. */
    public boolean holdsLife() {
        try (OsFile life = OsFile.openOrCreate(machine().directory().lifeLock(spec().id()))) {
            return life.isLockedByOther();
        } catch (IOException unwatchable) {
            return false;
        }
    }

    /**
     * Gives up a life that no process has begun, or whose process is gone and was not missed yet: another
     * process can join then.
     *
     * @return whether it is over; if not, a process is it
     */
    public boolean giveUp() throws InterruptedException {
        if (isHalting()) {
            return false;
        }
        if (holdsLife()) {
            /* Perhaps it is just dying. */
            return awaitEnd(System.nanoTime() + LOOK_NANOS);
        }
        if (!isActive()) {
            halt();
        }
        return awaitEnd(System.nanoTime() + GIVE_UP_NANOS);
    }

    @Override
    public void becameActive() {
        joined = true;
        /* Those who tried to join and failed said why here; that is over. */
        entry().reason("");
    }

    @Override
    public long pid() {
        return joined || holdsLife() ? entry().pid() : 0;
    }

    @Override
    public boolean destroy() {
        return false;
    }

    @Override
    public boolean pause(boolean stops) {
        return false;
    }

    @Override
    public boolean isPaused() {
        return false;
    }

    @Override
    public String waitsFor() {
        return "waits to be joined";
    }

    @Override
    public void takeOutput(boolean ended, BiConsumer<Boolean, String> line) {
        /* Its output is where whoever started it sent it. */
    }

    @Override
    public boolean hasOutput() {
        return false;
    }

    /** Words as a shell takes them apart again. */
    public static String quote(List<String> words) {
        return words.stream().map(word -> PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    }
}
