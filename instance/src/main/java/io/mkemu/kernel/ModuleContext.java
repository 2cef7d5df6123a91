// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceEvent;
import io.mkemu.console.Console;
import io.mkemu.console.ConsoleHandler;
import io.mkemu.event.EventOwner;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.log.RateLimit;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.Window;
import io.mkemu.module.CpuListener;
import io.mkemu.module.Instance;
import io.mkemu.module.InstanceListener;
import io.mkemu.module.InstanceWatch;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.LentCpu;
import io.mkemu.module.MemoryListener;
import io.mkemu.module.PageRange;
import io.mkemu.module.ResourceWatch;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import io.mkemu.module.Timer;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.InstanceTable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The kernel as one module sees it: its calls, with the module's name on what it logs and registers. */
final class ModuleContext implements Kernel, EventOwner {
    private final KernelInstance kernel;
    private final InstanceTable instances;
    private final KernelModule module;
    private final String name;
    private final String logPrefix;
    private final Map<String, String> parameters;
    private final RateLimit[] levels = new RateLimit[LogLevel.values().length];
    private final RateLimit callbackFaults;
    private final RateLimit taskFaults;
    private final RateLimit workFaults;
    private final RateLimit timerFaults;
    private final RateLimit noticeFaults;
    private volatile boolean ended;

    ModuleContext(KernelInstance kernel, KernelModule module) {
        this.kernel = kernel;
        this.instances = kernel.machine().instances();
        this.module = module;
        this.name = module.name();
        this.logPrefix = module.logPrefix();
        this.parameters = kernel.parameters().forModule(name);
        for (LogLevel level : LogLevel.values()) {
            levels[level.ordinal()] = kernel.printk().limit(name + " (" + level.label() + ")");
        }
        this.callbackFaults = kernel.printk().limit(name + ": callback");
        this.taskFaults = kernel.printk().limit(name + ": task");
        this.workFaults = kernel.printk().limit(name + ": work");
        this.timerFaults = kernel.printk().limit(name + ": timer");
        this.noticeFaults = kernel.printk().limit(name + ": instance listener");
    }

    KernelModule module() {
        return module;
    }

    @Override
    public String name() {
        return name;
    }

    /** Limits what is said about this module's callbacks that throw. */
    RateLimit callbackFaults() {
        return callbackFaults;
    }

    /**
     * Ends what the module registered and started, on all CPUs: on those that run already what it started, after what
     * they do now. What it asks for from now on is refused. On the boot CPU.
     */
    void drop() {
        ended = true;
        Cpu mine = Cpu.current();
        try {
            kernel.handlers().unregisterAll(this, mine.logicalCpu());
        } finally {
            kernel.cpuListeners().removeAll(this);
            endOn(mine);
            kernel.onOtherCpus(mine, this::endOn);
        }
    }

    private void endOn(Cpu cpu) {
        kernel.memoryListeners().removeAll(this);
        cpu.watches().removeAll(this);
        cpu.timers().removeAll(this);
        cpu.tasks().removeAll(this);
        kernel.console().close(this);
    }

    @Override
    public void requireLife() {
        if (ended) {
            throw new IllegalStateException("module " + name + " has ended, or its init failed; it can start nothing");
        }
    }

    /** The caller's CPU; what a module does from a thread of its own would corrupt a single-producer lane. */
    private Cpu cpu() {
        Cpu cpu = Cpu.current();
        if (cpu == null || cpu.kernel() != kernel) {
            throw new IllegalStateException("module " + name + " called its kernel from thread \""
                + Thread.currentThread().getName() + "\", which is none of its CPUs; use Kernel.runOnCpu");
        }
        return cpu;
    }

    @Override
    public int instanceId() {
        return kernel.instanceId();
    }

    @Override
    public String instanceName() {
        return kernel.entry().name();
    }

    @Override
    public int smpProcessorId() {
        return cpu().logicalCpu();
    }

    @Override
    public int physicalCpuId() {
        return cpu().apic().physicalCpu();
    }

    @Override
    public List<Instance> instances() {
        return IntStream.range(0, InstanceDescriptor.MAX_INSTANCES).mapToObj(this::findInstance)
            .filter(Objects::nonNull).toList();
    }

    @Override
    public Instance findInstance(int instanceId) {
        InstanceEntry entry = instances.find(instanceId);
        if (entry == null) {
            return null;
        }
        long word = entry.lifeWord();
        return new Instance(instanceId, entry.name(), InstanceEntry.lifeOf(word), InstanceEntry.stateOf(word),
            IntStream.of(entry.cpus()).boxed().toList());
    }

    @Override
    public boolean isActive(int instanceId) {
        InstanceEntry entry = instances.entry(instanceId);
        return entry != null && entry.state() == InstanceState.ACTIVE;
    }

