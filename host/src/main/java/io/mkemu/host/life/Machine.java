// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.boot.BootParameters;
import io.mkemu.boot.HostClock;
import io.mkemu.cpu.LocalApic;
import io.mkemu.ipi.IpiAreas;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.RamFile;
import io.mkemu.memory.Region;
import io.mkemu.module.KernelModule;
import io.mkemu.os.Affinity;
import io.mkemu.plan.CpuPlan;
import io.mkemu.plan.MachinePlan;
import io.mkemu.record.RecordingHook;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A machine that this process is the host of: its RAM with all its tables, and the host's own kernel. */
public final class Machine implements AutoCloseable {
    public static final String HOST_NAME = "host";
    private static final long HOST_SHUTDOWN_MILLIS = 8000;

    private final MachineDirectory directory;
    private final MachinePlan plan;
    private final HostLock lock;
    private final DirectoryWatch watch;
    private final MappedMachine mapped;
    private final MultikernelPool multikernelPool;
    private final IpiAreas ipiAreas;
    private final RfcAreaLog areaLog;
    private final Set<String> reported = ConcurrentHashMap.newKeySet();
    private volatile CpuPlan cpus;
    private volatile KernelInstance hostKernel;
    private volatile Recorder recorder;

    private Machine(MachineDirectory directory, MachinePlan plan, HostLock lock) throws IOException {
        this.directory = directory;
        this.plan = plan;
        this.lock = lock;
        this.cpus = plan.cpus();
        RamFile.create(directory.ram(), plan.layout(), plan.spec().ipi(), directory.machine());
        this.watch = new DirectoryWatch(directory, lock);
        this.mapped = MappedMachine.open(directory.ram());
        this.ipiAreas = mapped.interconnect().areas();
        this.areaLog = new RfcAreaLog(this);
        this.multikernelPool = MultikernelPool.format(mapped.memory());
    }

    /**
     * Makes a machine without instances; no kernel runs yet. On failure nothing is left.
     *
     * @throws MachineException if the name is in use or the RAM does not fit
     */
    public static Machine create(MachineDirectory directory, MachinePlan plan) throws IOException {
        HostLock lock = HostLock.take(directory);
        try {
            Machine machine = new Machine(directory, plan, lock);
            machine.makeHost();
            machine.recorder = Recorder.start(machine);
            return machine;
        } catch (IOException | RuntimeException | Error fault) {
            try {
                lock.close();
            } catch (IOException alsoFailed) {
                fault.addSuppressed(alsoFailed);
            }
            throw fault;
        }
    }

    private void makeHost() {
        for (int cpu = 0; cpu < plan.layout().nrCpus(); cpu++) {
            mapped.apic(cpu).configure(-1, false, -1, cpu);
        }
        InstanceEntry entry = mapped.instances().entry(0);
        entry.name(HOST_NAME);
        entry.regions(List.of(new Region(plan.layout().hostAt(), plan.layout().hostSize())));
        assign(0, List.of(plan.hostCpu()), Affinity.allowed());
        InstancePool.format(mapped.memory(), entry.regions()).close();
        createIpiArea(entry);
        entry.cmdline(cmdline(entry, plan.spec().host().bootargs()));
        entry.newLife(InstanceState.LOADED);
    }

    /** The boot parameters of the life that an instance begins now: the user's, and what only the host knows. */
    public String cmdline(InstanceEntry entry, String bootargs) {
        return (bootargs + " mk_ipi_shared=0x" + Long.toHexString(ipiAreas.get(entry.id())) + " mk_epoch=0x"
            + Long.toHexString(mapped.memory().epoch()) + " mk_life=" + (entry.life() + 1)
            + (plan.spec().ipiLog() ? " mk_ipi_log=rfc" : "") + HostClock.parameter()).strip();
    }

