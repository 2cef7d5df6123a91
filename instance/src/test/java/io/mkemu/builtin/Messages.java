// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.agrona.concurrent.UnsafeBuffer;

/** Makes what only the kernel can make: received messages and windows. */
public final class Messages {
    private static final MemorySegment MEMORY = Arena.global().allocate(MkIpiDataDescriptor.LENGTH, Long.BYTES);
    private static final UnsafeBuffer SLOT = new UnsafeBuffer(MEMORY.address(), MkIpiDataDescriptor.LENGTH);

    private Messages() {
    }

    /** A message as its receiver sees it, until the next call. */
    static MkIpiData of(int senderCpu, int type, byte[] payload) {
        SLOT.putInt(MkIpiDataDescriptor.SENDER_CPU_OFFSET, senderCpu);
        SLOT.putInt(MkIpiDataDescriptor.TYPE_OFFSET, type);
        SLOT.putLong(MkIpiDataDescriptor.DATA_SIZE_OFFSET, payload.length);
        SLOT.putBytes(MkIpiDataDescriptor.BUFFER_OFFSET, payload);
        return MkIpiData.of(SLOT, 0);
    }

    /** A window on a page, and what is to run when it is closed. */
    static Window window(long address, MemorySegment page, Runnable unmapped) {
        return Window.onto(address, page, unmapped);
    }
}
