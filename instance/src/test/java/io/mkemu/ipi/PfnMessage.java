// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.module.PageRange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** A page frame number as its receiver sees it, without the sending. One thread. */
public final class PfnMessage {
    private final MemorySegment memory = Arena.ofAuto().allocate(MkIpiDataDescriptor.LENGTH, Long.BYTES);
    private final UnsafeBuffer slot = new UnsafeBuffer(memory.address(), MkIpiDataDescriptor.LENGTH);

    /** A message that carries a range, until the next call. */
    public MkIpiData of(int senderCpu, PageRange range) {
        slot.putInt(MkIpiDataDescriptor.SENDER_CPU_OFFSET, senderCpu, ByteOrder.LITTLE_ENDIAN);
        slot.putInt(MkIpiDataDescriptor.TYPE_OFFSET, MkIpiDataDescriptor.PAGES_IPI_TYPE, ByteOrder.LITTLE_ENDIAN);
        slot.putLong(MkIpiDataDescriptor.DATA_SIZE_OFFSET, MkIpiDataDescriptor.PAGES_SIZE, ByteOrder.LITTLE_ENDIAN);
        range.encode(new UnsafeBuffer(slot, MkIpiDataDescriptor.BUFFER_OFFSET, MkIpiDataDescriptor.PAGES_SIZE));
        return MkIpiData.of(slot, 0);
    }

    /** The message, until the next call. */
    public MkIpiData of(int senderCpu, long pfn) {
        slot.putInt(MkIpiDataDescriptor.SENDER_CPU_OFFSET, senderCpu, ByteOrder.LITTLE_ENDIAN);
        slot.putInt(MkIpiDataDescriptor.TYPE_OFFSET, MkIpiDataDescriptor.PFN_IPI_TYPE, ByteOrder.LITTLE_ENDIAN);
        slot.putLong(MkIpiDataDescriptor.DATA_SIZE_OFFSET, MkIpiDataDescriptor.PFN_SIZE, ByteOrder.LITTLE_ENDIAN);
        slot.putLong(MkIpiDataDescriptor.BUFFER_OFFSET, pfn, ByteOrder.LITTLE_ENDIAN);
        return MkIpiData.of(slot, 0);
    }
}
