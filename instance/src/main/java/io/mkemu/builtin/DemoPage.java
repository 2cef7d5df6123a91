// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.memory.Pages;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes and verifies pages. Works on a copy of its own, so what was checked is what is answered. One CPU. */
final class DemoPage {
    private static final long ANSWERED = 1L << Integer.SIZE;

    private final byte[] bytes = new byte[Pages.PAGE_SIZE];
    private final UnsafeBuffer copy = new UnsafeBuffer(bytes);
    private final CRC32C crc = new CRC32C();

    /** Fills a page; returns the answer its receiver is to give. */
    long write(UnsafeBuffer page, int owner, int target, int index) {
        copy.setMemory(0, VALUES_OFFSET, (byte) 0);
        copy.putInt(MAGIC_OFFSET, PAGE_MAGIC);
        copy.putInt(OWNER_OFFSET, owner);
        copy.putInt(TARGET_OFFSET, target);
        copy.putInt(INDEX_OFFSET, index);
        for (int at = VALUES_OFFSET; at < bytes.length; at += Long.BYTES) {
            copy.putLong(at, value(owner, target, index, at));
        }
        copy.putInt(PAGE_CRC_OFFSET, checksum());
        page.putBytes(0, copy, 0, bytes.length);
        return expected();
    }

    /** Whether a page is the demo's at all. */
    static boolean isDemo(UnsafeBuffer page) {
        return page.getInt(MAGIC_OFFSET) == PAGE_MAGIC;
    }

    /** Verifies a page and leaves the answer in it; returns whether all is right. */
    boolean read(UnsafeBuffer page, int owner, int target) {
        page.getBytes(0, bytes);
        page.putLong(ANSWER_OFFSET, expected());
        boolean right = copy.getInt(OWNER_OFFSET) == owner && copy.getInt(TARGET_OFFSET) == target
            && copy.getInt(PAGE_CRC_OFFSET) == checksum();
        for (int at = VALUES_OFFSET; right && at < bytes.length; at += Long.BYTES) {
            right = copy.getLong(at) == value(owner, target, copy.getInt(INDEX_OFFSET), at);
        }
        return right;
    }

    /** The answer that a receiver left in a page. */
    static long answer(UnsafeBuffer page) {
        return page.getLong(ANSWER_OFFSET);
    }

    private long expected() {
        return ANSWERED | Integer.toUnsignedLong(checksum());
    }

    private int checksum() {
        crc.reset();
        crc.update(bytes, 0, PAGE_CRC_OFFSET);
        crc.update(bytes, VALUES_OFFSET, bytes.length - VALUES_OFFSET);
        return (int) crc.getValue();
    }

    private static long value(int owner, int target, int index, int at) {
        return Words.mix((long) owner << 56 | (long) target << 48 | (long) index << 16 | at);
    }
}
