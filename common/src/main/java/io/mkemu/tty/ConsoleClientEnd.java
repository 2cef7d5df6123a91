// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tty;

import static io.mkemu.abi.ConsoleDescriptor.*;

import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Futex;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * A client's end of an instance's console. Only of the client that holds the console's lock: what a killed one left is
 * put right by the next. One thread types, one reads what is shown.
 */
public final class ConsoleClientEnd implements AutoCloseable {
    private static final long CLOSED_SINCE = -1;

    private final AtomicBuffer ram;
    private final PhysicalMemory memory;
    private final int base;
    private final ByteRing typed;
    private final ByteRing shown;
    private final long session;
    private long seenIn;

    /**
     * Attaches: a new session begins.
     *
     * @param pid of this process
     */
    public ConsoleClientEnd(PhysicalMemory memory, int instanceId, ConsoleKind kind, int pid) {
        this.memory = memory;
        this.ram = memory.tables();
        this.base = ConsoleKernelEnd.at(memory, instanceId);
        this.typed = new ByteRing(ram, base + TYPED_OFFSET, TYPED_LENGTH, base + TYPED_PUT_OFFSET,
            base + TYPED_READ_OFFSET, true);
        this.shown = new ByteRing(ram, base + SHOWN_OFFSET, SHOWN_LENGTH, base + SHOWN_PUT_OFFSET,
            base + SHOWN_READ_OFFSET, false);
        this.session = (ram.getLongVolatile(base + SESSION_OFFSET) | 1) + 2;
        ram.putInt(base + KIND_OFFSET, kind.ordinal());
        ram.putInt(base + PID_OFFSET, pid);
        ram.putLong(base + TYPED_FROM_OFFSET, typed.position());
        /* A writer that was killed had stored neither all bytes nor its position. */
        ram.putLong(base + TYPED_PUT_OFFSET, typed.position());
        ram.putLongVolatile(base + SESSION_OFFSET, session);
        ring();
    }

    /** The life of the kernel that reads an instance's console; 0 for none. Any thread; memory may be read-only. */
    public static long openLife(PhysicalMemory memory, int instanceId) {
        return memory.tables().getLongVolatile(ConsoleKernelEnd.at(memory, instanceId) + OPEN_LIFE_OFFSET);
    }

    /** The process that is attached, or was last. Any thread; memory may be read-only. */
    public static int pid(PhysicalMemory memory, int instanceId) {
        return memory.tables().getIntVolatile(ConsoleKernelEnd.at(memory, instanceId) + PID_OFFSET);
    }

    /** Whether a kernel knows of this session, or did until it ended: what is typed reaches it. */
    public boolean isSeen() {
        long open = ram.getLongVolatile(base + OPEN_LIFE_OFFSET);
        if (ram.getLongVolatile(base + SEEN_OFFSET) != session) {
            return false;
        }
        if (seenIn == 0 || open != 0 && open != seenIn) {
            seenIn = open == 0 ? CLOSED_SINCE : open;
            shown.goTo(ram.getLongVolatile(base + SHOWN_FROM_OFFSET));
            ring();
        }
        return seenIn != 0;
    }

    /** Types bytes, as many as there is room for; returns how many. */
    public int type(DirectBuffer from, int index, int count) {
        int put = typed.put(from, index, count);
        if (put > 0) {
            ring();
        }
        return put;
    }

    /** Nothing more will be typed. */
    public void endInput() {
        ram.putLongVolatile(base + ENDED_OFFSET, session);
        ring();
    }

    /** Takes what is shown, once the session {@link #isSeen}; returns how many bytes. */
    public int take(MutableDirectBuffer to, int index, int count) {
        int taken = shown.take(to, index, count);
        if (taken > 0) {
            ring();
        }
        return taken;
    }

    /**
     * What the kernel has ended the session with; what it showed before is there then.
     *
     * @return 0..255, or -1 if it has not ended it
     */
    public int exitCode() {
        return ram.getLongVolatile(base + OVER_OFFSET) == session ? ram.getInt(base + EXIT_CODE_OFFSET) & 0xff : -1;
    }

    /** Detaches. */
    @Override
    public void close() {
        ram.putLongVolatile(base + SESSION_OFFSET, session + 1);
        ring();
    }

    private void ring() {
        ram.getAndAddInt(base + KERNEL_DOORBELL_OFFSET, 1);
        memory.platform().wake(ram.addressOffset() + base + KERNEL_DOORBELL_OFFSET, Integer.MAX_VALUE);
    }

    /** Wakes whoever is in {@link #await}. Any thread. */
    public void wake() {
        ram.getAndAddInt(base + CLIENT_DOORBELL_OFFSET, 1);
        memory.platform().wake(ram.addressOffset() + base + CLIENT_DOORBELL_OFFSET, Integer.MAX_VALUE);
    }

    /** The own doorbell, to be read before looking. Any thread. */
    public int doorbell() {
        return ram.getIntVolatile(base + CLIENT_DOORBELL_OFFSET);
    }

    /** Sleeps until the own doorbell differs from the value read, or the time is over. Any thread. */
    public void await(Futex futex, int seen, long nanos) {
        futex.await(ram.addressOffset() + base + CLIENT_DOORBELL_OFFSET, seen, nanos);
    }
}
