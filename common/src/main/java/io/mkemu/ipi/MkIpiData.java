// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.ipi.MkIpiDataDescriptor.*;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A message as its receiver sees it: struct mk_ipi_data. A flyweight over shared memory that is valid during the
 * callback only; copy what you keep. Used on the CPU that runs the callback.
 */
public final class MkIpiData {
    private final UnsafeBuffer payload = new UnsafeBuffer(0L, 0);
    private int senderCpu;
    private int type;
    private int dataSize;

    /**
     * Points this flyweight at a message. The header is copied once, so that what was checked is what is used, whoever
     * writes there meanwhile.
     *
     * @return whether the size can be true; if not the flyweight is empty
     */
    boolean wrap(AtomicBuffer buffer, int offset) {
        long size = buffer.getLong(offset + DATA_SIZE_OFFSET);
        boolean valid = size >= 0 && size <= MAX_DATA_SIZE;
        senderCpu = buffer.getInt(offset + SENDER_CPU_OFFSET);
        type = buffer.getInt(offset + TYPE_OFFSET);
        dataSize = valid ? (int) size : 0;
        payload.wrap(buffer.addressOffset() + offset + BUFFER_OFFSET, dataSize);
        return valid;
    }

    /** Physical CPU id of the sender: mk_ipi_data.sender_cpu. */
    public int senderCpu() {
        return senderCpu;
    }

    /** The type the sender gave: mk_ipi_data.type, 32 bits. */
    public int type() {
        return type;
    }

    /** Bytes of payload, 0..256: mk_ipi_data.data_size. */
    public int dataSize() {
        return dataSize;
    }

    /** The payload, {@link #dataSize} bytes, bounds-checked: mk_ipi_data.buffer. */
    public DirectBuffer buffer() {
        return payload;
    }
}
