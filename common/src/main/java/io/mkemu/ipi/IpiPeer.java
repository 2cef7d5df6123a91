// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cpu.LocalApic;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import java.util.Arrays;

/**
 * One life of an instance that a CPU sends to, and the lanes into its CPUs, which may come and go. Used by the sending
 * CPU's thread only.
 */
final class IpiPeer implements AutoCloseable {
    private final int instanceId;
    private final InstanceEntry entry;
    private final long lifeWord;
    private final long area;
    private final Window window;
    private final Interconnect interconnect;
    private final int senderCpu;
    private final int possible;
    /* A copy of its CPU set, and what leads to each of them. Anew when the set's generation has changed. */
    private int generation;
    private int[] cpus = {};
    private int[] blocks = {};
    private IpiChannel[] channels = {};
    private LocalApic[] apics = {};

    /**
     * Maps the area of that life.
     *
     * @param lifeWord as {@link InstanceEntry#lifeWord} says, with the state
     * @throws MachineException if what the tables say of it does not fit together
     */
    IpiPeer(Interconnect interconnect, InstanceEntry entry, long lifeWord, long area, int senderCpu) {
        this.instanceId = entry.id();
        this.entry = entry;
        this.lifeWord = lifeWord;
        this.area = area;
        this.interconnect = interconnect;
        this.senderCpu = senderCpu;
        this.possible = entry.possibleCpus();
        this.window = interconnect.mapArea(entry, area);
        try {
            look();
        } catch (MachineException damaged) {
            window.close();
            throw damaged;
        }
    }

    /** Whether the instance's CPU set may have changed since it was looked at. */
    boolean isStale() {
        return entry.cpuGeneration() != generation;
    }

    /**
     * Looks at the CPU set: lanes to CPUs that it had already stay as they are. Between two sends.
     *
     * @throws MachineException if what the tables say of it does not fit together; nothing more must be sent then
     */
    void look() {
        /* Before the set: who changes it raises the generation behind that. */
        int now = entry.cpuGeneration();
        int[] set = entry.cpus();
        if (set.length == 0) {
            throw new MachineException(ExitCode.MACHINE, "instance " + instanceId + " has no CPU in its CPU set");
        }
        int[] itsBlocks = new int[set.length];
        IpiChannel[] itsChannels = new IpiChannel[set.length];
        LocalApic[] itsApics = new LocalApic[set.length];
        for (int index = 0; index < set.length; index++) {
            LocalApic apic = owned(interconnect.apics().of(set[index]));
            int known = indexOf(set[index]);
            int block = block(apic);
            itsApics[index] = apic;
            itsBlocks[index] = block;
            itsChannels[index] = known >= 0 && blocks[known] == block ? channels[known] : channel(apic, block);
        }
        cpus = set;
        blocks = itsBlocks;
        channels = itsChannels;
        apics = itsApics;
        generation = now;
    }

    private IpiChannel channel(LocalApic target, int block) {
        IpiChannel channel = interconnect.mailbox().channel(window.buffer(), interconnect.memory().layout(), block,
            target, senderCpu);
        /* A CPU that nobody owns sends without a name. */
        InstanceEntry sender = interconnect.instances().entry(interconnect.apics().instanceOfCpu(senderCpu));
        if (sender != null) {
            channel.introduce(sender.id(), sender.life());
        }
        return channel;
    }

    private int block(LocalApic apic) {
        int block = apic.logicalCpu();
        if (block < 0 || block >= possible) {
            throw new MachineException(ExitCode.MACHINE, "local APIC of CPU " + apic.physicalCpu()
                + " is damaged: logical CPU " + block + " of instance " + instanceId + " is not in 0.."
                + (possible - 1));
        }
        return block;
    }

    private LocalApic owned(LocalApic apic) {
        if (apic.instanceId() != instanceId) {
            throw new MachineException(ExitCode.MACHINE, "instance " + instanceId + " names CPU "
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
    int cpu(int index) {
        return cpus[index];
    }

    /** Index of the CPU with a physical id; negative if the instance did not own it when it was looked at. */
    int indexOf(int physicalCpu) {
        return Arrays.binarySearch(cpus, physicalCpu);
    }

    IpiChannel channel(int index) {
        return channels[index];
    }

    LocalApic apic(int index) {
        return apics[index];
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
