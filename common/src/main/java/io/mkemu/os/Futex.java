// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import io.mkemu.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * FUTEX_WAIT and FUTEX_WAKE on a 32-bit word of a shared mapping. Never FUTEX_PRIVATE: the sleeper and the waker are
 * different processes, and the kernel must find the word by the page it lies on.
 *
 * <p>One object serves one waiting thread (it owns the time-out and errno buffers); {@link #wake} may be called by any.
 */
public final class Futex {
    private static final long SYS_FUTEX = switch (System.getProperty("os.arch")) {
        case "amd64", "x86_64" -> 202;
        case "aarch64" -> 98;
        default -> throw new UnsupportedOperationException(
            "futex number unknown for os.arch=" + System.getProperty("os.arch") + "; mkemu runs on amd64 and aarch64");
    };
    private static final int FUTEX_WAIT = 0;
    private static final int FUTEX_WAKE = 1;
    private static final FunctionDescriptor SIGNATURE = FunctionDescriptor.of(Native.LONG,
        Native.LONG, Native.LONG, Native.INT, Native.INT, Native.LONG, Native.LONG, Native.INT);
    private static final MethodHandle WAIT =
        Native.withErrno("syscall", SIGNATURE, Linker.Option.firstVariadicArg(1));
    /* A wake never blocks, so it may skip the thread-state transition that a wait needs. */
    private static final MethodHandle WAKE =
        Native.plain("syscall", SIGNATURE, Linker.Option.firstVariadicArg(1), Linker.Option.critical(false));

    private final MemorySegment callState;
    private final MemorySegment timespec;

    /** Allocates the buffers of one waiting thread. */
    public Futex() {
        Arena arena = Arena.ofAuto();
        callState = Native.newCallState(arena);
        timespec = arena.allocate(16, 8);
    }

    /**
     * Sleeps while the word holds the expected value.
     *
     * @param address      of the word, 4-byte aligned, in a shared mapping
     * @param expected     the value read before the last look for work
     * @param timeoutNanos at most so long; 0 or less: without limit
     * @return 0 when woken (possibly spuriously), -EAGAIN when the word had changed, -ETIMEDOUT or -EINTR
     */
    public int await(long address, int expected, long timeoutNanos) {
        long limit = 0;
        if (timeoutNanos > 0) {
            timespec.set(Native.LONG, 0, timeoutNanos / 1_000_000_000L);
            timespec.set(Native.LONG, 8, timeoutNanos % 1_000_000_000L);
            limit = timespec.address();
        }
        try {
            long result = (long) WAIT.invokeExact(callState, SYS_FUTEX, address, FUTEX_WAIT, expected, limit, 0L, 0);
            if (result == 0) {
                return 0;
            }
            int errno = Native.errno(callState);
            if (errno == Errno.EAGAIN || errno == Errno.ETIMEDOUT || errno == Errno.EINTR) {
                return -errno;
            }
            throw new IllegalStateException("futex wait at 0x" + Long.toHexString(address) + ": errno " + errno);
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw Native.impossible(fault);
        }
    }

    /**
     * Wakes sleepers of a word.
     *
     * @param address of the word
     * @param count   how many at the most
     * @return how many were woken
     */
    public static int wake(long address, int count) {
        try {
            return (int) (long) WAKE.invokeExact(SYS_FUTEX, address, FUTEX_WAKE, count, 0L, 0L, 0);
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable fault) {
            throw Native.impossible(fault);
        }
    }
}
