// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tty;

import static io.mkemu.abi.ConsoleDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Futex;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The kernel's end of an instance's console. One thread, but {@link #await} and {@link #wake}. What the client wrote is
 * never trusted: at worst a session is over, or has other bytes.
 */
public final class ConsoleKernelEnd {
    private final AtomicBuffer ram;
    private final PhysicalMemory memory;
    private final int base;
    private final long life;
    private final ByteRing typed;
    private final ByteRing shown;
    private long session;
    private long over;

    /**
     * Opens it: clients see from now on that somebody reads.
     *
     * @param life of the kernel, from 1
     */
    public ConsoleKernelEnd(PhysicalMemory memory, int instanceId, long life) {
        this.memory = memory;
        this.ram = memory.tables();
        this.base = at(memory, instanceId);
        this.life = life;
        this.typed = new ByteRing(ram, base + TYPED_OFFSET, TYPED_LENGTH, base + TYPED_PUT_OFFSET,
            base + TYPED_READ_OFFSET, false);
        this.shown = new ByteRing(ram, base + SHOWN_OFFSET, SHOWN_LENGTH, base + SHOWN_PUT_OFFSET,
            base + SHOWN_READ_OFFSET, true);
        ram.putLong(base + SEEN_OFFSET, 0);
        this.over = ram.getLongVolatile(base + OVER_OFFSET);
        ram.putLongVolatile(base + OPEN_LIFE_OFFSET, life);
        ring();
    }

    /** Where the console of an instance begins in the tables. */
    static int at(PhysicalMemory memory, int instanceId) {
        return (int) memory.layout().logsAt() + instanceId * KernelLogDescriptor.LENGTH + AT_OFFSET;
    }

    /**
     * The session that there is.
     *
     * @return its number, odd; 0: no client is attached, or {@link #finish} has ended its session
     */
    public long session() {
        long now = ram.getLongVolatile(base + SESSION_OFFSET);
        if ((now & 1) == 0 || now == over) {
            session = 0;
            return 0;
        }
        if (now != session) {
            long from = ram.getLongVolatile(base + TYPED_FROM_OFFSET);
            long put = ram.getLongVolatile(base + TYPED_PUT_OFFSET);
            /* What a former life has taken in this session, this one does not take again. */
            long next = Math.max(from, typed.position());
            typed.goTo(put - next >= 0 && put - next <= TYPED_LENGTH ? next : put);
            session = now;
            ram.putLong(base + SHOWN_FROM_OFFSET, shown.position());
            ram.putLongVolatile(base + SEEN_OFFSET, now);
            ring();
        }
        return session;
    }

    /** What the session is. */
    public ConsoleKind kind() {
        return ConsoleKind.of(ram.getIntVolatile(base + KIND_OFFSET));
    }

    /**
     * Takes what was typed in the session that {@link #session} told last.
     *
     * @param count at most so many bytes, 1 or more
     * @return how many; 0: nothing yet; -ESHUTDOWN: nothing more comes in that session
     */
    public int read(MutableDirectBuffer to, int index, int count) {
        to.boundsCheck(index, count);
        boolean ended = ram.getLongVolatile(base + ENDED_OFFSET) == session;
        /* In this order: the next session's client puts nothing before it has stored its session. */
        int there = typed.available();
        if (!isAttached()) {
            return -Errno.ESHUTDOWN;
        }
        int taken = typed.take(to, index, Math.min(count, there));
        if (taken > 0) {
            ring();
        }
        return taken == 0 && ended ? -Errno.ESHUTDOWN : taken;
    }

    /**
     * Shows bytes in the session that {@link #session} told last.
     *
     * @return how many were taken: fewer than given where the client has not read what is there; -ESHUTDOWN: nobody is
     *     there any more
     */
    public int write(DirectBuffer from, int index, int count) {
        from.boundsCheck(index, count);
        if (!isAttached()) {
            return -Errno.ESHUTDOWN;
        }
        int put = shown.put(from, index, count);
        if (put > 0) {
            ring();
        }
        return put;
    }

    /**
     * Ends the session that {@link #session} told last: its client shows what there is, and leaves.
     *
     * @param exitCode 0..255, other bits are cut
     * @return 0; -ESHUTDOWN: it is over already
     */
    public int finish(int exitCode) {
        if (!isAttached()) {
            return -Errno.ESHUTDOWN;
        }
        over = session;
        session = 0;
        ram.putInt(base + EXIT_CODE_OFFSET, exitCode & 0xff);
        ram.putLongVolatile(base + OVER_OFFSET, over);
        ring();
        return 0;
    }

    private boolean isAttached() {
        return session != 0 && ram.getLongVolatile(base + SESSION_OFFSET) == session;
    }

    /** Nobody reads any more. */
    public void close() {
        session = 0;
        ram.compareAndSetLong(base + OPEN_LIFE_OFFSET, life, 0);
        ring();
    }

    /** The client's end has to look. */
    private void ring() {
        ram.getAndAddInt(base + CLIENT_DOORBELL_OFFSET, 1);
        memory.platform().wake(ram.addressOffset() + base + CLIENT_DOORBELL_OFFSET, Integer.MAX_VALUE);
    }

    /** The own doorbell, to be read before looking. Any thread. */
    public int doorbell() {
        return ram.getIntVolatile(base + KERNEL_DOORBELL_OFFSET);
    }

    /** Sleeps until the own doorbell differs from the value read, or the time is over. Any thread. */
    public void await(Futex futex, int seen, long nanos) {
        futex.await(ram.addressOffset() + base + KERNEL_DOORBELL_OFFSET, seen, nanos);
    }

    /** Wakes whoever is in {@link #await}. Any thread. */
    public void wake() {
        ram.getAndAddInt(base + KERNEL_DOORBELL_OFFSET, 1);
        memory.platform().wake(ram.addressOffset() + base + KERNEL_DOORBELL_OFFSET, Integer.MAX_VALUE);
    }
}
