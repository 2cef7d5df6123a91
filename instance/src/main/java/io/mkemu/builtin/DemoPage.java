// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.memory.Pages;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes and verifies pages. Works on a copy of its own, so what was checked is what is used. One CPU. */
final class DemoPage {
    /** Values that follow from owner, target and index. */
    private static final int PATTERN = 1;
    /** Round trips in ns. */
    private static final int SAMPLES = 2;
    private static final long ANSWERED = 1L << Integer.SIZE;

    private final byte[] bytes = new byte[Pages.PAGE_SIZE];
    private final UnsafeBuffer copy = new UnsafeBuffer(bytes);
    private final CRC32C crc = new CRC32C();

    /**
     * Fills a page.
     *
     * @param values what it carries from here on, or null for the pattern
     * @return the answer its receiver is to give
     */
    long write(UnsafeBuffer page, int owner, int target, int index, long[] values, int from, int count) {
        copy.setMemory(0, bytes.length, (byte) 0);
        copy.putInt(MAGIC_OFFSET, PAGE_MAGIC);
        copy.putInt(OWNER_OFFSET, owner);
        copy.putInt(TARGET_OFFSET, target);
        copy.putInt(INDEX_OFFSET, index);
        copy.putInt(COUNT_OFFSET, count);
        copy.putInt(KIND_OFFSET, values == null ? PATTERN : SAMPLES);
        for (int i = 0; i < count; i++) {
            copy.putLong(VALUES_OFFSET + i * Long.BYTES,
                values == null ? pattern(owner, target, index, i) : values[from + i]);
        }
        int checksum = checksum(count);
        copy.putInt(PAGE_CRC_OFFSET, checksum);
        page.putBytes(0, copy, 0, bytes.length);
        return answer(checksum);
    }

    /** Whether a page is the demo's at all. */
    static boolean isDemo(UnsafeBuffer page) {
        return page.getInt(MAGIC_OFFSET) == PAGE_MAGIC;
    }

    /** Verifies a page, leaves the answer in it and its contents in this object; returns whether all is right. */
    boolean read(UnsafeBuffer page, int owner, int target) {
        page.getBytes(0, bytes);
        int count = count();
        if (count < 0 || count > VALUES) {
            return false;
        }
        int checksum = checksum(count);
        page.putLong(ANSWER_OFFSET, answer(checksum));
        boolean right = copy.getInt(OWNER_OFFSET) == owner && copy.getInt(TARGET_OFFSET) == target
            && copy.getInt(PAGE_CRC_OFFSET) == checksum && (kind() == PATTERN || kind() == SAMPLES);
        for (int i = 0; right && kind() == PATTERN && i < count; i++) {
            right = value(i) == pattern(owner, target, copy.getInt(INDEX_OFFSET), i);
        }
        return right;
    }

    /** Hands on the round trips in the page that was read, if it carries any. */
    void samples(LongConsumer sink) {
        for (int i = 0; kind() == SAMPLES && i < count(); i++) {
            sink.accept(value(i));
        }
    }

    /** The answer that a receiver left in a page. */
    static long answer(UnsafeBuffer page) {
        return page.getLong(ANSWER_OFFSET);
    }

    private int kind() {
        return copy.getInt(KIND_OFFSET);
    }

    private int count() {
        return copy.getInt(COUNT_OFFSET);
    }

    private long value(int index) {
        return copy.getLong(VALUES_OFFSET + index * Long.BYTES);
    }

    private int checksum(int count) {
        crc.reset();
        crc.update(bytes, 0, PAGE_CRC_OFFSET);
        crc.update(bytes, VALUES_OFFSET, count * Long.BYTES);
        return (int) crc.getValue();
    }

    private static long answer(int checksum) {
        return ANSWERED | Integer.toUnsignedLong(checksum);
    }

    private static long pattern(int owner, int target, int index, int position) {
        return Words.mix((long) owner << 56 | (long) target << 48 | (long) index << 16 | position);
    }
}