    @Override
    public long life(int instanceId) {
        InstanceEntry entry = instances.entry(instanceId);
        return entry == null ? 0 : entry.life();
    }

    @Override
    public int instanceOfCpu(int senderCpu) {
        return instances.ownerOf(senderCpu);
    }

    @Override
    public int sendIpiData(int instanceId, DirectBuffer data, int offset, int size, int type) {
        return cpu().sender().send(instanceId, type, data, offset, size);
    }

    @Override
    public int sendIpiData(int instanceId, byte[] data, int type) {
        Cpu cpu = cpu();
        UnsafeBuffer view = cpu.arrayView();
        view.wrap(data);
        return cpu.sender().send(instanceId, type, view, 0, data.length);
    }

    @Override
    public int sendIpiDataToCpu(int instanceId, int physicalCpu, DirectBuffer data, int offset, int size, int type) {
        return cpu().sender().sendToCpu(instanceId, physicalCpu, type, data, offset, size);
    }

    @Override
    public int sendIpiDataLongType(int instanceId, DirectBuffer data, int offset, int size, long type) {
        return cpu().sender().sendLongType(instanceId, type, data, offset, size);
    }

    @Override
    public int sendIpiDataTimeout(int instanceId, DirectBuffer data, int offset, int size, int type, long nanos) {
        return cpu().sender().sendTimeout(instanceId, type, data, offset, size, nanos);
    }

    @Override
    public IpiHandler registerHandler(IpiCallback callback, Object context, int type) {
        return callback == null ? null : kernel.handlers().register(callback, context, type, this);
    }

    @Override
    public int unregisterHandler(IpiHandler handler) {
        if (handler == null) {
            return 0;
        }
        if (!(handler instanceof HandlerRegistry.Handler ours)) {
            return -Errno.ENOENT;
        }
        Cpu cpu = cpu();
        return kernel.handlers().unregister(ours, cpu.logicalCpu(), cpu.delivery().messages().isPending(ours));
    }

    @Override
    public int sendPfn(int instanceId, long pfn) {
        return kernel.pages().send(cpu().sender(), instanceId, pfn);
    }

    @Override
    public int revokePfn(int instanceId, long pfn) {
        return kernel.pages().revoke(instanceId, pfn, 1);
    }

    @Override
    public int sendPages(int instanceId, long pfn, long pages, long tag) {
        return kernel.pages().send(cpu().sender(), instanceId, pfn, pages, tag);
    }

    @Override
    public int revokePages(int instanceId, long pfn, long pages) {
        return kernel.pages().revoke(instanceId, pfn, pages);
    }

    @Override
    public Window receiveMapPages(MkIpiData data) {
        return kernel.pages().mapAll(data);
    }

    @Override
    public long receivePfn(MkIpiData data) {
        return PageSharing.receive(data);
    }

    @Override
    public Window receiveMapPage(MkIpiData data) {
        return kernel.pages().map(data);
    }

    @Override
    public void receiveUnmapPage(Window page) {
        if (page != null) {
            page.close();
        }
    }

    @Override
    public long instanceAlloc(long size, long align) {
        long address = kernel.pool().alloc(size, align);
        kernel.trace(TraceEvent.POOL_ALLOC, address, Pages.count(size), 0);
        return address;
    }

    @Override
    public long allocPages(long pages) {
        InstancePool pool = kernel.pool();
        if (pages <= 0 || pages > Math.min(PageRange.MOST, Pages.pfn(pool.size()))) {
            return -Errno.EINVAL;
        }
        long address = instanceAlloc(Pages.address(pages), Pages.PAGE_SIZE);
        if (address == 0) {
            long free = Pages.pfn(pool.available());
            printkRatelimited(LogLevel.WARNING, "allocPages: no " + pages + " pages in a row: " + (free < pages
                ? free + " of " + Pages.pfn(pool.size()) + " are free: free some, or give the instance more memory"
                : free + " are free, but at most " + Pages.pfn(pool.largestFree()) + " in a row (fragmented): free what"
                + " lies between them, or allocate long ranges first"));
            return -Errno.ENOMEM;
        }
        return Pages.pfn(address);
    }

    @Override
    public int instanceFree(long address, long size) {
        int result = kernel.pool().free(address, size);
        kernel.trace(TraceEvent.POOL_FREE, address, Pages.count(size), -result);
        return result;
    }

    @Override
    public Window memremap(long address, long size) {
        Window window = kernel.pool().window(address, size);
        if (window == null) {
            throw new MachineException(ExitCode.MODULE, "memremap 0x" + Long.toHexString(address) + "+" + size
                + " is outside the memory of instance " + kernel.instanceId() + "; map what instanceAlloc returned");
        }
        return window;
    }

    @Override
    public void printk(LogLevel level, String text) {
        kernel.printk(level, logPrefix + text);
    }

