// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The way into the operating system: syscall(2), with one signature for all calls but one. A JVM that starts pays 10
 * to 20 ms for each new signature of a down-call handle, which no AOT cache takes over; with a handle for each C
 * function that was most of an instance's boot.
 */
final class Native {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final FunctionDescriptor SIGNATURE = FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG);
    private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET = errnoOffset();
    private static final MethodHandle SYSCALL = syscall(SIGNATURE);

    private Native() {
    }

    @SuppressWarnings("restricted")
    private static MethodHandle syscall(FunctionDescriptor signature) {
        Linker linker = Linker.nativeLinker();
        MemorySegment function = linker.defaultLookup().find("syscall").orElseThrow(
            () -> new UnsupportedOperationException("the C library has no syscall(); mkemu needs Linux"));
        return linker.downcallHandle(function, signature, Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));
    }

    /** As byteOffset of a layout path says, without the 2 to 7 ms that a JVM which starts needs for such a path. */
    private static long errnoOffset() {
        long offset = 0;
        for (MemoryLayout member : CALL_STATE.memberLayouts()) {
            if (member.name().equals(Optional.of("errno"))) {
                return offset;
            }
            offset += member.byteSize();
        }
        throw new UnsupportedOperationException("no errno in " + CALL_STATE + "; mkemu needs Linux");
    }

    /** Room for the errno of one call at a time. */
    static MemorySegment newCallState(Arena arena) {
        return arena.allocate(CALL_STATE);
    }

    /**
     * Makes a system call. Arguments it does not have are ignored; addresses must stay valid until it returns.
     *
     * @return its result, or a negative errno
     */
    static long call(MemorySegment callState, SystemCall call, long first, long second, long third, long fourth) {
        try {
            long result = (long) SYSCALL.invokeExact(callState, call.number(), first, second, third, fourth);
            return result == -1 ? -callState.get(INT, ERRNO_OFFSET) : result;
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw impossible(fault);
        }
    }

    /** The same, for callers that do not keep room for an errno. */
    static long call(SystemCall call, long first, long second, long third, long fourth) {
        try (Arena arena = Arena.ofConfined()) {
            return call(newCallState(arena), call, first, second, third, fourth);
        }
    }

    /** For the one call that has more arguments: made when it is first made. */
    private static final class Wide {
        private static final MethodHandle SYSCALL = syscall(
            FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG));

        private Wide() {
        }
    }

    /**
     * mmap of memory that no file stands behind, zeroed.
     *
     * @return its address, or a negative errno
     */
    static long mapAnonymous(long size, int protection, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment callState = newCallState(arena);
            long result = (long) Wide.SYSCALL.invokeExact(callState, SystemCall.MMAP.number(), 0L, size,
                (long) protection, (long) flags, -1L, 0L);
            return result == -1 ? -callState.get(INT, ERRNO_OFFSET) : result;
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw impossible(fault);
        }
    }

    /** What a down-call handle declares to throw and never does: only a broken signature ends here. */
    private static RuntimeException impossible(Throwable fault) {
        return new IllegalStateException("native call failed: " + fault, fault);
    }
}
