// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.BitSet;

/** The calling thread's set of host CPUs: sched_setaffinity and sched_getaffinity. */
public final class Affinity {
    /** Host CPUs that a set can name: glibc's cpu_set_t. */
    public static final int MAX_HOST_CPUS = 1024;
    private static final int MASK_BYTES = MAX_HOST_CPUS / 8;
    private static final FunctionDescriptor SIGNATURE =
        FunctionDescriptor.of(Native.INT, Native.INT, Native.LONG, ValueLayout.ADDRESS);
    private static final MethodHandle SET = Native.withErrno("sched_setaffinity", SIGNATURE);
    private static final MethodHandle GET = Native.withErrno("sched_getaffinity", SIGNATURE);

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
            MemorySegment state = Native.newCallState(arena);
            int result = (int) GET.invokeExact(state, 0, (long) MASK_BYTES, mask);
            if (result < 0) {
                throw new IllegalStateException("sched_getaffinity: errno " + Native.errno(state));
            }
            return BitSet.valueOf(mask.toArray(ValueLayout.JAVA_BYTE));
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw Native.impossible(fault);
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
            MemorySegment state = Native.newCallState(arena);
            int result = (int) SET.invokeExact(state, 0, (long) MASK_BYTES, mask);
            if (result < 0) {
                throw new IllegalArgumentException("cannot pin to host CPU " + hostCpus + " (errno "
                    + Native.errno(state) + "); allowed here: " + allowed());
            }
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw Native.impossible(fault);
        }
    }
}
