// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A message between two kernels of a {@link FakeMachine}.
 *
 * @param from    id of the sender
 * @param life    of the sender, from 1
 * @param to      id of the target
 * @param type    any 32 bits
 * @param payload its own array; a test may damage it on its way
 */
public record FakeMessage(int from, long life, int to, int type, byte[] payload) {
    private record Slot(MemorySegment memory, UnsafeBuffer buffer) {
    }

    private static final ThreadLocal<Slot> SLOT = ThreadLocal.withInitial(() -> {
        MemorySegment memory = Arena.ofAuto().allocate(MkIpiDataDescriptor.LENGTH, Long.BYTES);
        return new Slot(memory, new UnsafeBuffer(memory.address(), MkIpiDataDescriptor.LENGTH));
    });

    /** One of the first life of its sender. */
    public FakeMessage(int from, int to, int type, byte[] payload) {
        this(from, 1, to, type, payload);
    }

    /** As a callback sees it. Good until this thread's next call. */
    MkIpiData received() {
        return received(FakeKernel.cpuOf(from), type, payload, from, life);
    }

    /**
     * A message as a callback sees it, for a test that calls one by hand. Good until this thread's next call.
     *
     * @param senderCpu physical id of the sending CPU; that of fake kernel K is {@link FakeKernel#cpuOf}
     * @param payload   0 to 256 bytes
     * @throws IllegalArgumentException if there are more
     */
    public static MkIpiData received(int senderCpu, int type, byte[] payload) {
        return received(senderCpu, type, payload, -1, 0);
    }

    private static MkIpiData received(int senderCpu, int type, byte[] payload, int sender, long life) {
        if (payload.length > MkIpiDataDescriptor.MAX_DATA_SIZE) {
            throw new IllegalArgumentException("a message of " + payload.length + " bytes: at most "
                + MkIpiDataDescriptor.MAX_DATA_SIZE);
        }
        UnsafeBuffer slot = SLOT.get().buffer();
        slot.putInt(MkIpiDataDescriptor.SENDER_CPU_OFFSET, senderCpu);
        slot.putInt(MkIpiDataDescriptor.TYPE_OFFSET, type);
        slot.putLong(MkIpiDataDescriptor.DATA_SIZE_OFFSET, payload.length);
        slot.putBytes(MkIpiDataDescriptor.BUFFER_OFFSET, payload);
        return MkIpiData.of(slot, 0, sender, life);
    }
}
