// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.MachineException;
import io.mkemu.boot.BootParameters;
import io.mkemu.boot.HostClock;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.RamFile;
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
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A machine that this process is the host of, in a directory of its own, and the host's own kernel. */
public final class Machine extends HostedMachine implements AutoCloseable {
    private static final long HOST_SHUTDOWN_MILLIS = 8000;

    private final MachineDirectory directory;
    private final HostLock lock;
    private final DirectoryWatch watch;
    private final Set<String> reported = ConcurrentHashMap.newKeySet();
    private volatile CpuPlan cpus;
    private volatile KernelInstance hostKernel;
    private volatile boolean panicked;
    private volatile Recorder recorder;

    private Machine(MachineDirectory directory, MachinePlan plan, HostLock lock, DirectoryWatch watch)
        throws IOException {
        super(MappedMachine.open(directory.ram()), plan);
        this.directory = directory;
        this.lock = lock;
        this.cpus = plan.cpus();
        this.watch = watch;
    }

    /**
     * Makes a machine without instances; no kernel runs yet. On failure nothing is left.
     *
     * @throws MachineException if the name is in use or the RAM does not fit
     */
    public static Machine create(MachineDirectory directory, MachinePlan plan) throws IOException {
        HostLock lock = HostLock.take(directory);
        try {
            RamFile.create(directory.ram(), plan.layout(), plan.spec().ipi(), directory.machine());
            Machine machine = new Machine(directory, plan, lock, new DirectoryWatch(directory, lock));
            machine.makeHost(Affinity.allowed());
            machine.recorder = Recorder.start(machine, directory.journal());
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

    @Override
    protected String clockParameter() {
        return HostClock.parameter();
    }

    @Override
    public void place(List<Integer> numbers, BitSet hostCpus) {
        cpus = cpus.with(physical(numbers), numbers.stream().collect(Collectors.toMap(plan().spec()::apicId,
            Function.identity())), hostCpus);
    }

    @Override
    protected void displace(List<Integer> numbers) {
        cpus = cpus.without(physical(numbers));
    }

    @Override
    protected int hostCpu(int physicalCpu) {
        return cpus.hostCpu(physicalCpu);
    }

    /**
     * Where a CPU that runs is now: as planned, or where somebody has moved it.
     *
     * @param physicalCpu one that somebody owns
     * @return its host CPU, -1 if it is pinned to none
     */
    public int presentHostCpu(int physicalCpu) {
        int says = mapped().apic(physicalCpu).hostCpu();
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
        running.forEach(cpu -> mapped().apic(cpu).sharesCore(now.isShared(cpu)));
        return now.overcommitment();
    }

    /**
     * Boots the host's own kernel in this process: instance 0.
     *
     * @param panics told why it cannot go on, if so
     */
    public void bootHost(List<KernelModule> modules, Consumer<String> panics) {
        InstanceEntry entry = mapped().instances().entry(0);
        entry.pid(ProcessHandle.current().pid());
        recorder.hostBegins();
        BootParameters parameters = BootParameters.parse(entry.cmdline());
        KernelInstance kernel = new KernelInstance(mapped(), 0, parameters, entry.ipiArea(), RecordingHook::new);
        hostKernel = kernel;
        kernel.onPanic(reason -> {
            panicked = true;
            panics.accept("the host's kernel: " + reason);
            while (true) {
                /* Its CPU stands still: the end of the process is all that it can expect. */
                LockSupport.park();
            }
        });
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
        if (panicked) {
            /* Its boot CPU, which would end the modules, stands still for good. */
            return true;
        }
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

    @Override
    public void say(LogLevel level, String line) {
        KernelInstance kernel = hostKernel;
        if (kernel != null) {
            kernel.printk(level, line);
        } else {
            new KernelLog(mapped().memory(), 0).append(level.ordinal(), -1, line);
        }
    }

    /**
     * Says a fault in the host's kernel log, and on stderr, which is host.out of a host in the background. The same one
     * is said once.
     */
    @Override
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

    /** Which host CPU runs which CPU that somebody owns. */
    public CpuPlan cpus() {
        return cpus;
    }

    @Override
    public Recorder recorder() {
        return recorder;
    }

    /** What tells whether its files are still there. */
    public DirectoryWatch watch() {
        return watch;
    }

    @Override
    public String name() {
        return directory.machine();
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
