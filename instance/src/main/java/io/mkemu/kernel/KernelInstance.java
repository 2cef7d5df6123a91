// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.TraceEvent;
import io.mkemu.boot.BootParameters;
import io.mkemu.cpu.IdlePolicy;
import io.mkemu.cpu.LocalApic;
import io.mkemu.event.KernelConsole;
import io.mkemu.hotplug.CpuListeners;
import io.mkemu.hotplug.MemoryListeners;
import io.mkemu.hotplug.MemoryPlug;
import io.mkemu.hotplug.ResourceServer;
import io.mkemu.ipi.IpiReceiver;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.log.RateLimit;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;
import io.mkemu.message.ResourceMessage;
import io.mkemu.module.KernelModule;
import io.mkemu.os.Affinity;
import io.mkemu.proc.ProcFiles;
import io.mkemu.table.InstanceEntry;
import io.mkemu.trace.TraceControl;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A kernel: one instance's CPUs, handlers, memory pool, log and modules. The same in a spawned process and in the
 * host's.
 */
public final class KernelInstance implements AutoCloseable {
    private static final int PARK_MILLIS = 2000;

    private final MappedMachine machine;
    private final PhysicalMemory memory;
    private final InstanceEntry entry;
    private final BootParameters parameters;
    private final InstancePool pool;
    private final Printk printk;
    private final RfcLog rfcLog;
    private final Window ipiArea;
    private final CpuPlug.Table cpus;
    private final String idle;
    private volatile boolean ending;
    private final HandlerRegistry handlers;
    private final AtomicWatch atomicWatch;
    private volatile KernelWatch watch;
    private final PageSharing pages;
    private final KernelHook hook;
    private final ModuleList modules;
    private final KernelConsole console;
    private final ProcFiles proc;
    private final ResourceServer resources;
    private final CpuListeners cpuListeners = new CpuListeners(() -> Cpu.current() == cpu(0));
    private final MemoryListeners memoryListeners;
    private final RateLimit unhandled;
    private final RateLimit damagedMessages;
    private final RateLimit damagedTables;
    private final RateLimit cpuFaults;
    private volatile Consumer<String> panics = reason -> {
        throw new IllegalStateException(reason);
    };

    /**
     * Maps what the kernel needs; no thread runs yet. Nothing stands between it and its modules.
     *
     * @param ipiArea physical address of its IPI area: mk_ipi_shared
     * @throws io.mkemu.MachineException if its pool or IPI area cannot be mapped
     * @throws IllegalArgumentException  if a boot parameter is wrong
     */
    public KernelInstance(MappedMachine machine, int instanceId, BootParameters parameters, long ipiArea) {
        this(machine, instanceId, parameters, ipiArea, KernelHook::none);
    }

    /**
     * As above, with a hook.
     *
     * @param hooks makes what stands between the kernel and its modules
     */
    public KernelInstance(MappedMachine machine, int instanceId, BootParameters parameters, long ipiArea,
        KernelHook.Maker hooks) {
        this(machine, instanceId, parameters, ipiArea, new Printk(new KernelLog(machine.memory(), instanceId),
            machine.platform()::nanoTime), hooks);
    }

