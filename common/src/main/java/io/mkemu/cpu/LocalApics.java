// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cpu;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.RamLayout;
import io.mkemu.os.Platform;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/** The local APICs of a machine as one process sees them: one object for each physical CPU, made once. Thread-safe. */
public final class LocalApics {
    private final LocalApic[] apics;

    /**
     * The local APICs that lie in these tables.
     *
     * @param tables   the machine's tables, at offsets equal to their physical addresses
     * @param platform wakes the CPUs that sleep
     */
    public LocalApics(UnsafeBuffer tables, RamLayout layout, Platform platform) {
        apics = new LocalApic[layout.nrCpus()];
        for (int cpu = 0; cpu < apics.length; cpu++) {
            apics[cpu] = new LocalApic(tables, (int) layout.cpusAt() + cpu * LocalApicDescriptor.LENGTH, cpu,
                platform);
        }
    }

    /** NR_CPUS: physical CPU ids are below this. */
    public int count() {
        return apics.length;
    }

    /**
     * The local APIC of a CPU. Allocates nothing.
     *
     * @param physicalCpu 0 .. {@link #count}-1
     * @throws IllegalArgumentException for another number, in one line
     */
    public LocalApic of(int physicalCpu) {
        if (physicalCpu < 0 || physicalCpu >= apics.length) {
            throw new IllegalArgumentException(
                "physical CPU " + physicalCpu + " is not in 0.." + (apics.length - 1));
        }
        return apics[physicalCpu];
    }

    /** Numbers an instance's CPUs, whatever their order, by ascending physical id from 0. Host only. */
    public void number(int... physicalCpus) {
        int[] ascending = physicalCpus.clone();
        Arrays.sort(ascending);
        for (int logical = 0; logical < ascending.length; logical++) {
            of(ascending[logical]).logicalCpu(logical);
        }
    }

    /**
     * The instance that a CPU says owns it. Allocates nothing.
     *
     * @return its id as it stands in shared memory, -1 for none or for a number that is no CPU
     */
    public int instanceOfCpu(int physicalCpu) {
        return physicalCpu < 0 || physicalCpu >= apics.length ? -1 : apics[physicalCpu].instanceId();
    }
}
