// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards.module;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The payload of a checked message: it says who sent what, so that a damaged one, and one whose header belongs to
 * another, is known as such. Little-endian; used on one CPU.
 *
 * <pre>
 *  0            8            16            20      size-8       size
 *  +------------+------------+-------------+--...--+------------+
 *  | sequence   | type, 64   | sender CPU  | fill  | checksum   |   fill: bytes that follow from the sequence
 *  +------------+------------+-------------+--...--+------------+
 * </pre>
 */
final class HazardMessage {
    /** Smallest payload that can be checked. */
    static final int LEAST = 32;
    private static final int SEQUENCE_AT = 0;
    private static final int TYPE_AT = 8;
    private static final int SENDER_AT = 16;
    private static final int FILL_AT = 20;
    private static final long FNV_BASIS = 0xcbf2_9ce4_8422_2325L;
    private static final long FNV_PRIME = 0x100_0000_01b3L;

    private final byte[] bytes = new byte[MkIpiDataDescriptor.MAX_DATA_SIZE];
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private int type;
    private int senderCpu;
    private int size;

    /** Composes a payload; a size below {@link #LEAST} gives zeros that nobody can check. */
    UnsafeBuffer compose(long sequence, long wideType, int sender, int length) {
        Arrays.fill(bytes, (byte) 0);
        if (length >= LEAST) {
            buffer.putLong(SEQUENCE_AT, sequence, ByteOrder.LITTLE_ENDIAN);
            buffer.putLong(TYPE_AT, wideType, ByteOrder.LITTLE_ENDIAN);
            buffer.putInt(SENDER_AT, sender, ByteOrder.LITTLE_ENDIAN);
            for (int at = FILL_AT; at < length - Long.BYTES; at++) {
                bytes[at] = (byte) (sequence * 31 + at);
            }
            buffer.putLong(length - Long.BYTES, checksum(length - Long.BYTES), ByteOrder.LITTLE_ENDIAN);
        }
        return buffer;
    }

    /** Copies a message as it is at this moment. */
    HazardMessage take(MkIpiData data) {
        type = data.type();
        senderCpu = data.senderCpu();
        var payload = data.buffer();
        size = payload.capacity();
        Arrays.fill(bytes, (byte) 0);
        payload.getBytes(0, bytes, 0, size);
        return this;
    }

    /** Whether what was taken is what one sender sent; an empty message cannot be otherwise. */
    boolean isIntact() {
        return size == 0 || size >= LEAST
            && buffer.getLong(size - Long.BYTES, ByteOrder.LITTLE_ENDIAN) == checksum(size - Long.BYTES)
            && buffer.getLong(TYPE_AT, ByteOrder.LITTLE_ENDIAN) == Integer.toUnsignedLong(type)
            && buffer.getInt(SENDER_AT, ByteOrder.LITTLE_ENDIAN) == senderCpu;
    }

    /** Whether two copies are of the same message. */
    boolean isSame(HazardMessage other) {
        return type == other.type && senderCpu == other.senderCpu && size == other.size
            && Arrays.equals(bytes, other.bytes);
    }

    int type() {
        return type;
    }

    int senderCpu() {
        return senderCpu;
    }

    int size() {
        return size;
    }

    /** Number of the message, -1 if it is too short to carry one. */
    long sequence() {
        return size < LEAST ? -1 : buffer.getLong(SEQUENCE_AT, ByteOrder.LITTLE_ENDIAN);
    }

    private long checksum(int length) {
        long hash = FNV_BASIS;
        for (int at = 0; at < length; at++) {
            hash = (hash ^ bytes[at] & 0xff) * FNV_PRIME;
        }
        return hash;
    }
}