    /** As above, for a process that has opened its kernel log already. */
    KernelInstance(MappedMachine machine, int instanceId, BootParameters parameters, long ipiArea, Printk printk,
        KernelHook.Maker hooks) {
        KernelParameter.checkAll(parameters);
        this.machine = machine;
        this.memory = machine.memory();
        this.entry = machine.instances().entry(instanceId);
        this.parameters = parameters;
        this.printk = printk;
        this.unhandled = printk.limit("mkemu: no handler");
        this.damagedMessages = printk.limit("mkemu: damaged message");
        this.damagedTables = printk.limit("mkemu: damaged table");
        this.cpuFaults = printk.limit("mkemu: fault");
        this.rfcLog = new RfcLog(parameters, machine.isQueued(), printk);
        this.pool = machine.poolOf(entry);
        this.ipiArea = mapIpiArea(ipiArea);
        int[] physical = entry.cpus();
        if (physical.length == 0) {
            throw new MachineException(ExitCode.MACHINE, "instance " + instanceId + " has no CPU below "
                + memory.layout().nrCpus() + " in its CPU set; the host must give it one");
        }
        this.cpus = new CpuPlug.Table(entry, physical, memory.layout().nrCpus());
        this.handlers = new HandlerRegistry(cpus.possible(), machine.isQueued(), machine.platform());
        this.handlers.alone(physical.length == 1);
        this.atomicWatch = new AtomicWatch(handlers, cpus::threads, printk);
        this.pages = new PageSharing(this);
        this.hook = hooks.of(new HookedKernel(this));
        this.modules = new ModuleList(this);
        this.idle = parameters.has("idle") ? parameters.get("idle") : "haltpoll";
        this.console = new KernelConsole(memory, instanceId);
        this.proc = new ProcFiles(machine, entry, modules::lines,
            () -> cpus.online().stream().flatMap(thread -> thread.cpu().tasks().lines().stream()).toList(),
            handlers::lines);
        this.resources = new ResourceServer(entry.resources(), this::acknowledge);
        this.memoryListeners = new MemoryListeners(() -> Cpu.current() == cpu(0));
        new MemoryPlug(entry, pool, memory.pageTable(), memoryListeners, this::printk).serve(resources);
        for (int logical = 0; logical < physical.length; logical++) {
            cpus.put(logical, make(logical, machine.apic(physical[logical])));
        }
    }

    /** A CPU of this kernel, and the thread that is to run it. */
    CpuThread make(int logical, LocalApic apic) {
        IdlePolicy policy = IdlePolicy.of(idle);
        CpuTrace trace = new CpuTrace(machine, entry, logical, apic.physicalCpu(), hook);
        return new CpuThread(new Cpu(this, logical, apic, ipiArea, policy.polls(), trace), policy);
    }

    /** Whether modules exit, and CPUs park, so that no more come and go. */
    boolean isEnding() {
        return ending;
    }

    private Window mapIpiArea(long address) {
        try {
            Window area = machine.interconnect().mapArea(entry, address);
            if (entry.id() != 0) {
                rfcLog.mapped(address, area.buffer().addressOffset());
            }
            return area;
        } catch (MachineException refused) {
            rfcLog.notMapped(address);
            throw refused;
        }
    }

    /**
     * Pins and starts the CPUs.
     *
     * @throws MachineException if one cannot be pinned; the message names the host CPU and those that are allowed
     */
    public void bringUpCpus() {
        for (CpuThread thread : cpus.online()) {
            try {
                thread.bringUp().join();
            } catch (CompletionException refused) {
                throw new MachineException(ExitCode.RESOURCES, "CPU " + thread.cpu().apic().physicalCpu() + ": "
                    + refused.getCause().getMessage() + "; start this kernel where that one may be used (docker run "
                    + "--cpuset-cpus), or give it other CPUs", refused);
            }
        }
        watch = new KernelWatch(new HashMap<>(Map.of(
            atomicWatch::look, "callbacks that wait are not found any more",
            modules::watch, "CPUs that hang in a module in C are not found any more",
            new AffinityWatch(cpus::threads, printk, AffinityWatch.Pins.SYSTEM)::look,
            "CPUs that somebody moves are not found any more")), printk);
        watch.start();
        new CpuPlug(this, cpuListeners).serve(resources);
        resources.begin();
        entry.bootStep(BootStep.PINNED, machine.platform().nanoTime());
    }

    /** As {@link #bringUpCpus}, for a caller that steps the CPUs itself: no thread is started. */
    void bringUpStepped() {
        cpus.online().forEach(thread -> thread.cpu().goOnline());
        resources.begin();
        entry.bootStep(BootStep.PINNED, machine.platform().nanoTime());
    }

    /**
     * Has the boot CPU initialise modules, in this order, and enter active. Returns at once: a module that hangs must
     * not hold up who would end it.
     *
     * @param loaded the modules
     */
    public void start(List<KernelModule> loaded) {
        cpus.boot().submit(() -> {
            try {
                loaded.forEach(modules::init);
                modules.tellUnknown();
            } finally {
                entry.bootStep(BootStep.ACTIVE, machine.platform().nanoTime());
                if (entry.enter(InstanceState.LOADED, InstanceState.ACTIVE)) {
                    memory.raiseEvent();
                    machine.instances().tellWatchers();
                }
            }
        });
    }

