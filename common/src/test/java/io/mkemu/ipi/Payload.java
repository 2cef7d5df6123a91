// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.abi.MkIpiDataDescriptor;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What the tests send: {@code sequence u64 | CRC32C u32 | filling}, of every size that can hold the first two. The type
 * carries the low half of the sequence, so that a header and a payload of two messages are told apart.
 */
public final class Payload {
    static final int SIZE_OFFSET = 12;
    private final UnsafeBuffer bytes = new UnsafeBuffer(new byte[MkIpiDataDescriptor.MAX_DATA_SIZE]);
    private final byte[] copy = new byte[MkIpiDataDescriptor.MAX_DATA_SIZE];
    private final CRC32C crc = new CRC32C();

    /** Bytes of the message with this number of a sender: a different one nearly each time. */
    static int size(int sender, long sequence) {
        int sizes = MkIpiDataDescriptor.MAX_DATA_SIZE - SIZE_OFFSET + 1;
        return SIZE_OFFSET + (int) ((sequence * 31 + sender * 7) % sizes);
    }

    static int type(long sequence) {
        return (int) sequence ^ 0x8000_0000;
    }

    DirectBuffer of(int sender, long sequence) {
        int size = size(sender, sequence);
        for (int at = SIZE_OFFSET; at < size; at++) {
            bytes.putByte(at, (byte) (sequence + at * sender));
        }
        bytes.putLong(0, sequence);
        bytes.putInt(Long.BYTES, checksum(sender, bytes, size));
        return bytes;
    }

    private int checksum(int sender, DirectBuffer from, int size) {
        from.getBytes(0, copy, 0, size);
        for (int at = Long.BYTES; at < SIZE_OFFSET; at++) {
            copy[at] = (byte) sender;
        }
        crc.reset();
        crc.update(copy, 0, size);
        return (int) crc.getValue();
    }

    /** The sequence number, or -1 if anything of the message is not as it was sent. */
    long check(MkIpiData data) {
        if (data.dataSize() < SIZE_OFFSET) {
            return -1;
        }
        long sequence = data.buffer().getLong(0);
        boolean whole = data.type() == type(sequence) && data.dataSize() == size(data.senderCpu(), sequence)
            && data.buffer().getInt(Long.BYTES) == checksum(data.senderCpu(), data.buffer(), data.dataSize());
        return whole ? sequence : -1;
    }
}
