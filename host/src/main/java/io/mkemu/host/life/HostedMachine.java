// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.cpu.LocalApic;
import io.mkemu.ipi.IpiAreas;
import io.mkemu.ipi.IpiBacklog;
import io.mkemu.log.LogLevel;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Region;
import io.mkemu.plan.MachinePlan;
import io.mkemu.table.InstanceEntry;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.List;

/**
 * A machine as its host keeps it: the RAM with all its tables, what instances were given of it, and who records it.
 * Where its kernels run is its subclass's business: {@link Machine} has a process for each. Under the host's lock,
 * where a method does not say otherwise.
 */
public abstract class HostedMachine {
    /** Name of instance 0. */
    public static final String HOST_NAME = "host";

    private final MachinePlan plan;
    private final MappedMachine mapped;
    private final MultikernelPool multikernelPool;
    private final IpiAreas ipiAreas;

    /**
     * A machine without instances; {@link #makeHost} makes instance 0.
     *
     * @param mapped its RAM, freshly made: the multikernel pool is formatted here
     */
    protected HostedMachine(MappedMachine mapped, MachinePlan plan) {
        this.plan = plan;
        this.mapped = mapped;
        this.ipiAreas = mapped.interconnect().areas();
        this.multikernelPool = MultikernelPool.format(mapped.memory());
    }

    /**
     * Makes instance 0, loaded, with the host's CPU and memory.
     *
     * @param hostCpus that its process may use
     */
    protected final void makeHost(BitSet hostCpus) {
        for (int cpu = 0; cpu < plan.layout().nrCpus(); cpu++) {
            mapped.apic(cpu).configure(-1, false, -1, cpu);
        }
        InstanceEntry entry = mapped.instances().entry(0);
        entry.name(HOST_NAME);
        entry.regions(List.of(new Region(plan.layout().hostAt(), plan.layout().hostSize())));
        assign(0, List.of(plan.hostCpu()), hostCpus);
        InstancePool.format(mapped.memory(), entry.regions()).close();
        createIpiArea(entry);
        entry.cmdline(cmdline(entry, plan.spec().host().bootargs()));
        entry.newLife(InstanceState.LOADED);
    }

    /** The boot parameters of the life that an instance begins now: the user's, and what only the host knows. */
    public final String cmdline(InstanceEntry entry, String bootargs) {
        return (bootargs + " mk_ipi_shared=0x" + Long.toHexString(ipiAreas.get(entry.id())) + " mk_epoch=0x"
            + Long.toHexString(mapped.memory().epoch()) + " mk_life=" + (entry.life() + 1)
            + (plan.spec().ipiLog() ? " mk_ipi_log=rfc" : "") + clockParameter()).strip();
    }

    /** What the boot parameters say of the host's clock: a blank and the parameter, or nothing. */
    protected abstract String clockParameter();

    /**
     * mk_instance_ipi_create.
     *
     * @throws MachineException if the instance's pool cannot hold the area
     */
    public final void createIpiArea(InstanceEntry entry) {
        createIpiArea(entry, entry.cpus().length);
    }

    /**
     * As above, with room for further CPUs if its pool has room for that.
     *
     * @param possible how many CPUs it may have at once
     */
    final void createIpiArea(InstanceEntry entry, int possible) {
        int created = ipiAreas.create(entry.id(), possible);
        if (created == -Errno.ENOMEM) {
            created = ipiAreas.create(entry.id());
        }
        areaLog().created(entry, created);
        if (created != 0) {
            throw new MachineException(ExitCode.RESOURCES, "pool of instance " + entry.name()
                + " cannot hold its IPI area: " + Errno.name(created) + "; give it more memory");
        }
    }

    /**
     * Gives CPUs to an instance: their local APICs are as after a reset, and pinned where the plan wants them.
     *
     * @param hostCpus that its process may use
     */
    public final void assign(int instanceId, List<Integer> numbers, BitSet hostCpus) {
        place(numbers, hostCpus);
        mapped.instances().entry(instanceId).cpus(numbers.stream().mapToInt(plan.spec()::apicId).toArray());
        for (int cpu : numbers) {
            assign(instanceId, cpu);
        }
        mapped.apics().number(physical(numbers).stream().mapToInt(Integer::intValue).toArray());
    }

    private LocalApic assign(int instanceId, int number) {
        LocalApic apic = mapped.apic(plan.spec().apicId(number));
        apic.reset();
        apic.configure(hostCpu(apic.physicalCpu()), apic.sharesCore(), instanceId, number);
        return apic;
    }

    /**
     * Gives a further CPU to an instance whose kernel runs: as {@link #assign(int, List, BitSet)}, but that nobody
     * finds it in the CPU set yet.
     *
     * @param logicalCpu that no other CPU of it has, below its possible CPUs
     */
    final void assignFurther(InstanceEntry entry, int number, int logicalCpu, BitSet hostCpus) {
        place(List.of(number), hostCpus);
        LocalApic apic = assign(entry.id(), number);
        apic.logicalCpu(logicalCpu);
        apic.consumedBefore(IpiBacklog.consumed(mapped.interconnect(), entry, logicalCpu));
    }

    /** Takes CPUs back from an instance: nobody owns them now. */
    public final void unassign(List<Integer> numbers) {
        for (int cpu : numbers) {
            LocalApic apic = mapped.apic(plan.spec().apicId(cpu));
            apic.reset();
            apic.configure(-1, false, -1, cpu);
        }
        displace(numbers);
    }

    /**
     * Plans where CPUs run; nobody is told yet.
     *
     * @param hostCpus that their process may use
     */
    public abstract void place(List<Integer> numbers, BitSet hostCpus);

    /** These CPUs run nowhere any more. */
    protected abstract void displace(List<Integer> numbers);

    /** The host CPU that a CPU is planned on, -1 for none. */
    protected abstract int hostCpu(int physicalCpu);

    /** The physical ids of CPUs that a tree or a user names by their numbers. */
    public final List<Integer> physical(List<Integer> numbers) {
        return numbers.stream().map(plan.spec()::apicId).toList();
    }

    /** Says something in the host's kernel log, whether or not its kernel runs. */
    public abstract void say(LogLevel level, String line);

    /**
     * Says a fault of this process wherever it can be said. Throws nothing.
     *
     * @param where it was met
     */
    public abstract void report(String where, Throwable fault);

    /** Wakes everybody who waits for something to happen. Throws nothing: in RAM that is gone nobody can be woken. */
    public final void raiseEvent() {
        try {
            mapped.memory().raiseEvent();
        } catch (RuntimeException | Error fault) {
            report("the machine's event word", fault);
        }
    }

    /** The machine as this process has it mapped. */
    public final MappedMachine mapped() {
        return mapped;
    }

    /** The machine's RAM. */
    public final PhysicalMemory memory() {
        return mapped.memory();
    }

    /** The memory that instance pools are carved from. */
    public final MultikernelPool multikernelPool() {
        return multikernelPool;
    }

    /** What the RFC's code says of these areas. */
    final RfcAreaLog areaLog() {
        return new RfcAreaLog(this);
    }

    /** The IPI areas of its instances. */
    public final IpiAreas ipiAreas() {
        return ipiAreas;
    }

    /** What it was made from; instances come and go after that. */
    public final MachinePlan plan() {
        return plan;
    }

    /** What tells its journal, if it has one. */
    public abstract Recorder recorder();

    /** The time of day, ns since 1970. */
    public long unixNanos() {
        return ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now());
    }

    /** How it is called. */
    public abstract String name();
}