    /**
     * Lets the modules exit, newest first, and parks the CPUs.
     *
     * @param millis how long the modules may take
     * @return whether they did it in time; if not, a module hangs and its CPU goes on
     */
    public boolean shutDown(long millis) throws InterruptedException {
        ending = true;
        CountDownLatch exited = new CountDownLatch(1);
        List<Cpu> others = cpus.others();
        CountDownLatch dropped = new CountDownLatch(others.size());
        exitModules(others, exited::countDown, dropped::countDown);
        boolean inTime = exited.await(millis, TimeUnit.MILLISECONDS);
        /* The other CPUs end the tasks of the modules, unless one hangs: then it would not park either. */
        long limit = inTime ? PARK_MILLIS : 1;
        return dropped.await(limit, TimeUnit.MILLISECONDS) & park(limit) && inTime;
    }

    /**
     * Has the boot CPU let the modules exit, newest first.
     *
     * @param exited  runs on the boot CPU when all have
     * @param dropped runs then on each of the others, when nothing of them is left there
     */
    void exitModules(Runnable exited, Runnable dropped) {
        exitModules(cpus.others(), exited, dropped);
    }

    private void exitModules(List<Cpu> others, Runnable exited, Runnable dropped) {
        cpus.boot().submit(() -> {
            try {
                modules.exitAll();
            } finally {
                others.forEach(other -> other.submit(dropped));
                exited.run();
            }
        });
    }

    /**
     * Parks the CPUs as they are; no module is told.
     *
     * @param millis how long each of them may take to come out of a callback or a task
     * @return whether all are parked
     */
    public boolean park(long millis) throws InterruptedException {
        ending = true;
        boolean parked = cpus.park(millis);
        if (watch != null) {
            watch.end();
        }
        console.end();
        printk.tellAll();
        return parked;
    }

    /** Has all CPUs stand still, as far as they do within so many ms: see {@link CpuThread#standStill}. */
    public void standStill(long millis, Consumer<Boolean> meanwhile) throws InterruptedException {
        CpuThread.standStill(cpus.online(), millis, meanwhile);
    }

    /** Has each CPU but one do something, soon. */
    void onOtherCpus(Cpu mine, Consumer<Cpu> work) {
        for (CpuThread thread : cpus.online()) {
            if (thread.cpu() != mine) {
                thread.cpu().submit(() -> work.accept(thread.cpu()));
            }
        }
    }

    /** Lets a CPU look at its whole mailbox, unless the mailbox was taken away. */
    void audit(IpiReceiver receiver) {
        if (entry.ipiArea() == ipiArea.physicalAddress()) {
            receiver.audit();
        }
        resourcesRung();
        printk.tellDue();
    }

    /** The host may have asked for CPUs or memory. Any thread. */
    void resourcesRung() {
        if (resources.isAsked()) {
            cpus.boot().submit(resources::look);
        }
    }

    MemoryListeners memoryListeners() {
        return memoryListeners;
    }

    private void acknowledge(long number, int operation, int result) {
        UnsafeBuffer message = ResourceMessage.acknowledgement(number, operation, result);
        cpus.boot().sender().send(0, ResourceMessage.ACKNOWLEDGEMENT_IPI, message, 0, message.capacity());
        /* Whoever waits at the host looks at the request. The message is for those who look at messages. */
        memory.raiseEvent();
    }

    /**
     * Sends another instance's kernel a message of MK_MSG_RESOURCE, soon, and rings it: for the host. Any thread.
     *
     * @param message of {@link ResourceMessage#request}
     */
    public void askForResources(InstanceEntry asked, UnsafeBuffer message) {
        cpus.boot().submit(() -> {
            cpus.boot().sender().send(asked.id(), ResourceMessage.REQUEST_IPI, message, 0, message.capacity());
        });
    }

    /** The module object of a class that this kernel runs, or null. */
    public <T extends KernelModule> T module(Class<T> type) {
        return modules.find(type);
    }

    /** Id of the instance. */
    public int instanceId() {
        return entry.id();
    }

    /** Its entry of the instance table. */
    public InstanceEntry entry() {
        return entry;
    }

    MappedMachine machine() {
        return machine;
    }

