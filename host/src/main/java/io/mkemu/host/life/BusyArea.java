// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.cpu.LocalApic;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Region;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * The IPI area of a former life that a stopped CPU had mapped when it was taken away. It stays allocated until that CPU
 * cannot write there any more, whatever the CPU sends to the next life meanwhile.
 */
final class BusyArea {
    private final MappedMachine mapped;
    private final int instanceId;
    private final Region region;
    private final Set<Integer> holders = new HashSet<>();
    private final Set<Integer> askedAgain = new HashSet<>();

    /**
     * Asks the CPUs to let go.
     *
     * @param region  where it lies
     * @param holders physical CPUs that may have it mapped
     */
    BusyArea(MappedMachine mapped, int instanceId, Region region, int[] holders) {
        this.mapped = mapped;
        this.instanceId = instanceId;
        this.region = region;
        Arrays.stream(holders).forEach(cpu -> {
            this.holders.add(cpu);
            apic(cpu).raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
        });
    }

    /** Where it lies. */
    Region region() {
        return region;
    }

    /** Physical CPUs that may still have it mapped. */
    Set<Integer> holders() {
        return Set.copyOf(holders);
    }

    /** Whether no CPU can write there any more. To be asked now and then. */
    boolean isFree() {
        holders.removeIf(cpu -> !apic(cpu).sendsTo(instanceId) || hasLetGo(cpu));
        return holders.isEmpty();
    }

    /**
     * A CPU that sends to the next life has its bit set again. It takes a vector before it lets go, and is not stopped
     * in between once it has taken the next one.
     */
    private boolean hasLetGo(int cpu) {
        if (apic(cpu).isPending(LocalApicDescriptor.RESCHEDULE_VECTOR)) {
            return false;
        }
        if (askedAgain.add(cpu)) {
            apic(cpu).raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
            return false;
        }
        return true;
    }

    private LocalApic apic(int cpu) {
        return mapped.apic(cpu);
    }
}
