// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import static io.mkemu.abi.KernelLogDescriptor.*;

import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.abi.TraceMode;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.trace.TraceControl;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Writes an instance's kernel log. Threads of one process take turns; only one process writes a log, through one
 * object. The next writer, the instance's next life or the host once the process is dead, makes an object of its own
 * and goes on where the dead one stopped: a line it had not finished does not exist.
 */
public final class KernelLog {
    private static final int ANY_CPU = 0xffff;
    /* A byte of UTF-8 that goes on with a character. */
    private static final int CONTINUATION = 0x80;
    private static final int CONTINUATION_MASK = 0xc0;
    private static final int MAX_CHARACTER = 4;
    private static final Pattern LINE_END = Pattern.compile("\\R");

    private final AtomicBuffer ring;
    private final int base;
    private final PhysicalMemory memory;
    private final TraceControl trace;
    /* The writer's own: what lies in RAM is for readers, and anybody can scribble over it. */
    private long head;
    private long tail;

    /** The log of an instance id. It goes on where a former life ended, or anew if what is there cannot be true. */
    public KernelLog(PhysicalMemory memory, int instanceId) {
        this(memory.tables(), memory, instanceId);
    }

    /** A log whose stores a test can count. */
    KernelLog(AtomicBuffer tables, PhysicalMemory memory, int instanceId) {
        this.memory = memory;
        this.trace = new TraceControl(memory);
        this.ring = tables;
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

    /** Takes all lines away: the log is another instance's from now on. Only while nobody else writes it. */
    public synchronized void clear() {
        adopt();
        head = tail;
        ring.putLongVolatile(base + HEAD_OFFSET, head);
        ring.putLongVolatile(base + TAIL_OFFSET, tail);
    }

    /**
     * Appends a text: printk. The oldest lines go when the ring is full.
     *
     * @param level       0 emergency .. 7 debug
     * @param physicalCpu that speaks, or -1
     * @param text        each of its lines becomes a record, and nothing comes between them; one at the end may have a
     *                    line end or not; of a line longer than {@link KernelLogDescriptor#MAX_TEXT} bytes the rest is
     *                    cut
     */
    public synchronized void append(int level, int physicalCpu, String text) {
        if (text.indexOf('\n') < 0 && text.indexOf('\r') < 0) {
            appendLine(level, physicalCpu, text);
            return;
        }
        String[] lines = LINE_END.split(text, -1);
        int count = lines[lines.length - 1].isEmpty() ? lines.length - 1 : lines.length;
        for (int line = 0; line < count; line++) {
            appendLine(level, physicalCpu, lines[line]);
        }
    }

    /** Cut to what a record holds, and not within a character. */
    private static byte[] utf8(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return utf8.length > MAX_TEXT ? Arrays.copyOf(utf8, wholeCharacters(utf8, MAX_TEXT)) : utf8;
    }

    /**
     * Where to cut a text so that no character is torn.
     *
     * @param utf8  the text
     * @param limit most bytes that may remain, fewer than there are
     * @return limit, or up to 3 less
     */
    public static int wholeCharacters(byte[] utf8, int limit) {
        int end = limit;
        while (end > limit - MAX_CHARACTER && (utf8[end] & CONTINUATION_MASK) == CONTINUATION) {
            end--;
        }
        return (utf8[end] & CONTINUATION_MASK) == CONTINUATION ? limit : end;
    }

    private void appendLine(int level, int physicalCpu, String text) {
        byte[] bytes = utf8(text);
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
        ring.putLong(record + RECORD_NANOS_OFFSET, memory.platform().nanoTime());
        ring.putBytes(record + HEADER_LENGTH, bytes);
        tail = end;
        ring.putLongRelease(base + TAIL_OFFSET, end);
        ring.putLongRelease(base + LINES_OFFSET, ring.getLong(base + LINES_OFFSET) + 1);
        memory.raiseEvent();
        if (trace.records(TraceMode.LIFECYCLE)) {
            /* The journal is to have the line before it is overwritten. */
            trace.ring();
        }
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
