// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import io.mkemu.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * FUTEX_WAIT and FUTEX_WAKE on a 32-bit word of a shared mapping. Never FUTEX_PRIVATE: the sleeper and the waker are
 * different processes, and the kernel must find the word by the page it lies on.
 *
 * <p>One object serves one waiting thread (it owns the time-out and errno buffers); {@link #wake} may be called by any.
 */
public final class Futex {
    private static final int FUTEX_WAIT = 0;
    private static final int FUTEX_WAKE = 1;
    /* Shared by all threads that wake, so that none allocates: what it says means nothing. */
    private static final MemorySegment IGNORED_ERRNO = Native.newCallState(Arena.global());

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
        int result = (int) Native.call(callState, SystemCall.FUTEX, address, FUTEX_WAIT, expected, limit);
        if (result == 0 || result == -Errno.EAGAIN || result == -Errno.ETIMEDOUT || result == -Errno.EINTR) {
            return result;
        }
        throw new IllegalStateException("futex wait at 0x" + Long.toHexString(address) + ": errno " + -result);
    }

    /**
     * Wakes sleepers of a word.
     *
     * @param address of the word
     * @param count   how many at the most
     * @return how many were woken; negative for an address that is none
     */
    public static int wake(long address, int count) {
        return (int) Native.call(IGNORED_ERRNO, SystemCall.FUTEX, address, FUTEX_WAKE, count, 0);
    }
}
