// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.console;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.os.Futex;
import io.mkemu.os.OsFile;
import io.mkemu.table.InstanceEntry;
import io.mkemu.tty.ConsoleClientEnd;
import io.mkemu.tty.ConsoleKind;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A user at the console of an instance, from attaching to detaching. One thread {@link #run runs} it; others type,
 * detach and close. The lock of the console is this process's until it ends or closes this.
 */
final class ConsoleSession implements AutoCloseable {
    /** The user has detached. */
    static final int DETACHED = -1;
    /** What was at the other end has ended. */
    static final int ENDED = -2;
    /** The time is over. */
    static final int TIMED_OUT = -3;

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Whoever reads a console and does not end its session at the end of the input has so long to say more. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final int PIECE = 4096;
    private static final int PIECES = 4096;
    private static final byte[] END = {};

    private final OsFile lock;
    private final ConsoleClientEnd end;
    /* The kernel is to know, however this process ends. */
    private final Thread atExit = new Thread(this::detachNow, "console-detach");
    private final BlockingQueue<byte[]> typed = new ArrayBlockingQueue<>(PIECES);
    private final byte[] bytes = new byte[PIECE];
    private final UnsafeBuffer view = new UnsafeBuffer(bytes);
    private UnsafeBuffer piece;
    private int taken;
    private boolean endSent;
    private volatile boolean detached;
    private boolean closed;

    private ConsoleSession(OsFile lock, ConsoleClientEnd end) {
        this.lock = lock;
        this.end = end;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Attaches.
     *
     * @param machine mapped for writing, until this is closed
     * @throws MachineException with STATE if another client is attached; the message names its process
     */
    static ConsoleSession attach(MachineDirectory directory, MappedMachine machine, InstanceEntry entry,
        ConsoleKind kind) throws IOException {
        OsFile lock = OsFile.openOrCreate(directory.consoleLock(entry.id()));
        try {
            if (!takes(lock)) {
                throw new MachineException(ExitCode.STATE, "console of " + entry.name() + " is used by pid "
                    + ConsoleClientEnd.pid(machine.memory(), entry.id()) + ": detach there with Ctrl-] . first; mk "
                    + "console " + entry.name() + " --follow shows its log meanwhile");
            }
            return new ConsoleSession(lock, new ConsoleClientEnd(machine.memory(), entry.id(), kind,
                (int) ProcessHandle.current().pid()));
        } catch (IOException | RuntimeException refused) {
            lock.close();
            throw refused;
        }
    }

    /** A client that is killed holds its lock a moment longer than anybody sees it. */
    private static boolean takes(OsFile lock) throws IOException {
        long until = System.nanoTime() + PATIENCE_NANOS;
        boolean taken = lock.tryLock();
        while (!taken && System.nanoTime() - until < 0) {
            LockSupport.parkNanos(PATIENCE_NANOS / 10);
            taken = lock.tryLock();
        }
        return taken;
    }

    /** Types bytes; waits while much is on its way. */
    void type(byte[] keys) throws InterruptedException {
        if (keys.length > 0) {
            typed.put(keys);
            wake();
        }
    }

    /* Threads that type may come late. */
    private synchronized void wake() {
        if (!closed) {
            end.wake();
        }
    }

    private synchronized void detachNow() {
        if (!closed) {
            closed = true;
            end.close();
        }
    }

    /** Nothing more will be typed. */
    void endInput() throws InterruptedException {
        typed.put(END);
        wake();
    }

    /** Has {@link #run} end. */
    void detach() {
        detached = true;
        wake();
    }

    /** Whether the kernel knows of this session. */
    boolean isSeen() {
        return end.isSeen();
    }

    /**
     * Shows what comes and types what is to be typed, until the session ends.
     *
     * @param isEnded whether what is at the other end has ended
     * @param nanos   for the whole; {@link Long#MAX_VALUE}: as long as it takes
     * @return an exit code, 0..255, or {@link #DETACHED}, {@link #ENDED}, {@link #TIMED_OUT}
     */
    int run(ConsoleOutput out, BooleanSupplier isEnded, long nanos) {
        Futex futex = new Futex();
        long begun = System.nanoTime();
        long moved = begun;
        while (true) {
            int seen = end.doorbell();
            /* Asked before the last look: what was shown before the end is there then. */
            int exitCode = end.exitCode();
            boolean ended = isEnded.getAsBoolean();
            int count = end.isSeen() ? end.take(view, 0, PIECE) : 0;
            out.show(bytes, count);
            long now = System.nanoTime();
            if (count > 0 || feed()) {
                moved = now;
                if (!detached && now - begun < nanos) {
                    continue;
                }
            }
            if (exitCode >= 0 || ended || detached || now - begun >= nanos) {
                return exitCode >= 0 ? exitCode : detached ? DETACHED : ended ? ENDED : TIMED_OUT;
            }
            if (endSent && end.isSeen() && now - moved > QUIET_NANOS) {
                return DETACHED;
            }
            end.await(futex, seen, LOOK_NANOS);
        }
    }

    /** Types what there is room for; returns whether there was anything. */
    private boolean feed() {
        if (piece == null) {
            byte[] next = typed.poll();
            if (next == null) {
                return false;
            }
            if (next.length == 0) {
                endSent = true;
                end.endInput();
                return true;
            }
            piece = new UnsafeBuffer(next);
            taken = 0;
        }
        int count = end.type(piece, taken, piece.capacity() - taken);
        taken += count;
        if (taken == piece.capacity()) {
            piece = null;
        }
        return count > 0;
    }

    @Override
    public void close() {
        detachNow();
        lock.close();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException ending) {
            /* It has nothing to do any more. */
            return;
        }
    }
}
