// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/**
 * What {@link Kernel#after} and {@link Kernel#every} start: a timer_list of Linux. It belongs to the CPU that made it,
 * goes off there, between interrupts and tasks, and is used there: the calls throw IllegalStateException elsewhere.
 * They allocate nothing.
 */
public interface Timer {
    /**
     * Stops it: timer_delete. It does not go off any more, unless it is restarted.
     *
     * @return whether it would have gone off
     */
    boolean cancel();

    /**
     * Has it go off so many ns from now, whether or not it was to go off before: mod_timer. One of {@link Kernel#every}
     * goes on from there with its period.
     *
     * @param nanos 0 or less: in the next turn of the CPU
     * @throws IllegalStateException also if the module has ended
     */
    void restart(long nanos);

    /** Whether it is to go off: timer_pending. */
    boolean isPending();
}
