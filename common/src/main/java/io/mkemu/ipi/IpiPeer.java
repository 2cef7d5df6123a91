// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cpu.LocalApic;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import java.util.Arrays;

/** One life of an instance that a CPU sends to, and the lanes into its CPUs. Used by the sending CPU's thread only. */
final class IpiPeer implements AutoCloseable {
    private final int instanceId;
    private final InstanceEntry entry;
    private final long lifeWord;
    private final long area;
    private final Window window;
    private final int[] cpus;
    private final IpiChannel[] channels;
    private final LocalApic[] apics;

    /**
     * Maps the area of that life.
     *
     * @param lifeWord as {@link InstanceEntry#lifeWord} says, with the state
     * @param cpus physical ids of the instance's CPUs, in ascending order
     * @throws MachineException if what the tables say of it does not fit together
     */
    IpiPeer(Interconnect interconnect, InstanceEntry entry, long lifeWord, long area, int[] cpus, int senderCpu) {
        this.instanceId = entry.id();
        this.entry = entry;
        this.lifeWord = lifeWord;
        this.area = area;
        this.cpus = cpus;
        this.window = interconnect.mapArea(entry, area);
        this.channels = new IpiChannel[cpus.length];
        this.apics = new LocalApic[cpus.length];
        /* A CPU that nobody owns sends without a name. */
        InstanceEntry sender = interconnect.instances().entry(interconnect.apics().instanceOfCpu(senderCpu));
        try {
            for (int logical = 0; logical < cpus.length; logical++) {
                apics[logical] = owned(interconnect.apics().of(cpus[logical]), entry);
                channels[logical] = interconnect.mailbox().channel(window.buffer(),
                    interconnect.memory().layout(), logical, apics[logical], senderCpu);
                if (sender != null) {
                    channels[logical].introduce(sender.id(), sender.life());
                }
            }
        } catch (MachineException damaged) {
            window.close();
            throw damaged;
        }
    }

    private static LocalApic owned(LocalApic apic, InstanceEntry entry) {
        if (apic.instanceId() != entry.id()) {
            throw new MachineException(ExitCode.MACHINE, "instance " + entry.id() + " names CPU "
                + apic.physicalCpu() + ", whose local APIC names instance " + apic.instanceId());
        }
        return apic;
    }

    /** Whether the instance is in the life, and in the state, in which it was connected, and has the same area. */
    boolean isCurrent() {
        return entry.lifeWord() == lifeWord && entry.ipiArea() == area;
    }

    int instanceId() {
        return instanceId;
    }

    /** The life word, with the state it had. */
    long lifeWord() {
        return lifeWord;
    }

    /** Physical address of the area. */
    long area() {
        return area;
    }

    /** Physical id of one of its CPUs. */
    int cpu(int logicalCpu) {
        return cpus[logicalCpu];
    }

    /** Logical id of the CPU with a physical one; negative if the instance does not own it. */
    int logicalCpu(int physicalCpu) {
        return Arrays.binarySearch(cpus, physicalCpu);
    }

    IpiChannel channel(int logicalCpu) {
        return channels[logicalCpu];
    }

    LocalApic apic(int logicalCpu) {
        return apics[logicalCpu];
    }

    /**
     * Why nothing more can be sent to this life.
     *
     * @return -ENODEV (no area, or another), -ESHUTDOWN (another state or life); 0 if nothing has changed
     */
    int gone() {
        long now = entry.ipiArea();
        if (now != 0 && entry.lifeWord() != lifeWord) {
            return -Errno.ESHUTDOWN;
        }
        return now == area ? 0 : -Errno.ENODEV;
    }

    /** Unmaps the area. */
    @Override
    public void close() {
        window.close();
    }
}
