// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The CPUs of a kernel by their logical numbers, which stay while a CPU is there; a number may be nobody's. The boot
 * CPU, number 0, is always there. Changed on the boot CPU, read by any thread.
 */
final class CpuTable {
    private volatile CpuThread[] threads;

    /** Without CPUs yet. */
    CpuTable(int possible) {
        threads = new CpuThread[possible];
    }

    /** How many there may be at once: numbers are below that. */
    int possible() {
        return threads.length;
    }

    /** By logical number, null for one that is not there; do not change. */
    CpuThread[] threads() {
        return threads;
    }

    /** Those that are there, by ascending number. */
    List<CpuThread> online() {
        return Arrays.stream(threads).filter(Objects::nonNull).toList();
    }

    /** Those that are there, without the boot CPU. */
    List<Cpu> others() {
        return Arrays.stream(threads).skip(1).filter(Objects::nonNull).map(CpuThread::cpu).toList();
    }

    Cpu boot() {
        return threads[0].cpu();
    }

    /**
     * One that is there.
     *
     * @throws IllegalArgumentException if it is not, in one line
     */
    Cpu of(int logicalCpu) {
        CpuThread[] all = threads;
        if (logicalCpu < 0 || logicalCpu >= all.length) {
            throw new IllegalArgumentException("logical CPU " + logicalCpu + " is not in 0.." + (all.length - 1));
        }
        if (all[logicalCpu] == null) {
            throw new IllegalArgumentException("logical CPU " + logicalCpu + " is not online");
        }
        return all[logicalCpu].cpu();
    }

    /** The one with a physical id, or null. */
    CpuThread withPhysicalId(int physicalCpu) {
        return online().stream().filter(thread -> thread.cpu().apic().physicalCpu() == physicalCpu).findAny()
            .orElse(null);
    }

    /** A CPU is there from now on, or with null none of that number. */
    void put(int logicalCpu, CpuThread thread) {
        CpuThread[] all = threads.clone();
        all[logicalCpu] = thread;
        threads = all;
    }
}
