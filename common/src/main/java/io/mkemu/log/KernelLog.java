// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import static io.mkemu.log.KernelLogDescriptor.*;

import io.mkemu.memory.PhysicalMemory;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.concurrent.AtomicBuffer;

/** Writes an instance's kernel log. Threads of one process take turns; only one process writes a log. */
public final class KernelLog {
    private static final int ANY_CPU = 0xffff;

    private final AtomicBuffer ring;
    private final int base;
    private final PhysicalMemory memory;
    /* The writer's own: what lies in RAM is for readers, and anybody can scribble over it. */
    private long head;
    private long tail;

    /** The log of an instance id. It goes on where a former life ended, or anew if what is there cannot be true. */
    public KernelLog(PhysicalMemory memory, int instanceId) {
        this.memory = memory;
        this.ring = memory.tables();
        this.base = offset(memory, instanceId);
        adopt();
    }

    /** Goes on where another writer of this log ended; what cannot be true is not adopted, and mended by this line. */
    private void adopt() {
        long headThere = ring.getLongVolatile(base + HEAD_OFFSET);
        long tailThere = ring.getLongVolatile(base + TAIL_OFFSET);
        if (isPlausible(headThere, tailThere) && headThere >= head && tailThere >= tail) {
            head = headThere;
            tail = tailThere;
        }
    }

    /** Whether these can be the ends of a log. */
    static boolean isPlausible(long head, long tail) {
        return head >= 0 && tail >= head && tail - head <= RECORDS_LENGTH && ((head | tail) & ALIGNMENT - 1) == 0
            && tail <= Long.MAX_VALUE / 2;
    }

    static int offset(PhysicalMemory memory, int instanceId) {
        return (int) memory.layout().logsAt() + instanceId * LENGTH;
    }

    /**
     * Appends a line: printk. The oldest lines go when the ring is full.
     *
     * @param level       0 emergency .. 7 debug
     * @param physicalCpu that speaks, or -1
     * @param text        one line; what is longer than {@link KernelLogDescriptor#MAX_TEXT} bytes is cut
     */
    public synchronized void append(int level, int physicalCpu, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        byte[] bytes = utf8.length > MAX_TEXT ? Arrays.copyOf(utf8, MAX_TEXT) : utf8;
        int length = HEADER_LENGTH + bytes.length;
        int aligned = length + ALIGNMENT - 1 & -ALIGNMENT;
        adopt();
        int toEnd = RECORDS_LENGTH - place(tail);
        long end = tail + aligned + (toEnd < aligned ? toEnd : 0);
        makeRoom(end);
        /* Whoever sees a byte of the new record must see that head has passed the old one. */
        VarHandle.storeStoreFence();
        if (toEnd < aligned) {
            ring.putInt(at(tail) + RECORD_BYTES_OFFSET, 0);
            tail += toEnd;
        }
        int record = at(tail);
        ring.putInt(record + RECORD_BYTES_OFFSET, length);
        ring.putByte(record + RECORD_LEVEL_OFFSET, (byte) level);
        ring.putShort(record + RECORD_CPU_OFFSET, (short) (physicalCpu < 0 ? ANY_CPU : physicalCpu));
        ring.putLong(record + RECORD_NANOS_OFFSET, System.nanoTime());
        ring.putBytes(record + HEADER_LENGTH, bytes);
        tail = end;
        ring.putLongRelease(base + TAIL_OFFSET, end);
        ring.putLongRelease(base + LINES_OFFSET, ring.getLong(base + LINES_OFFSET) + 1);
        memory.raiseEvent();
    }

    private void makeRoom(long end) {
        while (end - head > RECORDS_LENGTH) {
            int bytes = ring.getInt(at(head) + RECORD_BYTES_OFFSET);
            head += bytes < HEADER_LENGTH || bytes > HEADER_LENGTH + MAX_TEXT
                ? RECORDS_LENGTH - place(head) : bytes + ALIGNMENT - 1 & -ALIGNMENT;
        }
        ring.putLongVolatile(base + HEAD_OFFSET, head);
    }

    private int at(long position) {
        return base + RECORDS_OFFSET + place(position);
    }

    static int place(long position) {
        return (int) (position & RECORDS_LENGTH - 1);
    }
}
