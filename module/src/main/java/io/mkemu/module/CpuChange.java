// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/** What becomes of a CPU of a kernel that runs, as a {@link CpuListener} is told. */
public enum CpuChange {
    /** It is there, and runs. */
    ADDED,
    /**
     * It is to go: who needs it says so now, and it stays. {@link #REMOVED} or {@link #STAYS} follows. It still gets
     * messages.
     */
    REMOVING,
    /**
     * It is gone, and may be another instance's. All messages to it have been delivered there; what ran on it, tasks,
     * timers, listeners and works, runs on the boot CPU. Its logical id may be another CPU's later.
     */
    REMOVED,
    /** It was to go, and stays: somebody did not agree, a sender did not answer, or the host waited no longer. */
    STAYS
}
