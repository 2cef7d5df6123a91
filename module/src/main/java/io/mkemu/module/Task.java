// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/**
 * Work that goes on beside interrupts, in steps: a kernel thread that never blocks. The CPU handles interrupts between
 * two steps, so a step should be short.
 */
@FunctionalInterface
public interface Task {
    /** The task has ended. */
    long DONE = -1;
    /** Call again at once, after pending interrupts. */
    long AGAIN = 0;
    /** Call again after the next interrupt. */
    long WAIT = Long.MAX_VALUE;

    /**
     * Does a step, on the CPU the task was started on.
     *
     * @return {@link #DONE}, {@link #AGAIN}, {@link #WAIT}, or a number of ns to wait at the most; an interrupt of this
     *     CPU ends any wait
     * @throws Exception ends the task as failed; logged with the module's name
     */
    long step() throws Exception;
}
