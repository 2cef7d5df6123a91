// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import java.lang.foreign.MemorySegment;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A bounds-checked view of a stretch of physical memory: what memremap returns. After {@link #close} its buffer is
 * empty, so a late access is refused instead of touching an unmapped page; a thread that is inside an access when
 * another closes the window is not protected.
 */
public final class Window implements AutoCloseable {
    private final long physicalAddress;
    private final UnsafeBuffer buffer;
    private final Runnable unmap;
    private final Runnable unmapped;
    private boolean open = true;

    /**
     * A window.
     *
     * @param address of its first byte in this process
     * @param unmap   takes the bytes away; runs once
     */
    Window(long physicalAddress, long address, int length, Runnable unmap, Runnable unmapped) {
        this.physicalAddress = physicalAddress;
        this.unmap = unmap;
        this.unmapped = unmapped;
        this.buffer = new UnsafeBuffer(address, length);
    }

    /**
     * A window on memory that stands for physical memory, in a kernel that runs without its machine.
     *
     * @param memory   its bytes, alive for as long as the window is open; closing the window does not free them
     * @param unmapped runs once, when the window is closed
     */
    public static Window onto(long physicalAddress, MemorySegment memory, Runnable unmapped) {
        return new Window(physicalAddress, memory.address(), Math.toIntExact(memory.byteSize()), () -> { }, unmapped);
    }

    /** Physical address of the first byte. */
    public long physicalAddress() {
        return physicalAddress;
    }

    /** The bytes; empty once the window is closed. */
    public UnsafeBuffer buffer() {
        return buffer;
    }

    /** Unmaps: memunmap. Closing twice is harmless, from two threads at once too. */
    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            buffer.wrap(0L, 0);
            unmap.run();
            unmapped.run();
        }
    }
}