    @Override
    public void printkRatelimited(LogLevel level, String text) {
        RateLimit limit = levels[level.ordinal()];
        if (kernel.printk().pass(limit) > 0) {
            printk(level, text);
        }
    }

    @Override
    public String parameter(String parameter) {
        kernel.modules().asked(name + "." + parameter);
        return parameters.get(parameter.replace('-', '_'));
    }

    @Override
    public String bootParameter(String parameter) {
        kernel.modules().asked(parameter);
        return kernel.parameters().get(parameter);
    }

    @Override
    public TaskHandle startTask(String taskName, Task task) {
        /* First: what is refused must not be counted, or whoever waits for all tasks to end waits for ever. */
        Cpu cpu = cpu();
        requireLife();
        TaskHandle started = cpu.tasks().add(this, taskName, task, false);
        kernel.entry().countTask(InstanceDescriptor.TASKS_STARTED_OFFSET);
        return started;
    }

    @Override
    public TaskHandle startDaemonTask(String taskName, Task task) {
        Cpu cpu = cpu();
        requireLife();
        return cpu.tasks().add(this, taskName, task, true);
    }

    @Override
    public InstanceWatch onInstanceChange(InstanceListener listener) {
        Cpu cpu = cpu();
        requireLife();
        return cpu.watches().add(this, Objects.requireNonNull(listener));
    }

    @Override
    public ResourceWatch onCpu(CpuListener listener) {
        requireLife();
        return kernel.cpuListeners().add(this, Objects.requireNonNull(listener));
    }

    @Override
    public ResourceWatch onMemory(MemoryListener listener) {
        cpu();
        requireLife();
        return kernel.memoryListeners().add(this, Objects.requireNonNull(listener));
    }

    @Override
    public void noticeFailed(Throwable fault) {
        kernel.printk().fault(noticeFaults, () -> name + ": listener failed: ", fault);
    }

    @Override
    public Timer after(long nanos, Runnable what) {
        Cpu cpu = cpu();
        requireLife();
        return cpu.timers().add(this, Objects.requireNonNull(what), nanos, 0);
    }

    @Override
    public Timer every(long nanos, Runnable what) {
        Cpu cpu = cpu();
        requireLife();
        if (nanos <= 0) {
            throw new IllegalArgumentException("module " + name + " asked for a timer with a period of " + nanos
                + " ns; 1 or more is right");
        }
        return cpu.timers().add(this, Objects.requireNonNull(what), nanos, nanos);
    }

    @Override
    public void timerFailed(Throwable fault) {
        kernel.printk().fault(timerFaults, () -> name + ": timer failed: ", fault);
    }

    @Override
    public Console openConsole(ConsoleHandler handler) {
        Cpu cpu = cpu();
        requireLife();
        return kernel.console().open(this, () -> Cpu.current() == cpu, cpu::submit, Objects.requireNonNull(handler),
            kernel.entry().life());
    }

    @Override
    public void consoleFailed(Throwable fault) {
        kernel.printk().fault(noticeFaults, () -> name + ": console handler failed: ", fault);
    }

    @Override
    public String proc(String file) {
        return kernel.proc().read(file);
    }

    @Override
    public int readMemory(long address, MutableDirectBuffer to, int index, int length) {
        return kernel.pages().read(address, to, index, length);
    }

    void taskEnded(boolean daemon) {
        if (!daemon) {
            kernel.entry().countTask(InstanceDescriptor.TASKS_ENDED_OFFSET);
        }
        kernel.memory().raiseEvent();
    }

    void taskFailed(String taskName, boolean daemon, Throwable fault) {
        kernel.printk().fault(taskFaults, () -> name + ": task " + taskName + " failed: ", fault);
        kernel.entry().countTask(InstanceDescriptor.TASKS_FAILED_OFFSET);
        taskEnded(daemon);
    }

    @Override
    public LentCpu lendCpu(int logicalCpu) {
        Cpu cpu = kernel.cpu(logicalCpu);
        return work -> {
            kernel.pinLike(cpu);
            cpu.steps(work);
        };
    }

    @Override
    public void delay(long nanos) {
        cpu();
        kernel.machine().platform().park(nanos);
    }

    @Override
    public int nameType(int type, String typeName) {
        return instances.entry(kernel.instanceId()).typeNames().name(type, typeName);
    }

    @Override
    public void panic(String reason) {
        kernel.panic(name + ": " + reason);
    }

    @Override
    public void runOnCpu(int logicalCpu, Runnable work) {
        kernel.cpu(logicalCpu).submit(() -> {
            try {
                work.run();
            } catch (Throwable fault) {
                kernel.printk().fault(workFaults, () -> name + ": work failed: ", fault);
            }
        });
    }

    @Override
    public long nanoTime() {
        return kernel.machine().platform().nanoTime();
    }

    @Override
    public long randomLong() {
        return kernel.machine().platform().randomLong();
    }
}
