// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/** A task that was started, for whoever has something to do for it. */
public interface TaskHandle {
    /**
     * Has the task stepped soon, however long it wanted to wait: wake_up_process. A wake-up in a step counts for the
     * next one. For a task that has ended it does nothing. Any thread; allocates nothing. On the task's own CPU
     * that steps no other task; from elsewhere it is an interrupt.
     */
    void wake();
}
