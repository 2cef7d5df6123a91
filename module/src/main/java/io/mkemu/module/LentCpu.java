// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/**
 * A CPU that can be lent to threads which are none of the kernel's: {@link Kernel#lendCpu}. A CPU is one at a time: it
 * waits, inside of code of the module, for as long as another thread calls the kernel as that CPU. Any thread.
 */
@FunctionalInterface
public interface LentCpu {
    /**
     * Runs something on the calling thread as this CPU: the calls of the kernel in it are those of the CPU. Where a
     * thread of its own runs the CPU, the calling thread is pinned to the same host CPU from now on.
     *
     * @param work may throw, and that is thrown
     */
    void run(Runnable work);
}
