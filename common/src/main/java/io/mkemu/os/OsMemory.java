// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of this process that can be made empty again for less than it costs to write zeros. */
public final class OsMemory {
    private static final int MADV_DONTNEED = 4;
    private static final int PAGE_SIZE = 4096;

    private OsMemory() {
    }

    /**
     * Zeroed memory; pages that are not touched take no room.
     *
     * @param size  bytes, whole pages of 4096
     * @param owner frees it
     * @throws OutOfMemoryError if there is not so much
     * @throws OsException      if the system refuses
     */
    public static MemorySegment allocate(long size, Arena owner) throws OsException {
        MemorySegment memory = owner.allocate(size, PAGE_SIZE);
        clear(memory);
        return memory;
    }

    /**
     * Makes memory of {@link #allocate} all zeros again. Nobody may use it meanwhile.
     *
     * @throws OsException if the system refuses
     */
    public static void clear(MemorySegment memory) throws OsException {
        long result = Native.call(SystemCall.MADVISE, memory.address(), memory.byteSize(), MADV_DONTNEED, 0);
        if (result != 0) {
            throw new OsException("madvise of " + memory.byteSize() + " bytes", (int) -result);
        }
    }
}
