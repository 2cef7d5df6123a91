// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A bounds-checked view of a stretch of physical memory: what memremap returns. After {@link #close} its buffer is
 * empty, so a late access is refused instead of touching an unmapped page; a thread that is inside an access when
 * another closes the window is not protected.
 */
public final class Window implements AutoCloseable {
    private final long physicalAddress;
    private final Arena arena;
    private final UnsafeBuffer buffer;
    private final Runnable unmapped;

    Window(long physicalAddress, MemorySegment segment, Arena arena, Runnable unmapped) {
        this.physicalAddress = physicalAddress;
        this.arena = arena;
        this.unmapped = unmapped;
        this.buffer = new UnsafeBuffer(segment.address(), Math.toIntExact(segment.byteSize()));
    }

    /**
     * A window on memory that stands for physical memory, in a kernel that runs without its machine.
     *
     * @param memory   its bytes, alive for as long as the window is open; closing the window does not free them
     * @param unmapped runs once, when the window is closed
     */
    public static Window onto(long physicalAddress, MemorySegment memory, Runnable unmapped) {
        return new Window(physicalAddress, memory, Arena.ofShared(), unmapped);
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
        if (arena.scope().isAlive()) {
            buffer.wrap(0L, 0);
            arena.close();
            unmapped.run();
        }
    }
}
