// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.BootParameters;
import io.mkemu.boot.InstanceDescriptor;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceEntry.Region;
import io.mkemu.boot.InstanceState;
import io.mkemu.boot.MachineDirectory;
import io.mkemu.boot.dt.InstanceSpec;
import io.mkemu.cpu.LocalApic;
import io.mkemu.ipi.IpiAreas;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.Pages;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.RamFile;
import io.mkemu.module.KernelModule;
import java.io.IOException;
import java.util.List;

/** A machine that this process is the host of: its RAM with all its tables, and the host's own kernel. */
public final class Machine implements AutoCloseable {
    private static final String HOST_NAME = "host";
    private static final long HOST_SHUTDOWN_MILLIS = 2000;

    private final MachineDirectory directory;
    private final MachinePlan plan;
    private final HostLife life;
    private final PhysicalMemory memory;
    private final MultikernelPool multikernelPool;
    private final IpiAreas ipiAreas;
    private KernelInstance hostKernel;

    private Machine(MachineDirectory directory, MachinePlan plan, HostLife life) throws IOException {
        this.directory = directory;
        this.plan = plan;
        this.life = life;
        RamFile.create(directory.ram(), plan.layout(), plan.spec().ipi(), directory.machine());
        this.memory = PhysicalMemory.open(directory.ram());
        this.ipiAreas = new IpiAreas(memory);
        this.multikernelPool = MultikernelPool.format(memory);
    }

    /**
     * Makes a machine with all the instances of the plan, loaded; no kernel runs yet. On failure nothing is left.
     *
     * @throws MachineException if the name is in use or the RAM does not fit
     */
    public static Machine create(MachineDirectory directory, MachinePlan plan) throws IOException {
        HostLife life = HostLife.take(directory);
        try {
            Machine machine = new Machine(directory, plan, life);
            machine.reserve();
            return machine;
        } catch (IOException | RuntimeException | Error fault) {
            try {
                life.close();
            } catch (IOException alsoFailed) {
                fault.addSuppressed(alsoFailed);
            }
            throw fault;
        }
    }

    private void reserve() {
        for (int cpu = 0; cpu < plan.layout().nrCpus(); cpu++) {
            LocalApic.of(memory, cpu).configure(-1, false, -1, cpu);
        }
        reserve(0, HOST_NAME, List.of(plan.hostCpu()),
            List.of(new Region(plan.layout().hostAt(), plan.layout().hostSize())), plan.spec().host().bootargs());
        for (InstanceSpec instance : plan.spec().instances()) {
            List<Region> regions = multikernelPool.createInstancePool(instance.memoryBytes(), Pages.PAGE_SHIFT);
            if (regions.isEmpty()) {
                throw new MachineException(ExitCode.RESOURCES, "no " + instance.memoryBytes() + " bytes in "
                    + InstanceDescriptor.MAX_REGIONS + " pieces or fewer are left in the multikernel pool for instance "
                    + instance.name() + ": give it less memory-bytes, or the machine more");
            }
            reserve(instance.id(), instance.name(), instance.cpus(), regions, instance.bootargs());
        }
    }

    /** Gives an instance its CPUs, its pool and its IPI area: mk_instance_ipi_create. It is loaded then. */
    private void reserve(int id, String name, List<Integer> cpus, List<Region> regions, String bootargs) {
        InstanceEntry entry = memory.instances().entry(id);
        entry.name(name);
        entry.cpus(cpus.stream().mapToInt(plan.spec()::apicId).toArray());
        entry.regions(regions);
        for (int cpu : cpus) {
            int physical = plan.spec().apicId(cpu);
            LocalApic apic = LocalApic.of(memory, physical);
            apic.reset();
            apic.configure(plan.cpus().hostCpu(physical), plan.cpus().isShared(physical), id, cpu);
        }
        InstancePool.format(memory, entry.regions()).close();
        int created = ipiAreas.create(id);
        if (created != 0) {
            throw new MachineException(ExitCode.RESOURCES, "pool of instance " + name + " cannot hold its IPI buffer: "
                + Errno.name(created));
        }
        entry.cmdline((bootargs + " mk_ipi_shared=0x" + Long.toHexString(ipiAreas.get(id)) + " mk_epoch=0x"
            + Long.toHexString(memory.epoch())).strip());
        entry.newEpoch(InstanceState.LOADED);
    }

    /** Boots the host's own kernel in this process: instance 0. */
    public void bootHost(List<KernelModule> modules) {
        InstanceEntry entry = memory.instances().entry(0);
        entry.pid(ProcessHandle.current().pid());
        BootParameters parameters = BootParameters.parse(entry.cmdline());
        hostKernel = new KernelInstance(memory, 0, parameters, entry.ipiArea());
        hostKernel.bringUpCpus();
        hostKernel.start(modules);
    }

    /**
     * Lets the host's modules exit and parks its CPU.
     *
     * @return false if a module hangs; the host's memory stays mapped then, because its CPU still runs
     */
    public boolean shutDownHost() throws InterruptedException {
        if (hostKernel == null) {
            return true;
        }
        KernelInstance kernel = hostKernel;
        hostKernel = null;
        boolean inTime = kernel.shutDown(HOST_SHUTDOWN_MILLIS);
        if (inTime) {
            kernel.close();
        }
        return inTime;
    }

    /** The host's kernel, null before it is booted and after it is shut down. */
    public KernelInstance hostKernel() {
        return hostKernel;
    }

    /** The machine's RAM. */
    public PhysicalMemory memory() {
        return memory;
    }

    /** The memory that instance pools are carved from. */
    public MultikernelPool multikernelPool() {
        return multikernelPool;
    }

    /** The IPI areas of its instances. */
    public IpiAreas ipiAreas() {
        return ipiAreas;
    }

    /** What it was made from. */
    public MachinePlan plan() {
        return plan;
    }

    /** Where it lies. */
    public MachineDirectory directory() {
        return directory;
    }

    /** Removes the machine's files. Host and instances must have been shut down. */
    @Override
    public void close() throws IOException {
        life.close();
    }
}
