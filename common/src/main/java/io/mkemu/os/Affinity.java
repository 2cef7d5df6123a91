// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.StringJoiner;

/** Sets of host CPUs: a thread's, by sched_setaffinity and sched_getaffinity, and all that run. Stateless. */
public final class Affinity {
    /** Host CPUs that a set can name: glibc's cpu_set_t. */
    public static final int MAX_HOST_CPUS = 1024;
    private static final int MASK_BYTES = MAX_HOST_CPUS / 8;
    private static final Path ONLINE = Path.of("/sys/devices/system/cpu/online");

    private Affinity() {
    }

    /**
     * The host CPUs the calling thread may run on; a container's CPU set is already applied.
     *
     * @return at least one CPU
     */
    public static BitSet allowed() {
        return allowed(0);
    }

    /**
     * As {@link #allowed()}, of any thread.
     *
     * @param thread its id, as {@link OsProcess#threadId} says; 0 is the calling one
     * @throws IllegalStateException if the system does not tell
     */
    public static BitSet allowed(int thread) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(MASK_BYTES, 8);
            long result = Native.call(SystemCall.SCHED_GETAFFINITY, thread, MASK_BYTES, mask.address(), 0);
            if (result < 0) {
                throw new IllegalStateException("sched_getaffinity: errno " + -result);
            }
            return BitSet.valueOf(mask.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    /**
     * The host CPUs that run, whoever may use them: in a container too, those of the whole system.
     *
     * @return at least one CPU; what {@link #allowed} returns where the system does not tell
     */
    public static BitSet online() {
        try {
            return parse(Files.readString(ONLINE));
        } catch (IOException | NumberFormatException hidden) {
            return allowed();
        }
    }

    /**
     * Reads a list as Linux writes it.
     *
     * @param list as {@code 0-3,5}
     * @throws NumberFormatException if it is none, or has no CPU
     */
    static BitSet parse(String list) {
        BitSet cpus = new BitSet();
        for (String part : list.strip().split(",")) {
            int dash = part.indexOf('-');
            int first = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
            int last = dash < 0 ? first : Integer.parseInt(part.substring(dash + 1));
            if (first < 0 || last < first || last >= MAX_HOST_CPUS) {
                throw new NumberFormatException("CPUs \"" + part + "\"");
            }
            cpus.set(first, last + 1);
        }
        return cpus;
    }

    /** A set as Linux and Docker's --cpuset-cpus write it: {@code 0-3,5}. */
    public static String list(BitSet cpus) {
        StringJoiner parts = new StringJoiner(",");
        for (int first = cpus.nextSetBit(0); first >= 0;) {
            int end = cpus.nextClearBit(first);
            parts.add(end == first + 1 ? Integer.toString(first) : first + "-" + (end - 1));
            first = cpus.nextSetBit(end);
        }
        return parts.toString();
    }

    /**
     * Confines the calling thread, and the threads and processes it starts from now on.
     *
     * @param hostCpus at least one
     * @throws IllegalArgumentException if none of them may be used here; the message names the allowed ones
     */
    public static void set(BitSet hostCpus) {
        int result = set(0, hostCpus);
        if (result < 0) {
            throw new IllegalArgumentException("cannot pin to host CPU " + list(hostCpus) + " (errno " + -result
                + "); allowed here: " + list(allowed()));
        }
    }

    /**
     * Confines any thread.
     *
     * @param thread   its id, as {@link OsProcess#threadId} says; 0 is the calling one
     * @param hostCpus at least one
     * @return 0 or a negative errno
     */
    public static int set(int thread, BitSet hostCpus) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(MASK_BYTES, 8);
            byte[] bytes = hostCpus.toByteArray();
            MemorySegment.copy(bytes, 0, mask, ValueLayout.JAVA_BYTE, 0, Math.min(bytes.length, MASK_BYTES));
            return (int) Native.call(SystemCall.SCHED_SETAFFINITY, thread, MASK_BYTES, mask.address(), 0);
        }
    }
}