    /**
     * mk_instance_ipi_create.
     *
     * @throws MachineException if the instance's pool cannot hold the area
     */
    public void createIpiArea(InstanceEntry entry) {
        int created = ipiAreas.create(entry.id());
        areaLog.created(entry, created);
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
    public void assign(int instanceId, List<Integer> numbers, BitSet hostCpus) {
        place(numbers, hostCpus);
        mapped.instances().entry(instanceId).cpus(numbers.stream().mapToInt(plan.spec()::apicId).toArray());
        for (int cpu : numbers) {
            int physical = plan.spec().apicId(cpu);
            LocalApic apic = mapped.apic(physical);
            apic.reset();
            apic.configure(cpus.hostCpu(physical), apic.sharesCore(), instanceId, cpu);
        }
    }

    /**
     * Plans where CPUs run; nobody is told yet.
     *
     * @param hostCpus that their process may use
     */
    public void place(List<Integer> numbers, BitSet hostCpus) {
        cpus = cpus.with(physical(numbers), numbers.stream().collect(Collectors.toMap(plan.spec()::apicId,
            Function.identity())), hostCpus);
    }

    /** Takes CPUs back from an instance: nobody owns them now. */
    public void unassign(List<Integer> numbers) {
        for (int cpu : numbers) {
            LocalApic apic = mapped.apic(plan.spec().apicId(cpu));
            apic.reset();
            apic.configure(-1, false, -1, cpu);
        }
        cpus = cpus.without(physical(numbers));
    }

    /** The physical ids of CPUs that a tree or a user names by their numbers. */
    public List<Integer> physical(List<Integer> numbers) {
        return numbers.stream().map(plan.spec()::apicId).toList();
    }

    /**
     * Where a CPU that runs is now: as planned, or where somebody has moved it.
     *
     * @param physicalCpu one that somebody owns
     * @return its host CPU, -1 if it is pinned to none
     */
    public int presentHostCpu(int physicalCpu) {
        int says = mapped.apic(physicalCpu).hostCpu();
        return says >= 0 && says < Affinity.MAX_HOST_CPUS ? says : -1;
    }

    /**
     * Tells the CPUs that run which of them share a host CPU.
     *
     * @param running physical CPUs
     * @param moved   where those of them are that somebody has moved
     * @return one line that says who does, or null if nobody does
     */
    public String shareCores(Collection<Integer> running, Map<Integer, Integer> moved) {
        CpuPlan now = cpus.only(running).moved(moved);
        running.forEach(cpu -> mapped.apic(cpu).sharesCore(now.isShared(cpu)));
        return now.overcommitment();
    }

    /** Boots the host's own kernel in this process: instance 0. */
    public void bootHost(List<KernelModule> modules) {
        InstanceEntry entry = mapped.instances().entry(0);
        entry.pid(ProcessHandle.current().pid());
        recorder.hostBegins();
        BootParameters parameters = BootParameters.parse(entry.cmdline());
        KernelInstance kernel = new KernelInstance(mapped, 0, parameters, entry.ipiArea(), RecordingHook::new);
        hostKernel = kernel;
        kernel.bringUpCpus();
        kernel.start(modules);
    }

    /**
     * Lets the host's modules exit and parks its CPU, and ends the recording: no kernel runs any more.
     *
     * @return false if a module hangs; the host's memory stays mapped then, because its CPU still runs
     */
    public boolean shutDownHost() throws InterruptedException {
        try {
            return shutDownKernel();
        } finally {
            recorder.close();
        }
    }

    private boolean shutDownKernel() throws InterruptedException {
        KernelInstance kernel = hostKernel;
        if (kernel == null) {
            return true;
        }
        hostKernel = null;
        boolean inTime = kernel.shutDown(HOST_SHUTDOWN_MILLIS);
        if (inTime) {
            kernel.close();
        }
        return inTime;
    }

    /** The host's kernel, null before it is booted and after it is shut down. Any thread. */
    public KernelInstance hostKernel() {
        return hostKernel;
    }

    /** Says something in the host's kernel log, whether or not its kernel runs. */
    public void say(LogLevel level, String line) {
        KernelInstance kernel = hostKernel;
        if (kernel != null) {
            kernel.printk(level, line);
        } else {
            new KernelLog(mapped.memory(), 0).append(level.ordinal(), -1, line);
        }
    }

    /**
     * Says a fault of this process wherever it can be said: in the host's kernel log, and on stderr, which is host.out
     * of a host in the background. The same one is said once. Throws nothing.
     *
     * @param where it was met
     */
    public void report(String where, Throwable fault) {
        try {
            if (!reported.add(where + fault)) {
                return;
            }
            String line = "mkemu: fault of mkemu, please report it: " + where + ": " + fault;
            System.err.println(line);
            fault.printStackTrace();
            say(LogLevel.ERR, line);
        } catch (RuntimeException | Error alsoFailed) {
            /* The last resort has failed too: no memory for the line, or the log's RAM is gone. What is left: */
            System.err.println(alsoFailed.getClass());
        }
    }

    /** Wakes everybody who waits for something to happen. Throws nothing: in RAM that is gone nobody can be woken. */
    public void raiseEvent() {
        try {
            mapped.memory().raiseEvent();
        } catch (RuntimeException | Error fault) {
            report("the machine's event word", fault);
        }
    }

    /** The machine as this process has it mapped. */
    public MappedMachine mapped() {
        return mapped;
    }

    /** The machine's RAM. */
    public PhysicalMemory memory() {
        return mapped.memory();
    }

    /** The memory that instance pools are carved from. */
    public MultikernelPool multikernelPool() {
        return multikernelPool;
    }

    /** What the RFC's code says of these areas. */
    RfcAreaLog areaLog() {
        return areaLog;
    }

    /** The IPI areas of its instances. */
    public IpiAreas ipiAreas() {
        return ipiAreas;
    }

    /** What it was made from; instances come and go after that. */
    public MachinePlan plan() {
        return plan;
    }

    /** Which host CPU runs which CPU that somebody owns. */
    public CpuPlan cpus() {
        return cpus;
    }

    /** What tells its journal, if it has one. */
    public Recorder recorder() {
        return recorder;
    }

    /** What tells whether its files are still there. */
    public DirectoryWatch watch() {
        return watch;
    }

    /** Where it lies. */
    public MachineDirectory directory() {
        return directory;
    }

    /** This process ends with the machine: whoever waits for the end of the one waits for the end of the other. */
    public void endsWithProcess() {
        lock.lastsUntilExit();
    }

    /** Removes the machine's files. Host and instances must have been shut down. */
    @Override
    public void close() throws IOException {
        try {
            recorder.close();
        } finally {
            lock.close();
        }
    }
}
