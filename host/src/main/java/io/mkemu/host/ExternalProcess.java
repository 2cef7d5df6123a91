// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.boot.InstanceDescriptor.BootStep;
import io.mkemu.boot.InstanceState;
import io.mkemu.boot.dt.InstanceSpec;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Futex;
import io.mkemu.os.OsFile;
import java.io.IOException;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An instance whose process somebody else starts, by the command line printed here: a person, a container, a program in
 * C. Its end is seen by its life lock. It may live in another PID name space, so it is asked to end, and never killed.
 */
final class ExternalProcess extends InstanceLife {
    private static final int NOT_SAID = -1;
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private final PhysicalMemory memory;
    private volatile boolean waiting;

    /**
     * Prepares.
     *
     * @param output takes the instance's name and a line for the console
     */
    ExternalProcess(Machine machine, InstanceSpec spec, BiConsumer<String, String> output) {
        super(machine, spec, output);
        this.memory = machine.memory();
    }

    /** Says how to join, then waits for it in a thread of its own. */
    @Override
    public void exec() {
        entry().exitCode(NOT_SAID);
        entry().bootStep(BootStep.EXEC, System.nanoTime());
        String arguments = quote(List.of(machine().directory().path().toString(), Integer.toString(spec().id()),
            entry().cmdline()));
        output("mkemu: external, waits to be joined: PROGRAM " + arguments);
        output("mkemu: a JVM joins it by: " + quote(InstanceCommand.of(machine().directory(), spec().id(),
            entry().cmdline(), spec().modules())));
        waiting = true;
        Thread watch = new Thread(this::watch, "external-" + spec().name());
        watch.setDaemon(true);
        watch.start();
    }

    private void watch() {
        Futex futex = new Futex();
        while (entry().state() != InstanceState.ACTIVE) {
            int seen = memory.event();
            if (isStopping()) {
                over(false, "nobody joined it");
                return;
            }
            if (entry().state() != InstanceState.ACTIVE) {
                memory.awaitEvent(futex, seen, 0);
            }
        }
        /* Those who tried to join and failed said why here; that is over. */
        entry().reason("");
        /* Who is active holds its life lock, so from here on a free lock is a dead process. */
        try (OsFile life = OsFile.openOrCreate(machine().directory().life(spec().id()))) {
            life.awaitUnlocked();
        } catch (IOException unwatchable) {
            over(false, "its life cannot be watched: " + unwatchable.getMessage());
            return;
        }
        int code = entry().exitCode();
        over(code == 0, code == NOT_SAID ? "its process ended without a word (killed?): its life lock is free"
            : "ended with exit code " + code);
    }

    @Override
    boolean willEnd() {
        return waiting;
    }

    /** Nobody has joined: ends the wait. Somebody has: it ends by itself when the host's life lock becomes free. */
    @Override
    String force() {
        waiting = entry().state() != InstanceState.ACTIVE;
        memory.raiseEvent();
        return "left alone: it ends when it sees that the host is gone";
    }

    /** Words as a shell takes them apart again. */
    static String quote(List<String> words) {
        return words.stream().map(word -> PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    }
}
