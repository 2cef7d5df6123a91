// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import static io.mkemu.abi.KernelLogDescriptor.*;

import io.mkemu.memory.PhysicalMemory;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Follows an instance's kernel log from another process, the writer alive or dead. A line that the writer overtook
 * while it was being read is counted as missed, never shown half. Not thread-safe.
 */
public final class KernelLogReader {
    private static final int ATTEMPTS = 4;

    private final AtomicBuffer ring;
    private final int base;
    private final long createdNanos;
    private long position;
    private long missedBytes;

    /** A reader at the oldest line that is there. */
    public KernelLogReader(PhysicalMemory memory, int instanceId) {
        this.ring = memory.tables();
        this.base = KernelLog.offset(memory, instanceId);
        this.createdNanos = memory.createdNanos();
    }

    /**
     * The next line.
     *
     * @return it, or null if there is none yet
     */
    public Line poll() {
        while (true) {
            long tail = ring.getLongVolatile(base + TAIL_OFFSET);
            if (!catchUp(tail) || position >= tail) {
                return null;
            }
            int record = base + RECORDS_OFFSET + KernelLog.place(position);
            int toEnd = RECORDS_LENGTH - KernelLog.place(position);
            int length = ring.getInt(record + RECORD_BYTES_OFFSET);
            if (length < HEADER_LENGTH || length > Math.min(toEnd, HEADER_LENGTH + MAX_TEXT)) {
                VarHandle.acquireFence();
                if (ring.getLongVolatile(base + HEAD_OFFSET) <= position) {
                    position += toEnd;
                }
                continue;
            }
            byte[] text = new byte[length - HEADER_LENGTH];
            ring.getBytes(record + HEADER_LENGTH, text);
            Line line = new Line(ring.getByte(record + RECORD_LEVEL_OFFSET),
                ring.getShort(record + RECORD_CPU_OFFSET), ring.getLong(record + RECORD_NANOS_OFFSET) - createdNanos,
                new String(text, 0, withoutLineEnd(text), StandardCharsets.UTF_8));
            VarHandle.acquireFence();
            if (ring.getLongVolatile(base + HEAD_OFFSET) <= position) {
                position += length + ALIGNMENT - 1 & -ALIGNMENT;
                return line;
            }
        }
    }

    /** A kernel in C may have written one, as is the habit there. */
    private static int withoutLineEnd(byte[] text) {
        int end = text.length;
        while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == '\r')) {
            end--;
        }
        return end;
    }

    /** Follows the writer; false while head and tail cannot be true, until the writer's next line mends them. */
    private boolean catchUp(long tailRead) {
        long tail = tailRead;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long head = ring.getLongVolatile(base + HEAD_OFFSET);
            if (KernelLog.isPlausible(head, tail)) {
                if (position < head) {
                    missedBytes += head - position;
                    position = head;
                } else if (position > tail) {
                    /* Only a tail that was scribbled over led so far. */
                    position = tail;
                }
                return true;
            }
            /* A busy writer may have passed the tail between the two reads. */
            tail = ring.getLongVolatile(base + TAIL_OFFSET);
        }
        return false;
    }

    /** Where the next line will be, in bytes of log ever written; it only grows, but for a log that was damaged. */
    public long position() {
        return position;
    }

    /** Lines that were ever written, whoever has read them; read before them, it is no more than there are. */
    public long writtenLines() {
        return ring.getLongVolatile(base + LINES_OFFSET);
    }

    /** Bytes of log that were overwritten before they could be read. */
    public long missedBytes() {
        return missedBytes;
    }

    /**
     * A line of a kernel log.
     *
     * @param level       0 emergency .. 7 debug
     * @param physicalCpu that spoke, -1 for none
     * @param nanos       since the machine was made
     * @param text        without a line end
     */
    public record Line(int level, int physicalCpu, long nanos, String text) {
    }
}
