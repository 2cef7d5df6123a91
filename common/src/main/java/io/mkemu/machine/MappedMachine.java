// SPDX-License-Identifier: Apache-2.0
package io.mkemu.machine;

import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.RamLayout;
import io.mkemu.cpu.LocalApic;
import io.mkemu.cpu.LocalApics;
import io.mkemu.ipi.Interconnect;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Platform;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.InstanceTable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A machine as one process sees it: its memory, and everything that lies in its tables. Opened once per process;
 * kernels, the host, views and tests all look through it. Thread-safe.
 */
public final class MappedMachine implements AutoCloseable {
    private final PhysicalMemory memory;
    private final LocalApics apics;
    private final InstanceTable instances;
    private final Interconnect interconnect;

    /** The machine that lies in this memory, which is closed with it. */
    public MappedMachine(PhysicalMemory memory) {
        this.memory = memory;
        this.apics = new LocalApics(memory.tables(), memory.layout(), memory.platform());
        this.instances = new InstanceTable(memory.tables(), memory.layout(), apics);
        this.interconnect = new Interconnect(memory, apics, instances);
    }

    /**
     * Maps the machine of a RAM file.
     *
     * @throws MachineException if it is not the RAM of an mkemu machine of this version; the message says which
     */
    public static MappedMachine open(Path ram) throws IOException {
        return new MappedMachine(PhysicalMemory.open(ram));
    }

    /**
     * Maps the machine of a RAM file for a tool that only looks: a write through any of its windows is a fault of the
     * process.
     *
     * @throws MachineException as {@link #open}
     */
    public static MappedMachine openReadOnly(Path ram) throws IOException {
        return new MappedMachine(PhysicalMemory.openReadOnly(ram));
    }

    /** Its RAM. */
    public PhysicalMemory memory() {
        return memory;
    }

    /** What it has besides memory: clock, random numbers, wake-ups, waits. */
    public Platform platform() {
        return memory.platform();
    }

    /** Whether its mailbox is mkemu's own; else it is the RFC's, and so are the calls around it. */
    public boolean isQueued() {
        return memory.ipiMode() == IpiMode.QUEUED;
    }

    /** Where everything in its RAM lies. */
    public RamLayout layout() {
        return memory.layout();
    }

    /** Its local APICs. */
    public LocalApics apics() {
        return apics;
    }

    /**
     * The local APIC of a CPU.
     *
     * @param physicalCpu 0 .. NR_CPUS-1
     * @throws IllegalArgumentException for another number, in one line
     */
    public LocalApic apic(int physicalCpu) {
        return apics.of(physicalCpu);
    }

    /** Its instance table. */
    public InstanceTable instances() {
        return instances;
    }

    /** What makes senders, receivers and IPI areas. */
    public Interconnect interconnect() {
        return interconnect;
    }

    /**
     * The pool of an instance that has been made.
     *
     * @throws MachineException if it has none, or what is there is damaged
     */
    public InstancePool poolOf(InstanceEntry entry) {
        return InstancePool.attach(memory, entry.id(), entry.regions());
    }

    /** Unmaps everything mapped by this object itself; windows handed out stay with their owners. */
    @Override
    public void close() throws IOException {
        memory.close();
    }
}
