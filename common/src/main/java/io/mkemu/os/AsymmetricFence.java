// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.lang.invoke.VarHandle;

/**
 * A full fence between two sides of which one is in a hurry and the other is not: membarrier(2). Each side stores a word
 * and then loads the other's; if the one puts {@link #light} between the two and the other {@link #heavy}, at least one
 * of them sees the other's store, across processes. The light side pays nothing, because the heavy one has the kernel
 * fence every CPU that runs a process which said it relies on this. Any thread.
 */
public final class AsymmetricFence {
    private static final int GLOBAL_EXPEDITED = 1 << 1;
    private static final int REGISTER_GLOBAL_EXPEDITED = 1 << 2;
    private static final boolean AVAILABLE = membarrier(REGISTER_GLOBAL_EXPEDITED) == 0;

    private AsymmetricFence() {
    }

    /**
     * Whether this process can do without full fences on the light side, and can do the heavy side's part. Without it
     * (an old kernel, a seccomp filter) {@link #light} is a full fence and {@link #heavy} always fails.
     */
    public static boolean isAvailable() {
        return AVAILABLE;
    }

    /** The hurried side's fence, between its store and its load. */
    public static void light() {
        if (AVAILABLE) {
            /* Costs no instruction on x86; the compiler moves no load across it, and that is what is left to do. */
            VarHandle.releaseFence();
        } else {
            VarHandle.fullFence();
        }
    }

    /**
     * The other side's fence, between its store and its load; some microseconds.
     *
     * @return false if it could not be done: who gets that must not rely on what it loads next
     */
    public static boolean heavy() {
        VarHandle.fullFence();
        return AVAILABLE && membarrier(GLOBAL_EXPEDITED) == 0;
    }

    private static long membarrier(int command) {
        return Native.call(SystemCall.MEMBARRIER, command, 0, 0, 0);
    }
}
