// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import static io.mkemu.abi.TraceRingDescriptor.*;

import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.TraceRingDescriptor;
import io.mkemu.memory.PhysicalMemory;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The consumer's end of a CPU's trace ring. One in a machine, of the host; one thread at a time. Trusts nothing that
 * the producer wrote but that it is bytes.
 */
public final class TraceReader {
    /** Records that found no room in the ring. */
    public record Lost(long sends, long deliveries, long others) {
        /** Whether any. */
        public boolean any() {
            return (sends | deliveries | others) != 0;
        }
    }

    /** A callback that has begun and not ended. */
    public record Running(long id, long time, int type, int size) {
    }

    private static final Lost NONE = new Lost(0, 0, 0);

    private final AtomicBuffer tables;
    private final int ring;
    private final int slots;
    private final TraceRecord record = new TraceRecord();
    private long head;
    private Lost told = NONE;
    private Lost lost = NONE;

    /**
     * Begins where the ring was left.
     *
     * @param physicalCpu 0 .. NR_CPUS-1
     */
    public TraceReader(PhysicalMemory memory, int physicalCpu) {
        this.tables = memory.tables();
        this.ring = memory.layout().traceRingAt(physicalCpu);
        this.slots = TraceRingDescriptor.slots(memory.layout().nrCpus());
        this.head = tables.getLongVolatile(ring + HEAD_OFFSET);
    }

    /** Next position to read, in slots. */
    public long position() {
        return head;
    }

    /** Bytes that wait to be read; more than 0 also if the tail is damaged. */
    public int waiting() {
        long waiting = tables.getLongVolatile(ring + TAIL_OFFSET) - head;
        return waiting < 0 || waiting > slots ? TraceRecordDescriptor.LENGTH
            : (int) waiting * TraceRecordDescriptor.LENGTH;
    }

    /**
     * Moves whole records out of the ring, as many as fit. {@link #lost} tells afterwards what was dropped behind them.
     *
     * @param to     takes them
     * @param offset where in it
     * @param room   bytes there, at least a record with the longest payload
     * @return bytes moved; a multiple of {@link TraceRecordDescriptor#LENGTH}
     */
    public int drain(MutableDirectBuffer to, int offset, int room) {
        /* Before the tail: what is counted by now was dropped when the ring was full, so behind all that is copied. */
        Lost dropped = dropped();
        long tail = tables.getLongVolatile(ring + TAIL_OFFSET);
        if (tail - head < 0 || tail - head > slots) {
            /* Scribbled over: nothing in the ring can be told from anything else. The producer's next tail mends it. */
            lost = NONE;
            return 0;
        }
        int available = (int) (tail - head) * TraceRecordDescriptor.LENGTH;
        int copied = copy(to, offset, Math.min(available, room / TraceRecordDescriptor.LENGTH
            * TraceRecordDescriptor.LENGTH));
        if (copied < available) {
            copied = wholeRecords(to, offset, copied);
            lost = NONE;
        } else {
            lost = new Lost(dropped.sends() - told.sends(), dropped.deliveries() - told.deliveries(),
                dropped.others() - told.others());
            told = dropped;
        }
        head += copied / TraceRecordDescriptor.LENGTH;
        tables.putLongRelease(ring + HEAD_OFFSET, head);
        return copied;
    }

    private int copy(MutableDirectBuffer to, int offset, int bytes) {
        int first = (int) (head & slots - 1) * TraceRecordDescriptor.LENGTH;
        int straight = Math.min(bytes, slots * TraceRecordDescriptor.LENGTH - first);
        to.putBytes(offset, tables, ring + SLOTS_OFFSET + first, straight);
        to.putBytes(offset + straight, tables, ring + SLOTS_OFFSET, bytes - straight);
        return bytes;
    }

    /** The bytes of those records that are whole; all of them if one is damaged, since no end can be told then. */
    private int wholeRecords(MutableDirectBuffer bytes, int offset, int length) {
        int at = offset;
        while (at < offset + length) {
            if (!record.wrap(bytes, at, offset + length)) {
                return at > offset ? at - offset : length;
            }
            at += record.slots() * TraceRecordDescriptor.LENGTH;
        }
        return length;
    }

    /** What was dropped right behind the records that {@link #drain} moved last. */
    public Lost lost() {
        return lost;
    }

    /** What has been dropped since the machine was made. */
    public Lost dropped() {
        return new Lost(tables.getLongAcquire(ring + LOST_SENDS_OFFSET),
            tables.getLongAcquire(ring + LOST_DELIVERIES_OFFSET), tables.getLongAcquire(ring + LOST_OTHERS_OFFSET));
    }

    /** The callback that runs, or null: true once the CPU is dead. */
    public Running running() {
        long time = tables.getLongVolatile(ring + RUNNING_TIME_OFFSET);
        return time == 0 ? null : new Running(tables.getLong(ring + RUNNING_ID_OFFSET), time,
            tables.getInt(ring + RUNNING_TYPE_OFFSET), tables.getInt(ring + RUNNING_SIZE_OFFSET));
    }
}
