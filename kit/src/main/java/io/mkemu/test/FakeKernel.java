// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Window;
import io.mkemu.module.Instance;
import io.mkemu.module.InstanceListener;
import io.mkemu.module.InstanceWatch;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.KernelModule;
import io.mkemu.module.LentCpu;
import io.mkemu.module.PageRange;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import io.mkemu.module.Timer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A kernel of a {@link FakeMachine}, with one CPU, queued lanes and a pool without end. It answers as a real one does
 * (the errors of its calls too), so a module needs nothing of its own to be tested with it:
 *
 * <pre>{@code
 * FakeMachine machine = new FakeMachine(2);
 * FakeKernel kernel = machine.kernel(1).parameter("limit", "3").load(new Counter());
 * machine.kernel(0).sendIpiData(1, new byte[] {7}, Counter.ADD);
 * kernel.round();
 * assertEquals(List.of("sum 7"), kernel.log());
 * }</pre>
 *
 * <p>What a callback throws reaches the test; what a task throws ends the task and is among the {@link #failures}.
 * One thread.
 */
public final class FakeKernel extends FakePeripherals {
    private static final int FIRST_CPU = 10;

    private final FakeMachine machine;
    private final int id;
    private final Map<String, String> parameters = new HashMap<>();
    private final Map<String, String> bootParameters = new HashMap<>();
    private final Map<String, Long> observed = new HashMap<>();
    private final List<FakeHandler> handlers = new ArrayList<>();
    private final Map<Integer, List<FakeMessage>> lanes = new HashMap<>();
    private final List<FakeMessage> unhandled = new ArrayList<>();
    private final Random random = new Random(1);
    private final List<String> log = new ArrayList<>();
    private final FakePages memory;
    private final FakeTasks tasks;
    private final FakeTimers timers;
    private final FakeWatches watches;
    private InstanceState state = InstanceState.ACTIVE;
    private long life = 1;

    FakeKernel(FakeMachine machine, int id) {
        this.machine = machine;
        this.memory = new FakePages(machine, this);
        this.tasks = new FakeTasks(machine);
        this.timers = new FakeTimers(machine);
        this.watches = new FakeWatches(machine);
        this.id = id;
    }

    @Override
    FakePages memory() {
        return memory;
    }

    /* ---- what a test does with it ---- */

    /** The physical id of the CPU of a fake kernel. */
    public static int cpuOf(int instanceId) {
        return FIRST_CPU + instanceId;
    }

    /** Gives the module a parameter, as {@code module.name=value} does; returns this kernel. */
    public FakeKernel parameter(String name, String value) {
        parameters.put(name, value);
        return this;
    }

    /** Gives the module several parameters: "size=16 rate=100"; returns this kernel. */
    public FakeKernel parameters(String words) {
        for (String word : words.isBlank() ? new String[0] : words.strip().split("\\s+")) {
            String[] pair = word.split("=", 2);
            parameter(pair[0], pair.length < 2 ? "" : pair[1]);
        }
        return this;
    }

    /** Puts a parameter on the kernel's own command line; returns this kernel. */
    public FakeKernel bootParameter(String name, String value) {
        bootParameters.put(name.replace('-', '_'), value);
        return this;
    }

    /** Sets a module up; returns this kernel. What init throws is thrown: a checked exception as the cause of one. */
    public FakeKernel load(KernelModule module) {
        try {
            module.init(this);
            return this;
        } catch (RuntimeException fault) {
            throw fault;
        } catch (Exception fault) {
            throw new IllegalStateException("init of " + module.name(), fault);
        }
    }

    /**
     * One round: takes what waits in the lanes, tells of changes of kernels, lets timers go off, then does a step of
     * each task that is due.
     *
     * @return how long nothing will be due, in ns; {@link Task#WAIT} for ever
     */
    public long round() {
        boolean interrupted = false;
        for (List<FakeMessage> lane : List.copyOf(lanes.values())) {
            List<FakeMessage> taken = List.copyOf(lane);
            lane.clear();
            interrupted |= !taken.isEmpty();
            taken.forEach(this::deliver);
        }
        interrupted |= watches.run();
        timers.run();
        long wait = Math.min(tasks.run(interrupted), timers.untilNext());
        return interrupted ? 0 : wait;
    }

    private void deliver(FakeMessage message) {
        List<FakeHandler> those = handlers.stream().filter(handler -> handler.type() == message.type()).toList();
        if (those.isEmpty()) {
            unhandled.add(message);
        }
        for (FakeHandler handler : those) {
            handler.callback().handle(message.received(), handler.context());
        }
    }

    /** Puts a message into a lane, whatever the way: as if that kernel had sent it. */
    public void receive(int from, int type, byte... payload) {
        lane(from).add(new FakeMessage(from, machine.kernel(from).life, id, type, payload));
    }

    /** Takes what a kernel has sent and this one has not yet received, in its order: the test is the receiver. */
    public List<FakeMessage> take(int from) {
        List<FakeMessage> taken = List.copyOf(lane(from));
        lane(from).clear();
        return taken;
    }

    /** Messages that came for a type without a handler, in the order of their coming. */
    public List<FakeMessage> unhandled() {
        return unhandled;
    }

    /** All lines that were written to the kernel log, without module and level. */
    public List<String> log() {
        return log;
    }

    /** What tasks threw. */
    public List<Exception> failures() {
        return tasks.failures();
    }

    /** What the module published last by {@link #observe}, by its name. */
    public Map<String, Long> observed() {
        return observed;
    }

    /** Whether a task, daemon tasks apart, has not ended. */
    public boolean hasTasks() {
        return tasks.isWaitedFor();
    }

    /** Physical addresses of what it has allocated and not freed. */
    public Set<Long> allocated() {
        return memory.allocated();
    }

    /** How many pages it shares, each as often as there are kernels that may map it. */
    public int shares() {
        return memory.shares();
    }

    /** What it is: active from the start. */
    public InstanceState state() {
        return state;
    }

    /**
     * From now on it is this: a kernel that is not active does no rounds, and sends to it are refused. One that becomes
     * active again begins its next life.
     */
    public void state(InstanceState now) {
        if (now == InstanceState.ACTIVE && state != InstanceState.ACTIVE) {
            life++;
        }
        state = now;
    }

    /** The number of its life, from 1. */
    public long life() {
        return life;
    }

    /** Forgets handlers, tasks, timers and what waits: all that a life takes with it. Log and failures stay. */
    public void forget() {
        handlers.clear();
        tasks.clear();
        timers.clear();
        watches.clear();
        lanes.clear();
        observed.clear();
    }

    /* ---- what a module does with it ---- */

    private List<FakeMessage> lane(int from) {
        return lanes.computeIfAbsent(from, sender -> new ArrayList<>());
    }

    boolean isRung() {
        return lanes.values().stream().anyMatch(lane -> !lane.isEmpty());
    }

    @Override
    public int sendIpiData(int instanceId, DirectBuffer data, int offset, int size, int type) {
        FakeKernel target = machine.find(instanceId);
        if (target == null || size < 0 || size > MkIpiDataDescriptor.MAX_DATA_SIZE) {
            return -Errno.EINVAL;
        }
        if (target.state != InstanceState.ACTIVE) {
            return -Errno.ESHUTDOWN;
        }
        List<FakeMessage> lane = target.lane(id);
        if (lane.size() >= machine.slots()) {
            return -Errno.ENOSPC;
        }
        byte[] payload = new byte[size];
        if (data != null) {
            data.getBytes(offset, payload);
        }
        machine.travel(new FakeMessage(id, life, instanceId, type, payload), lane);
        return 0;
    }

    @Override
    public int sendIpiData(int instanceId, byte[] data, int type) {
        return sendIpiData(instanceId, new UnsafeBuffer(data), 0, data.length, type);
    }

    @Override
    public int sendPfn(int instanceId, long pfn) {
        return memory.send(instanceId, pfn);
    }

    @Override
    public int revokePfn(int instanceId, long pfn) {
        return memory.revoke(instanceId, pfn);
    }

    @Override
    public long receivePfn(MkIpiData data) {
        return FakePages.received(data);
    }

    @Override
    public Window receiveMapPage(MkIpiData data) {
        return receivePfn(data) < 0 ? null : receiveMapPages(data);
    }

    @Override
    public Window receiveMapPages(MkIpiData data) {
        PageRange range = PageRange.of(data);
        FakeKernel owner = range == null ? null : machine.find(instanceOfCpu(data.senderCpu()));
        return owner == null ? null : owner.memory.map(range, id);
    }

    @Override
    public long allocPages(long pages) {
        return memory.allocatePages(pages);
    }

    @Override
    public int sendPages(int instanceId, long pfn, long pages, long tag) {
        return memory.send(instanceId, new PageRange(pfn, pages, tag));
    }

    @Override
    public int revokePages(int instanceId, long pfn, long pages) {
        return memory.revoke(instanceId, new PageRange(pfn, pages, 0));
    }

    @Override
    public void receiveUnmapPage(Window page) {
        if (page != null) {
            page.close();
        }
    }

    @Override
    public long instanceAlloc(long size, long align) {
        return memory.allocate(size, align);
    }

    @Override
    public int instanceFree(long address, long size) {
        return memory.free(address, size);
    }

    @Override
    public Window memremap(long address, long size) {
        return memory.own(address, size);
    }

    @Override
    public IpiHandler registerHandler(IpiCallback callback, Object context, int type) {
        if (callback == null) {
            return null;
        }
        FakeHandler handler = new FakeHandler(callback, context, type);
        handlers.add(handler);
        return handler;
    }

    @Override
    public int unregisterHandler(IpiHandler handler) {
        return handler == null || handlers.remove(handler) ? 0 : -Errno.ENOENT;
    }

    @Override
    public int sendIpiDataToCpu(int target, int cpu, DirectBuffer data, int offset, int size, int type) {
        return cpu == FIRST_CPU + target ? sendIpiData(target, data, offset, size, type) : -Errno.EINVAL;
    }

    @Override
    public int sendIpiDataLongType(int target, DirectBuffer data, int offset, int size, long type) {
        return type >>> Integer.SIZE != 0 ? -Errno.EINVAL : sendIpiData(target, data, offset, size, (int) type);
    }

    @Override
    public int sendIpiDataTimeout(int target, DirectBuffer data, int offset, int size, int type, long nanos) {
        int result = sendIpiData(target, data, offset, size, type);
        if (result == -Errno.ENOSPC && nanos > 0) {
            /* Nobody makes room here while a kernel waits. */
            machine.advance(nanos);
        }
        return result;
    }

    @Override
    public List<Instance> instances() {
        return machine.kernels().stream().map(k -> findInstance(k.instanceId())).toList();
    }

    @Override
    public Instance findInstance(int instanceId) {
        FakeKernel kernel = machine.find(instanceId);
        return kernel == null ? null
            : new Instance(instanceId, kernel.instanceName(), kernel.life, kernel.state,
                List.of(FIRST_CPU + instanceId));
    }

    @Override
    public long life(int instanceId) {
        FakeKernel kernel = machine.find(instanceId);
        return kernel == null ? 0 : kernel.life;
    }

    @Override
    public InstanceWatch onInstanceChange(InstanceListener listener) {
        return watches.add(Objects.requireNonNull(listener));
    }

    @Override
    public boolean isActive(int instanceId) {
        return machine.find(instanceId) != null && machine.find(instanceId).state == InstanceState.ACTIVE;
    }

    @Override
    public int instanceOfCpu(int senderCpu) {
        return machine.find(senderCpu - FIRST_CPU) == null ? -1 : senderCpu - FIRST_CPU;
    }

    @Override
    public int instanceId() {
        return id;
    }

    @Override
    public String instanceName() {
        return id == 0 ? "host" : "kernel" + id;
    }

    @Override
    public int smpProcessorId() {
        return 0;
    }

    @Override
    public int physicalCpuId() {
        return FIRST_CPU + id;
    }

    @Override
    public void printk(LogLevel level, String text) {
        log.add(text);
    }

    @Override
    public void printkRatelimited(LogLevel level, String text) {
        printk(level, text);
    }

    @Override
    public String bootParameter(String name) {
        return bootParameters.get(name.replace('-', '_'));
    }

    @Override
    public String parameter(String name) {
        return parameters.get(name);
    }

    @Override
    public TaskHandle startTask(String name, Task task) {
        return tasks.start(task, false);
    }

    @Override
    public TaskHandle startDaemonTask(String name, Task task) {
        return tasks.start(task, true);
    }

    @Override
    public Timer after(long nanos, Runnable what) {
        return timers.start(nanos, 0, Objects.requireNonNull(what));
    }

    @Override
    public Timer every(long nanos, Runnable what) {
        if (nanos <= 0) {
            throw new IllegalArgumentException("a timer with a period of " + nanos + " ns; 1 or more is right");
        }
        return timers.start(nanos, nanos, Objects.requireNonNull(what));
    }

    @Override
    public LentCpu lendCpu(int logicalCpu) {
        return Runnable::run;
    }

    @Override
    public void delay(long nanos) {
        machine.advance(nanos);
    }

    @Override
    public void panic(String reason) {
        state = InstanceState.FAILED;
        throw new IllegalStateException(reason);
    }

    @Override
    public void runOnCpu(int logicalCpu, Runnable work) {
        work.run();
    }

    @Override
    public long nanoTime() {
        machine.advance(10);
        return machine.now();
    }

    @Override
    public long randomLong() {
        return random.nextLong();
    }

    @Override
    public void observe(String name, long value) {
        observed.put(name, value);
    }
}
