// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;

/** The calling thread's set of host CPUs: sched_setaffinity and sched_getaffinity. */
public final class Affinity {
    /** Host CPUs that a set can name: glibc's cpu_set_t. */
    public static final int MAX_HOST_CPUS = 1024;
    private static final int MASK_BYTES = MAX_HOST_CPUS / 8;

    private Affinity() {
    }

    /**
     * The host CPUs the calling thread may run on; a container's CPU set is already applied.
     *
     * @return at least one CPU
     */
    public static BitSet allowed() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(MASK_BYTES, 8);
            long result = Native.call(SystemCall.SCHED_GETAFFINITY, 0, MASK_BYTES, mask.address(), 0);
            if (result < 0) {
                throw new IllegalStateException("sched_getaffinity: errno " + -result);
            }
            return BitSet.valueOf(mask.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    /**
     * Confines the calling thread, and the threads and processes it starts from now on.
     *
     * @param hostCpus at least one
     * @throws IllegalArgumentException if none of them may be used here; the message names the allowed ones
     */
    public static void set(BitSet hostCpus) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(MASK_BYTES, 8);
            byte[] bytes = hostCpus.toByteArray();
            MemorySegment.copy(bytes, 0, mask, ValueLayout.JAVA_BYTE, 0, Math.min(bytes.length, MASK_BYTES));
            long result = Native.call(SystemCall.SCHED_SETAFFINITY, 0, MASK_BYTES, mask.address(), 0);
            if (result < 0) {
                throw new IllegalArgumentException("cannot pin to host CPU " + hostCpus + " (errno " + -result
                    + "); allowed here: " + allowed());
            }
        }
    }
}
