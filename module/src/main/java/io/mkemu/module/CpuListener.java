// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/** Is told when its kernel is given a CPU, or is to give one back, while it runs: {@link Kernel#onCpu}. */
@FunctionalInterface
public interface CpuListener {
    /**
     * Something becomes of a CPU. Between interrupts and tasks, on the boot CPU; the host waits 10 s for all modules
     * together. What it throws is logged, and on REMOVING it is a veto.
     *
     * @param change      what
     * @param logicalCpu  its logical id, as {@link Kernel#smpProcessorId} says; never 0, the boot CPU stays
     * @param physicalCpu its physical id
     * @return on REMOVING null if it may go, else why not, in a few words for people; otherwise it does not count
     */
    String onCpu(CpuChange change, int logicalCpu, int physicalCpu);
}