    PhysicalMemory memory() {
        return memory;
    }

    InstancePool pool() {
        return pool;
    }

    HandlerRegistry handlers() {
        return handlers;
    }

    CpuListeners cpuListeners() {
        return cpuListeners;
    }

    PageSharing pages() {
        return pages;
    }

    KernelHook hook() {
        return hook;
    }

    BootParameters parameters() {
        return parameters;
    }

    /** What a user of this instance types to. */
    KernelConsole console() {
        return console;
    }

    /** Its /proc. */
    ProcFiles proc() {
        return proc;
    }

    ModuleList modules() {
        return modules;
    }

    /** Its CPUs. */
    CpuPlug.Table cpus() {
        return cpus;
    }

    Cpu cpu(int logicalCpu) {
        return cpus.of(logicalCpu);
    }

    Printk printk() {
        return printk;
    }

    AtomicWatch atomicWatch() {
        return atomicWatch;
    }

    RfcLog rfcLog() {
        return rfcLog;
    }

    /** Writes a line to the kernel log. Any thread. */
    public void printk(LogLevel level, String text) {
        printk.print(level, text);
    }

    /** Records what any thread of this kernel does: a ring has one writer, so what no CPU does goes by way of CPU 0. */
    void trace(TraceEvent event, long id, int arg0, int arg1) {
        trace(event, id, 0, arg0, arg1);
    }

    /** As {@link #trace(TraceEvent, long, int, int)}, of so many pages. */
    void trace(TraceEvent event, long id, int pages, int arg0, int arg1) {
        Cpu current = Cpu.current();
        if (current != null && current.kernel() == this) {
            current.trace().record(event, id, pages, arg0, arg1);
        } else if (new TraceControl(memory).records(event.from())) {
            cpus.boot().submit(() -> cpus.boot().trace().record(event, id, pages, arg0, arg1));
        }
    }

    void unhandled(MkIpiData data) {
        if (printk.pass(unhandled) > 0) {
            printk(LogLevel.WARNING, "mkemu: no handler for IPI type 0x" + Integer.toHexString(data.type())
                + " from CPU " + data.senderCpu());
        }
    }

    void anomaly(int senderCpu, MkIpiData data) {
        if (printk.pass(damagedMessages) > 0) {
            printk(LogLevel.ERR, "mkemu: damaged message in the lane of CPU " + senderCpu + " dropped (type 0x"
                + Integer.toHexString(data.type()) + ")" + (machine.isQueued()
                ? "; the lane is closed until this instance is executed again" : ""));
        }
    }

    void tableDamaged(String damage) {
        if (printk.pass(damagedTables) > 0) {
            printk(LogLevel.ERR, "mkemu: damaged table: " + damage);
        }
    }

    /** A fault of the kernel itself, on a CPU that goes on. */
    void cpuFailed(Cpu cpu, Throwable fault) {
        printk.fault(cpuFaults, () -> "mkemu: fault on CPU " + cpu.apic().physicalCpu() + ": ", fault);
    }

    void callbackFailed(HandlerRegistry.Handler handler, MkIpiData data, Throwable fault) {
        printk.fault(handler.owner().callbackFaults(), () -> handler.owner().name() + ": callback for IPI type 0x"
            + Integer.toHexString(data.type()) + " threw ", fault);
    }

    /**
     * Says what ends this kernel when it cannot go on. Before its modules are started.
     *
     * @param end takes the reason, in a line, on any thread; does not return, or throws
     */
    public void onPanic(Consumer<String> end) {
        panics = end;
    }

    /** It cannot go on. Any thread. */
    void panic(String reason) {
        panics.accept("panic: " + reason.replace('\n', ' '));
    }

    /** Pins the calling thread to the host CPU of a CPU that a thread runs. */
    void pinLike(Cpu cpu) {
        cpus.threads()[cpu.logicalCpu()].whileRunning(id -> {
            BitSet host = new BitSet();
            host.set(cpu.apic().hostCpu());
            Affinity.set(host);
        });
    }

    /** Unmaps everything. Only after {@link #shutDown}. */
    @Override
    public void close() {
        cpus.online().forEach(thread -> thread.cpu().sender().close());
        hook.close();
        ipiArea.close();
        pool.close();
    }
}
