// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.RamLayout;
import io.mkemu.cpu.LocalApic;
import io.mkemu.cpu.LocalApics;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.InstanceTable;
import io.mkemu.trace.TraceWriter;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * What connects the CPUs of a machine: makes the senders and receivers of their IPIs, and the IPI areas that these
 * use. An IPI area is mk_shared_data in the RFC: the host makes it, its owner and every sender map it. Thread-safe.
 */
public final class Interconnect {
    private final PhysicalMemory memory;
    private final LocalApics apics;
    private final InstanceTable instances;
    private final MailboxFactory mailbox;

    /** The interconnect of a machine. */
    public Interconnect(PhysicalMemory memory, LocalApics apics, InstanceTable instances) {
        this.memory = memory;
        this.apics = apics;
        this.instances = instances;
        this.mailbox = MailboxFactory.of(memory.ipiMode());
    }

    PhysicalMemory memory() {
        return memory;
    }

    LocalApics apics() {
        return apics;
    }

    InstanceTable instances() {
        return instances;
    }

    /** What the areas of this machine are made by. */
    public MailboxFactory mailbox() {
        return mailbox;
    }

    /** A sender for the CPU of a local APIC, with a trace ring of its own; what it finds damaged it only counts. */
    public IpiSender sender(LocalApic apic) {
        return sender(apic, new TraceWriter(memory, apic.physicalCpu()), damage -> { }, unavailable -> { });
    }

    /**
     * A sender for the CPU of a local APIC.
     *
     * @param trace     the CPU's trace ring
     * @param anomalies takes one line for each thing that is found damaged in the tables, on the sender's thread; the
     *                  count is the local APIC's
     * @param noArea    takes the target of each send that is refused with -ENODEV, on the sender's thread
     */
    public IpiSender sender(LocalApic apic, TraceWriter trace, Consumer<String> anomalies, IntConsumer noArea) {
        return new IpiSender(this, apic, trace, anomalies, noArea);
    }

    /**
     * The receiving end of a CPU.
     *
     * @param area       its instance's IPI area, see {@link #mapArea}
     * @param logicalCpu index of the CPU in its instance
     * @param polling    whether this CPU may ever poll: false with idle=halt
     * @param dispatcher takes what arrives, on the CPU\'s thread
     */
    public IpiReceiver receiver(Window area, LocalApic apic, int logicalCpu, boolean polling,
        IpiDispatcher dispatcher) {
        return mailbox.receiver(area.buffer(), memory.layout(), apic, logicalCpu, polling, dispatcher,
            instances);
    }

    /** Makes and takes away the areas. */
    public IpiAreas areas() {
        return new IpiAreas(this);
    }

    /** Bytes of the area of an instance with so many possible CPUs, whole pages. */
    public long areaLength(int cpus) {
        return mailbox.areaLength(memory.layout(), cpus);
    }

    /**
     * Bytes of the area of an instance of a machine that is not made yet, whole pages.
     *
     * @param cpus possible ones of the instance
     */
    public static long areaLength(IpiMode mode, RamLayout layout, int cpus) {
        return MailboxFactory.of(mode).areaLength(layout, cpus);
    }

    /** Zeroes an area and makes it an empty one. To be done before it is published. */
    public void formatArea(long address, int cpus) {
        try (Window window = memory.map(address, areaLength(cpus))) {
            window.buffer().setMemory(0, window.buffer().capacity(), (byte) 0);
            mailbox.format(window.buffer(), memory.layout(), cpus);
        }
    }

    /**
     * Maps an instance's area and holds it against this machine's layout.
     *
     * @throws MachineException if the area was made for another layout or does not lie in its owner's pool
     */
    public Window mapArea(InstanceEntry owner, long address) {
        int cpus = owner.possibleCpus();
        long length = areaLength(cpus);
        if (!InstancePool.owns(owner.regions(), address, length)) {
            throw new MachineException(ExitCode.MACHINE, "IPI area of instance " + owner.id() + " at 0x"
                + Long.toHexString(address) + "+" + length
                + " is outside its pool (-ENOMEM); mk_ipi_shared= must be the address that the host gave");
        }
        Window window = memory.map(address, length);
        String problem = mailbox.problem(window.buffer(), memory.layout(), cpus);
        if (problem != null) {
            window.close();
            throw new MachineException(ExitCode.MACHINE, "IPI area of instance " + owner.id() + " at 0x"
                + Long.toHexString(address) + " " + problem + "; rebuild both sides from one mkemu");
        }
        return window;
    }
}
