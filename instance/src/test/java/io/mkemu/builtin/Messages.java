// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.ipi.MkIpiData;
import io.mkemu.ipi.MkIpiDataDescriptor;
import io.mkemu.memory.Window;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Makes what only the kernel can make: received messages and windows. */
final class Messages {
    private static final MethodHandle WRAP;
    private static final MethodHandle NEW_WINDOW;
    private static final MemorySegment MEMORY = Arena.global().allocate(MkIpiDataDescriptor.LENGTH, Long.BYTES);
    private static final UnsafeBuffer SLOT = new UnsafeBuffer(MEMORY.address(), MkIpiDataDescriptor.LENGTH);

    static {
        try {
            WRAP = MethodHandles.privateLookupIn(MkIpiData.class, MethodHandles.lookup()).findVirtual(MkIpiData.class,
                "wrap", MethodType.methodType(boolean.class, AtomicBuffer.class, int.class));
            NEW_WINDOW = MethodHandles.privateLookupIn(Window.class, MethodHandles.lookup()).findConstructor(
                Window.class, MethodType.methodType(void.class, long.class, MemorySegment.class, Arena.class,
                    Runnable.class));
        } catch (ReflectiveOperationException changed) {
            throw new ExceptionInInitializerError(changed);
        }
    }

    private Messages() {
    }

    /** A message as its receiver sees it, until the next call. */
    static MkIpiData of(int senderCpu, int type, byte[] payload) {
        SLOT.putInt(MkIpiDataDescriptor.SENDER_CPU_OFFSET, senderCpu);
        SLOT.putInt(MkIpiDataDescriptor.TYPE_OFFSET, type);
        SLOT.putLong(MkIpiDataDescriptor.DATA_SIZE_OFFSET, payload.length);
        SLOT.putBytes(MkIpiDataDescriptor.BUFFER_OFFSET, payload);
        MkIpiData data = new MkIpiData();
        try {
            WRAP.invoke(data, (AtomicBuffer) SLOT, 0);
        } catch (Throwable fault) {
            throw new IllegalStateException(fault);
        }
        return data;
    }

    /** A window on a page, and what is to run when it is closed. */
    static Window window(long address, MemorySegment page, Runnable unmapped) {
        try {
            return (Window) NEW_WINDOW.invoke(address, page, Arena.ofShared(), unmapped);
        } catch (Throwable fault) {
            throw new IllegalStateException(fault);
        }
    }
}
