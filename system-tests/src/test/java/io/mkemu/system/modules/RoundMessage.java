// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import static io.mkemu.system.modules.RoundsDescriptor.*;

import io.mkemu.abi.Pages;
import io.mkemu.memory.Window;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Messages and pages whose every byte follows from who sent them, in which life, and their number. */
final class RoundMessage {
    private final UnsafeBuffer bytes = new UnsafeBuffer(new byte[PAYLOAD_OFFSET + MAX_PAYLOAD]);
    private int length;

    /** Makes it. */
    void write(int sender, long sequence, long senderEpoch, long targetEpoch) {
        length = lengthOf(sender, sequence);
        put(SEQUENCE_OFFSET, sequence);
        put(SENDER_EPOCH_OFFSET, senderEpoch);
        put(TARGET_EPOCH_OFFSET, targetEpoch);
        put(CHECKSUM_OFFSET, checksum(sender, sequence, senderEpoch, targetEpoch));
        for (int at = PAYLOAD_OFFSET; at < length; at++) {
            bytes.putByte(at, filling(sender, sequence, at));
        }
    }

    private void put(int offset, long value) {
        bytes.putLong(offset, value, ByteOrder.LITTLE_ENDIAN);
    }

    DirectBuffer bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    static long word(DirectBuffer message, int offset) {
        return message.getLong(offset, ByteOrder.LITTLE_ENDIAN);
    }

    /** Whether a message is what its sender wrote. */
    static boolean isWhole(DirectBuffer message, int sender) {
        if (message.capacity() < PAYLOAD_OFFSET) {
            return false;
        }
        long sequence = word(message, SEQUENCE_OFFSET);
        if (message.capacity() != lengthOf(sender, sequence) || word(message, CHECKSUM_OFFSET)
            != checksum(sender, sequence, word(message, SENDER_EPOCH_OFFSET), word(message, TARGET_EPOCH_OFFSET))) {
            return false;
        }
        for (int at = PAYLOAD_OFFSET; at < message.capacity(); at++) {
            if (message.getByte(at) != filling(sender, sequence, at)) {
                return false;
            }
        }
        return true;
    }

    private static int lengthOf(int sender, long sequence) {
        return PAYLOAD_OFFSET + (int) ((sequence * 31 + sender) % (MAX_PAYLOAD + 1));
    }

    private static long checksum(int sender, long sequence, long senderEpoch, long targetEpoch) {
        long hash = sender;
        for (long word : new long[] {sequence, senderEpoch, targetEpoch}) {
            hash = (hash ^ word) * 0x9e3779b97f4a7c15L;
            hash ^= hash >>> 29;
        }
        return hash;
    }

    private static byte filling(int sender, long sequence, int at) {
        return (byte) (sequence * 7 + at * 13L + sender);
    }

    /** Fills a page; the magic comes last. */
    static void writePage(Window page, int owner, long ownerEpoch, long targetEpoch, long number) {
        UnsafeBuffer to = page.buffer();
        to.putLong(PAGE_MAGIC_OFFSET, 0);
        to.putLong(PAGE_OWNER_OFFSET, owner);
        to.putLong(PAGE_OWNER_EPOCH_OFFSET, ownerEpoch);
        to.putLong(PAGE_TARGET_EPOCH_OFFSET, targetEpoch);
        to.putLong(PAGE_NUMBER_OFFSET, number);
        for (int at = PAGE_FILLING_OFFSET; at < Pages.PAGE_SIZE; at += Long.BYTES) {
            to.putLong(at, checksum(owner, number, ownerEpoch, at));
        }
        to.putLongVolatile(PAGE_MAGIC_OFFSET, PAGE_MAGIC);
    }

    /** Whether a page holds what that owner wrote into it in that life. */
    static boolean isWholePage(Window page, int owner, long ownerEpoch) {
        UnsafeBuffer from = page.buffer();
        long number = from.getLong(PAGE_NUMBER_OFFSET);
        if (from.getLongVolatile(PAGE_MAGIC_OFFSET) != PAGE_MAGIC || from.getLong(PAGE_OWNER_OFFSET) != owner
            || from.getLong(PAGE_OWNER_EPOCH_OFFSET) != ownerEpoch) {
            return false;
        }
        for (int at = PAGE_FILLING_OFFSET; at < Pages.PAGE_SIZE; at += Long.BYTES) {
            if (from.getLong(at) != checksum(owner, number, ownerEpoch, at)) {
                return false;
            }
        }
        return true;
    }
}
