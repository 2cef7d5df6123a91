// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cmodule;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.boot.DebugLine;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Instance;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.LentCpu;
import io.mkemu.module.Task;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A module in C, in a kernel of this JVM. It has a core of its own, and its data with it: the same file in two kernels
 * shares nothing. Its kthreads are threads of this process, of which one at a time runs, while their CPU waits.
 */
public final class CModule implements KernelModule, AutoCloseable {
    private static final LogLevel[] LEVELS = LogLevel.values();
    /* While init or exit waits for another CPU it looks so often. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int MOST_PAYLOAD = MkIpiDataDescriptor.MAX_DATA_SIZE;

    /** Its init or exit did not do what it should; not where in this code that was seen. */
    private static final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        Failed(String message) {
            super(message, null, false, false);
        }

        @Override
        public String toString() {
            return getMessage();
        }
    }

    /** Stands for a kthread where its kernel counts tasks. */
    final class Kthread implements Task {
        private final int cpu;
        private volatile boolean ended;
        private volatile boolean failed;

        Kthread(int cpu) {
            this.cpu = cpu;
        }

        @Override
        public long step() throws Failed {
            if (failed) {
                throw new Failed("it has returned an error, or has died");
            }
            return ended ? DONE : WAIT;
        }
    }

    /** A handler of it; the core knows by its token what it calls. */
    record Handler(CModule module, long token) implements IpiCallback {
        @Override
        public void handle(MkIpiData data, Object context) {
            module.deliver(data, token);
        }
    }

    private final Path path;
    private final String name;
    private final Set<String> parameters;
    private final Map<Long, IpiHandler> handlers = new ConcurrentHashMap<>();
    private final AtomicLong handlerNumbers = new AtomicLong();
    private final Queue<Kthread> kthreads = new ConcurrentLinkedQueue<>();
    private final AtomicReference<Throwable> fault = new AtomicReference<>();
    private final AtomicInteger contextNumbers = new AtomicInteger();
    /** Held by whoever looks at its core from outside, and to take that away. */
    private final Object coreLock = new Object();
    private Arena arena;
    private Kernel kernel;
    private ModuleMemory memory;
    private ModuleCpu[] cpus;
    private int self;
    private long core;
    private long module;

    CModule(Path path, String name, Set<String> parameters) {
        this.path = path;
        this.name = name;
        this.parameters = parameters;
    }

    @Override
    public String name() {
        return name;
    }

    /** Nothing: what C prints goes into the log as it is, as in Linux. */
    @Override
    public String logPrefix() {
        return "";
    }

    @Override
    public Optional<Set<String>> parameters() {
        return Optional.of(parameters);
    }

    Kernel kernel() {
        return kernel;
    }

    ModuleMemory memory() {
        return memory;
    }

    /** Whether it has kthreads. */
    boolean hasTasks() {
        return !kthreads.isEmpty();
    }

    /* ---- its life ---- */

    /**
     * Loads its code.
     *
     * @return the module's address
     * @throws ElfFile.Refused if it cannot be; {@link #close} must follow
     */
    long load(int cpuCount, int instanceId) throws ElfFile.Refused {
        self = HostCalls.register(this);
        long made = CoreLibrary.newCore(self, cpuCount, instanceId);
        synchronized (coreLock) {
            core = made;
        }
        if (core == 0) {
            throw new ElfFile.Refused("cannot be loaded: no memory is left");
        }
        module = CoreLibrary.load(core, path);
        return module;
    }

    @Override
    public void init(Kernel given) throws Exception {
        kernel = given;
        memory = new ModuleMemory(given);
        int count = given.findInstance(given.instanceId()).cpus().size();
        int result;
        try {
            load(count, given.instanceId());
            arena = Arena.ofShared();
            cpus = new ModuleCpu[count];
            for (int cpu = 0; cpu < count; cpu++) {
                cpus[cpu] = new ModuleCpu(this, core, cpu, arena);
            }
            CoreLibrary.init(core, module);
            result = awaitResult();
        } catch (ElfFile.Refused refused) {
            close();
            throw new Failed(path + " " + refused.getMessage());
        }
        if (result != 0) {
            stop();
            close();
            throw new Failed("module_init returned " + Errno.name(result));
        }
        cpus[0].wake();
    }

    @Override
    public void exit() throws Exception {
        if (core == 0) {
            return;
        }
        CoreLibrary.exit(core, module);
        awaitResult();
        stop();
        close();
    }

    /** Runs C on the boot CPU until init or exit has returned. */
    private int awaitResult() throws Failed {
        while (true) {
            long wait = CoreLibrary.run(core, 0);
            int result = CoreLibrary.result(module);
            Throwable thrown = takeFault();
            if (thrown != null) {
                throw new ModuleFault(thrown);
            }
            if (result != 1) {
                return result;
            }
            if (wait > 0) {
                kernel.delay(Math.min(wait, LOOK_NANOS));
            }
        }
    }

    /** No CPU runs C from now on. On the boot CPU. */
    private void stop() {
        for (ModuleCpu cpu : cpus) {
            cpu.end();
        }
        for (ModuleCpu cpu : cpus) {
            while (cpu.isInside()) {
                kernel.delay(LOOK_NANOS);
            }
        }
    }

    /** Lets go of code and memory; no CPU runs it any more. */
    @Override
    public void close() {
        if (core != 0) {
            if (module != 0) {
                CoreLibrary.unload(core, module);
                module = 0;
            }
            CoreLibrary.free(takeCore());
        }
        if (self != 0) {
            HostCalls.unregister(self);
            self = 0;
        }
        if (memory != null) {
            memory.close();
        }
        if (arena != null) {
            arena.close();
            arena = null;
        }
    }

    /**
     * Lets go of what a kernel has left that ended without its exit: its kthreads' threads end, its code and its memory
     * are freed. No CPU of that kernel runs any more, and what it had of physical memory is not freed.
     */
    public void abandon() {
        if (core != 0) {
            CoreLibrary.abandon(takeCore());
            module = 0;
        }
        if (self != 0) {
            HostCalls.unregister(self);
            self = 0;
        }
        if (arena != null) {
            arena.close();
            arena = null;
        }
    }

    /** Its core, which nobody looks at any more. No lock is held while C runs: it may call a simulation. */
    private long takeCore() {
        synchronized (coreLock) {
            long taken = core;
            core = 0;
            return taken;
        }
    }

    /** Tells in the kernel log which CPU does not come out of it: once a second, of a thread that is no CPU. */
    public void watch() {
        synchronized (coreLock) {
            if (core != 0) {
                CoreLibrary.watch(core);
            }
        }
    }

    /* ---- faults ---- */

    /** It cannot go on. Returns where its kernel is not alone in its process; then C never comes back to the module. */
    void panic(String reason) {
        kernel.panic(DebugLine.added(reason, path));
    }

    /** A call of the kernel threw: what C is told instead. */
    long failed(Throwable thrown, long result) {
        fault.compareAndSet(null, thrown);
        return result;
    }

    /** What a call of the kernel threw since it was last asked, or null. */
    Throwable takeFault() {
        return fault.getPlain() == null ? null : fault.getAndSet(null);
    }

    /* ---- messages ---- */

    private ModuleCpu cpu() {
        return cpus[kernel.smpProcessorId()];
    }

    private void deliver(MkIpiData data, long token) {
        cpu().deliver(data, token);
        Throwable thrown = takeFault();
        if (thrown != null) {
            throw new ModuleFault(thrown);
        }
    }

    int send(int instance, int physicalCpu, long type, long data, long size) {
        /* What cannot be sent is not read. */
        int bytes = size < 0 || size > MOST_PAYLOAD ? MOST_PAYLOAD + 1 : (int) size;
        DirectBuffer payload = data == 0 || bytes > MOST_PAYLOAD ? null : cpu().payload(data, bytes);
        boolean wide = type >>> Integer.SIZE != 0;
        if (physicalCpu >= 0) {
            return wide ? -Errno.EINVAL
                : kernel.sendIpiDataToCpu(instance, physicalCpu, payload, 0, bytes, (int) type);
        }
        return wide ? kernel.sendIpiDataLongType(instance, payload, 0, bytes, type)
            : kernel.sendIpiData(instance, payload, 0, bytes, (int) type);
    }

    int sendTimeout(int instance, long type, long data, long size, long timeout) {
        int bytes = size < 0 || size > MOST_PAYLOAD ? MOST_PAYLOAD + 1 : (int) size;
        DirectBuffer payload = data == 0 || bytes > MOST_PAYLOAD ? null : cpu().payload(data, bytes);
        return type >>> Integer.SIZE != 0 ? -Errno.EINVAL
            : kernel.sendIpiDataTimeout(instance, payload, 0, bytes, (int) type, timeout);
    }

    long register(int type, long token) {
        IpiHandler handler = kernel.registerHandler(new Handler(this, token), null, type);
        long number = handlerNumbers.incrementAndGet();
        handlers.put(number, handler);
        return number;
    }

    int unregister(long number) {
        IpiHandler handler = handlers.get(number);
        if (handler == null) {
            return -Errno.ENOENT;
        }
        int result = kernel.unregisterHandler(handler);
        if (result == 0 || result == -Errno.ENOENT) {
            handlers.remove(number);
        }
        return result;
    }

    /* ---- what it asks ---- */

    void log(int level, long text, long length) {
        if (kernel != null) {
            kernel.printk(LEVELS[Math.clamp(level, 0, LEVELS.length - 1)],
                CoreLibrary.text(text, (int) Math.min(length, Integer.MAX_VALUE)));
        }
    }

    int parameter(long name, long text, long size) {
        String value = kernel == null ? null : kernel.bootParameter(CoreLibrary.text(name));
        if (value == null) {
            return -Errno.ENOENT;
        }
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        if (size > 0) {
            int room = (int) Math.min(bytes.length, size - 1);
            UnsafeBuffer to = new UnsafeBuffer(text, room + 1);
            to.putBytes(0, bytes, 0, room);
            to.putByte(room, (byte) 0);
        }
        return bytes.length;
    }

    long nanos() {
        return kernel == null ? System.nanoTime() : kernel.nanoTime();
    }

    int instance(int id, long address) {
        Instance found = kernel.findInstance(id);
        if (found == null) {
            return -Errno.ENOENT;
        }
        UnsafeBuffer to = new UnsafeBuffer(address, CoreDescriptor.INSTANCE_LENGTH);
        to.putInt(CoreDescriptor.INSTANCE_ID_OFFSET, found.id());
        to.putInt(CoreDescriptor.INSTANCE_STATE_OFFSET, found.state().ordinal());
        to.putInt(CoreDescriptor.INSTANCE_CPUS_OFFSET, found.cpus().size());
        to.putInt(CoreDescriptor.INSTANCE_FIRST_CPU_OFFSET, found.cpus().isEmpty() ? -1 : found.cpus().getFirst());
        byte[] text = found.name().getBytes(StandardCharsets.UTF_8);
        int length = Math.min(text.length, CoreDescriptor.INSTANCE_NAME_LENGTH - 1);
        to.putBytes(CoreDescriptor.INSTANCE_NAME_OFFSET, text, 0, length);
        to.putByte(CoreDescriptor.INSTANCE_NAME_OFFSET + length, (byte) 0);
        return 0;
    }

    long life(int id) {
        return id == kernel.instanceId() || kernel.isActive(id) ? kernel.life(id) : 0;
    }

    long sender() {
        MkIpiData data = cpu().delivering();
        return data == null || data.senderInstance() < 0 || data.senderLife() == 0 ? 0
            : data.senderLife() << CoreDescriptor.SENDER_LIFE_SHIFT | data.senderInstance();
    }

    /* ---- kthreads ---- */

    void taskStarted() {
        Kthread kthread = new Kthread(kernel.smpProcessorId());
        kernel.startTask("kthread", kthread);
        kthreads.add(kthread);
    }

    void taskEnded(boolean failed) {
        int mine = kernel.smpProcessorId();
        Kthread ended = null;
        /* Which one it was does not count; one of this CPU hears of it sooner. */
        for (Kthread each : kthreads) {
            ended = ended == null || each.cpu == mine ? each : ended;
        }
        if (ended != null && kthreads.remove(ended)) {
            ended.failed = failed;
            ended.ended = true;
            kernel.runOnCpu(ended.cpu, () -> { });
        }
    }

    void reschedule(int logicalCpu) {
        if (cpus == null) {
            return;
        }
        ModuleCpu cpu = cpus[logicalCpu];
        if (isMine(logicalCpu)) {
            cpu.wake();
        } else {
            kernel.runOnCpu(logicalCpu, cpu::wake);
        }
    }

    /** Whether the caller is a CPU. */
    private boolean isMine(int logicalCpu) {
        try {
            return kernel.smpProcessorId() == logicalCpu;
        } catch (IllegalStateException noCpu) {
            return false;
        }
    }

    int startContext(int logicalCpu, long context) {
        LentCpu lent = kernel.lendCpu(logicalCpu);
        Thread thread = new Thread(null, () -> {
            try {
                lent.run(() -> CoreLibrary.context(context));
            } catch (Throwable thrown) {
                failed(thrown, 0);
            }
        }, name + "/" + contextNumbers.incrementAndGet(), 0, false);
        thread.setDaemon(true);
        thread.start();
        return 0;
    }
}
