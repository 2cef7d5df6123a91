// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

/** How the bytes of a machine's RAM come into this process. Thread-safe. */
interface RamMapping {
    /**
     * Makes a window on RAM; the range has been checked.
     *
     * @throws IOException if it cannot be mapped
     */
    Window map(long address, int length, Runnable unmapped) throws IOException;

    /**
     * As {@link #map}, for memory that will be mapped again soon: a mapping may outlive its window, and be that of the
     * next window on the same bytes.
     *
     * @throws IOException if it cannot be mapped
     */
    Window mapAgain(long address, int length, Runnable unmapped) throws IOException;

    /** Gives up what it holds; windows stay. */
    void close() throws IOException;

    /** RAM that is a file: each window is a mapping of its own. */
    static RamMapping of(FileChannel channel, MapMode mode) {
        return new RamMapping() {
            private final KeptMappings kept = new KeptMappings(
                (address, length, arena) -> channel.map(mode, address, length, arena).address());

            @Override
            public Window map(long address, int length, Runnable unmapped) throws IOException {
                Arena arena = Arena.ofShared();
                try {
                    long there = channel.map(mode, address, length, arena).address();
                    return new Window(address, there, length, arena::close, unmapped);
                } catch (IOException | RuntimeException | Error fault) {
                    arena.close();
                    throw fault;
                }
            }

            @Override
            public Window mapAgain(long address, int length, Runnable unmapped) throws IOException {
                return kept.map(address, length, unmapped);
            }

            @Override
            public void close() throws IOException {
                kept.close();
                channel.close();
            }
        };
    }

    /**
     * RAM that is memory of this process: each window is a part of it.
     *
     * @param ram native: kernels address RAM by absolute addresses, which the bytes of an array do not have, since the
     *            collector moves them
     * @param uses told of each window
     */
    static RamMapping of(MemorySegment ram, PhysicalMemory.Uses uses) {
        return new RamMapping() {
            @Override
            public Window map(long address, int length, Runnable unmapped) {
                uses.maps(address, length);
                return new Window(address, ram.address() + address, length, () -> { }, unmapped);
            }

            @Override
            public Window mapAgain(long address, int length, Runnable unmapped) {
                return map(address, length, unmapped);
            }

            @Override
            public void close() {
                /* It lives as long as somebody holds it, and this object does. */
                ram.scope();
            }
        };
    }
}
