// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import static io.mkemu.abi.TraceRingDescriptor.*;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.TraceRingDescriptor;
import io.mkemu.memory.PhysicalMemory;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The producer's end of a CPU's trace ring. Used by the thread that runs the CPU only. Allocates nothing, locks
 * nothing, throws nothing; a record that finds no room is counted, and later ones are written again once there is.
 */
public final class TraceWriter {
    private static final long U32 = 0xffff_ffffL;
    private static final long LOOK_NANOS = 50_000;

    private final TraceControl control;
    private final UnsafeBuffer tables;
    private final int ring;
    private final int slots;
    private final int wakeMask;
    private long tail;
    private long headSeen;

    /**
     * Goes on where the CPU's former life ended.
     *
     * @param physicalCpu 0 .. NR_CPUS-1
     */
    public TraceWriter(PhysicalMemory memory, int physicalCpu) {
        this.control = new TraceControl(memory);
        this.tables = memory.tables();
        this.ring = memory.layout().traceRingAt(physicalCpu);
        this.slots = TraceRingDescriptor.slots(memory.layout().nrCpus());
        this.wakeMask = slots / WAKES_PER_RING;
        this.headSeen = tables.getLongVolatile(ring + HEAD_OFFSET);
        this.tail = tables.getLongVolatile(ring + TAIL_OFFSET);
        if (tail - headSeen < 0 || tail - headSeen > slots) {
            tail = headSeen;
        }
        callbackEnds();
    }

    /** Whether what a mode adds is recorded now. */
    public boolean records(TraceMode mode) {
        return control.records(mode);
    }

    /** Writes a record. Arguments as {@link TraceEvent} says. */
    public void record(TraceEvent event, int flags, long time, long id, int type, int size, int arg0, int arg1) {
        if (claim(1, event, flags)) {
            TraceRecord.put(tables, slotAt(tail), event, flags, time, id, type, size, arg0, arg1);
            publish(1);
        }
    }

    /**
     * Writes a record with its payload.
     *
     * @param payload may be null: zeros
     * @param size    bytes of it, 0..{@link TraceRecordDescriptor#MAX_PAYLOAD}
     */
    public void record(TraceEvent event, int flags, long time, long id, int type, int arg0, int arg1,
        DirectBuffer payload, int offset, int size) {
        int needed = TraceRecordDescriptor.slots(size);
        if (claim(needed, event, flags)) {
            TraceRecord.put(tables, slotAt(tail), event, flags | TraceRecordDescriptor.PAYLOAD, time, id, type, size,
                arg0, arg1);
            for (int done = 0, slot = 1; done < size; done += TraceRecordDescriptor.LENGTH, slot++) {
                int part = Math.min(size - done, TraceRecordDescriptor.LENGTH);
                if (payload == null) {
                    tables.setMemory(slotAt(tail + slot), part, (byte) 0);
                } else {
                    tables.putBytes(slotAt(tail + slot), payload, offset + done, part);
                }
            }
            publish(needed);
        }
    }

    /** Says which callback runs, for who finds this CPU dead in it. */
    public void callbackBegins(long id, long time, int type, int size) {
        tables.putLong(ring + RUNNING_ID_OFFSET, id);
        tables.putInt(ring + RUNNING_TYPE_OFFSET, type);
        tables.putInt(ring + RUNNING_SIZE_OFFSET, size);
        tables.putLongRelease(ring + RUNNING_TIME_OFFSET, time);
    }

    /** Says that none runs. */
    public void callbackEnds() {
        tables.putLongRelease(ring + RUNNING_TIME_OFFSET, 0);
    }

    /** Nanoseconds as 32 bits of a record hold them: at most some 4.3 s. */
    public static int u32(long nanos) {
        return (int) Math.clamp(nanos, 0, U32);
    }

    private int slotAt(long position) {
        return ring + SLOTS_OFFSET + (int) (position & slots - 1) * TraceRecordDescriptor.LENGTH;
    }

    /**
     * Waits until a record with so many bytes of payload finds room. Not for the paths of messages: for what comes in
     * greater amounts than a ring can hold. The host reads meanwhile, or nobody does.
     *
     * @param nanos how long at the most, since the host has read anything
     * @return whether there is room
     */
    public boolean awaitRoom(int payload, long nanos) {
        int needed = TraceRecordDescriptor.slots(payload);
        long read = System.nanoTime();
        long seen = headSeen;
        while (!hasRoom(needed)) {
            if (headSeen != seen) {
                seen = headSeen;
                read = System.nanoTime();
            } else if (System.nanoTime() - read >= nanos) {
                return false;
            }
            control.ringAsHost();
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return true;
    }

    private boolean claim(int needed, TraceEvent event, int flags) {
        if (!hasRoom(needed)) {
            int lost = ring + lostOffset(event, flags);
            tables.putLongRelease(lost, tables.getLong(lost) + 1);
            return false;
        }
        return true;
    }

    private boolean hasRoom(int needed) {
        if (tail + needed - headSeen > slots) {
            long head = tables.getLongVolatile(ring + HEAD_OFFSET);
            if (head - headSeen >= 0 && tail - head >= 0) {
                headSeen = head;
            }
        }
        return tail + needed - headSeen <= slots;
    }

    private static int lostOffset(TraceEvent event, int flags) {
        return switch (event) {
            case SEND -> LOST_SENDS_OFFSET;
            case UNHANDLED -> LOST_DELIVERIES_OFFSET;
            case CALLBACK -> (flags & TraceRecordDescriptor.FIRST) != 0 ? LOST_DELIVERIES_OFFSET : LOST_OTHERS_OFFSET;
            default -> LOST_OTHERS_OFFSET;
        };
    }

    private void publish(int written) {
        long before = tail;
        tail = before + written;
        tables.putLongRelease(ring + TAIL_OFFSET, tail);
        if (((before ^ tail) & wakeMask) != 0) {
            control.ring();
        }
    }
}
