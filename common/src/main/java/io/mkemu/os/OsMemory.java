// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of this process that takes no room, and costs no time, where nobody touches it. */
public final class OsMemory {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE = 0x2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;

    private OsMemory() {
    }

    /**
     * Zeroed memory, from a page boundary on.
     *
     * @param size  bytes, 1 or more
     * @param owner frees it
     * @throws OsException if the system refuses
     */
    @SuppressWarnings("restricted")
    public static MemorySegment allocate(long size, Arena owner) throws OsException {
        long address = Native.mapAnonymous(size, PROT_READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
        if (address < 0) {
            throw new OsException("mmap of " + size + " bytes", (int) -address);
        }
        return MemorySegment.ofAddress(address).reinterpret(size, owner,
            mapped -> Native.call(SystemCall.MUNMAP, mapped.address(), mapped.byteSize(), 0, 0));
    }

    /** Memory that is mapped already, for as long as it is: nobody looks whether it still is. */
    @SuppressWarnings("restricted")
    public static MemorySegment at(long address, long size) {
        return MemorySegment.ofAddress(address).reinterpret(size);
    }
}
