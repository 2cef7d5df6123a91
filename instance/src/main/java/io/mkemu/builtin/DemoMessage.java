// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.DemoDescriptor.*;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import java.util.Random;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes and verifies data messages. Sizes go through 0..256 in an order in which each 257 messages have every size
 * once. A size and the type's six bits repeat together only every {@value #PERIOD} messages, so even an empty message
 * tells which one it is, unless more than half of that were lost in a row. Allocates nothing. One CPU.
 */
final class DemoMessage {
    /** What {@link #verify} returns for a torn message that cannot be told. */
    static final long UNKNOWN = Long.MIN_VALUE;
    /** A torn message's size may be wrong too; it is believed only if it leads this close to the one expected. */
    private static final int BELIEVED = 256;
    private static final int SIZES = MkIpiDataDescriptor.MAX_DATA_SIZE + 1;
    private static final int STRIDE = 101;
    /** STRIDE * UNSTRIDE = 1 modulo SIZES. */
    private static final int UNSTRIDE = 28;
    private static final int PERIOD = SIZES * DATA_TYPES;
    private static final int NOISES = 256;
    private static final byte[] NOISE = new byte[NOISES + MkIpiDataDescriptor.MAX_DATA_SIZE];

    static {
        new Random(1).nextBytes(NOISE);
    }

    private final byte[] bytes = new byte[MkIpiDataDescriptor.MAX_DATA_SIZE];
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private final CRC32C crc = new CRC32C();

    /** Bytes of a message, 0..256. */
    static int sizeOf(long seq) {
        return (int) (seq % SIZES * STRIDE % SIZES);
    }

    /** IPI type of a message. */
    static int typeOf(long seq) {
        return DATA + (int) (seq & DATA_TYPES - 1);
    }

    /** The message that has this size and these six bits and is nearest to another: at most messages - 1 if it can. */
    static long resolve(int size, int bits, long near, long messages) {
        int bySize = size * UNSTRIDE % SIZES;
        /* SIZES is 1 modulo DATA_TYPES: so many strides of SIZES move the six bits by as many. */
        long first = bySize + SIZES * (long) (bits - bySize & DATA_TYPES - 1);
        long ahead = Math.floorMod(first - near, PERIOD);
        long seq = near + (ahead > PERIOD / 2 ? ahead - PERIOD : ahead);
        if (seq < 0) {
            return seq + PERIOD;
        }
        return seq >= messages && seq >= PERIOD ? seq - PERIOD : seq;
    }

    /** Writes a message into {@link #buffer}; its size is {@link #sizeOf}. */
    void encode(int sender, int receiver, long seq) {
        int size = sizeOf(seq);
        if (size < NOISE_OFFSET) {
            for (int i = 0; i < size; i++) {
                bytes[i] = small(sender, receiver, seq, i);
            }
            return;
        }
        buffer.putLong(SEQ_OFFSET, seq);
        buffer.putInt(CRC_OFFSET, sender << Byte.SIZE | receiver);
        System.arraycopy(NOISE, (int) (seq & NOISES - 1), bytes, NOISE_OFFSET, size - NOISE_OFFSET);
        buffer.putInt(CRC_OFFSET, crc(size));
    }

    /** What {@link #encode} wrote last. */
    UnsafeBuffer buffer() {
        return buffer;
    }

    /**
     * Verifies a message.
     *
     * @param near     the message expected next
     * @param messages how many there are
     * @return seq of an intact message, 0 or more; of a torn one -1 - seq, or {@link #UNKNOWN}
     */
    long verify(MkIpiData data, int sender, int receiver, long near, long messages) {
        int size = data.dataSize();
        int bits = data.type() - DATA;
        long seq = resolve(size, bits, near, messages);
        data.buffer().getBytes(0, bytes, 0, size);
        if (size < NOISE_OFFSET) {
            boolean intact = seq < messages;
            for (int i = 0; intact && i < size; i++) {
                intact = bytes[i] == small(sender, receiver, seq, i);
            }
            return intact ? seq : torn(seq, near, messages);
        }
        long carried = buffer.getLong(SEQ_OFFSET);
        boolean plausible = carried >= 0 && carried < messages && (carried & DATA_TYPES - 1) == bits;
        int checksum = buffer.getInt(CRC_OFFSET);
        buffer.putInt(CRC_OFFSET, sender << Byte.SIZE | receiver);
        if (plausible && size == sizeOf(carried)) {
            return checksum == crc(size) ? carried : -1 - carried;
        }
        /* Either the number it carries is damaged or its size: the one nearer to what is expected is believed. */
        boolean byNumber = plausible && Math.abs(carried - near) < Math.abs(seq - near);
        return torn(byNumber ? carried : seq, near, messages);
    }

    private static long torn(long seq, long near, long messages) {
        return seq < messages && Math.abs(seq - near) <= BELIEVED ? -1 - seq : UNKNOWN;
    }

    private int crc(int size) {
        crc.reset();
        crc.update(bytes, 0, size);
        return (int) crc.getValue();
    }

    private static byte small(int sender, int receiver, long seq, int index) {
        long mixed = Words.mix(seq << Short.SIZE | (long) sender << Byte.SIZE | receiver);
        return (byte) ((mixed >>> (index & Long.BYTES - 1) * Byte.SIZE) + index);
    }
}
