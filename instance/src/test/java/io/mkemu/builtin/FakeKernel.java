// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Window;
import io.mkemu.module.Instance;
import io.mkemu.module.InstanceListener;
import io.mkemu.module.InstanceWatch;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.LentCpu;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import io.mkemu.module.Timer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A kernel of a {@link FakeMachine}: physical CPU 10 + id, lanes of so many slots, a pool without end. */
final class FakeKernel implements Kernel {
    private static final int FIRST_CPU = 10;

    /** A running task. */
    static final class Running {
        final Task task;
        long due;

        Running(Task task) {
            this.task = task;
        }
    }

    final FakeMachine machine;
    final int id;
    final Map<String, String> parameters = new HashMap<>();
    final Map<Integer, IpiCallback> handlers = new HashMap<>();
    final Map<Integer, List<FakeMachine.Message>> lanes = new HashMap<>();
    final Set<Long> allocated = new HashSet<>();
    final Set<Long> granted = new HashSet<>();
    final List<Running> tasks = new ArrayList<>();
    private final Random random = new Random(1);
    final List<String> log = new ArrayList<>();
    final List<Exception> failures = new ArrayList<>();
    InstanceState state = InstanceState.ACTIVE;
    long life = 1;

    FakeKernel(FakeMachine machine, int id, String parameters) {
        this.machine = machine;
        this.id = id;
        for (String word : parameters.isEmpty() ? new String[0] : parameters.split(" ")) {
            this.parameters.put(word.split("=")[0], word.split("=")[1]);
        }
    }

    /** Interrupts, then tasks; returns how long nothing need happen. */
    long round() {
        boolean interrupted = false;
        for (List<FakeMachine.Message> lane : lanes.values()) {
            List<FakeMachine.Message> taken = List.copyOf(lane);
            lane.clear();
            interrupted |= !taken.isEmpty();
            for (FakeMachine.Message message : taken) {
                IpiCallback callback = handlers.get(message.type());
                if (callback != null) {
                    callback.handle(Messages.of(FIRST_CPU + message.from(), message.type(), message.payload()), null);
                }
            }
        }
        long wait = interrupted ? 0 : Task.WAIT;
        for (Running running : List.copyOf(tasks)) {
            if (interrupted || running.due <= machine.now) {
                step(running);
            }
            wait = tasks.contains(running) && running.due != Task.WAIT
                ? Math.min(wait, Math.max(0, running.due - machine.now)) : wait;
        }
        return wait;
    }

    private void step(Running running) {
        long result;
        try {
            result = running.task.step();
        } catch (Exception fault) {
            failures.add(fault);
            result = Task.DONE;
        }
        if (result == Task.DONE) {
            tasks.remove(running);
        }
        running.due = result == Task.WAIT ? result : machine.now + result;
    }

    private FakeKernel find(int instanceId) {
        return instanceId >= 0 && instanceId < machine.kernels.size() ? machine.kernels.get(instanceId) : null;
    }

    @Override
    public int sendIpiData(int instanceId, DirectBuffer data, int offset, int size, int type) {
        FakeKernel target = find(instanceId);
        if (target == null || size < 0 || size > MkIpiDataDescriptor.MAX_DATA_SIZE) {
            return -Errno.EINVAL;
        }
        if (target.state != InstanceState.ACTIVE) {
            return -Errno.ESHUTDOWN;
        }
        List<FakeMachine.Message> lane = target.lanes.computeIfAbsent(id, sender -> new ArrayList<>());
        if (lane.size() >= machine.slots) {
            return -Errno.ENOSPC;
        }
        byte[] payload = new byte[size];
        data.getBytes(offset, payload);
        machine.way.travel(new FakeMachine.Message(id, instanceId, type, payload), lane);
        return 0;
    }

    @Override
    public int sendIpiData(int instanceId, byte[] data, int type) {
        return sendIpiData(instanceId, new UnsafeBuffer(data), 0, data.length, type);
    }

    @Override
    public int sendPfn(int instanceId, long pfn) {
        if (!allocated.contains(Pages.address(pfn))) {
            return -Errno.EINVAL;
        }
        byte[] data = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(pfn).array();
        int result = sendIpiData(instanceId, data, MkIpiDataDescriptor.PFN_IPI_TYPE);
        if (result == 0) {
            granted.add(pfn << Byte.SIZE | instanceId);
        }
        return result;
    }

    @Override
    public int revokePfn(int instanceId, long pfn) {
        return granted.remove(pfn << Byte.SIZE | instanceId) ? 0 : -Errno.EINVAL;
    }

    @Override
    public long receivePfn(MkIpiData data) {
        return data.dataSize() == Long.BYTES ? data.buffer().getLong(0) : -Errno.EINVAL;
    }

    @Override
    public Window receiveMapPage(MkIpiData data) {
        long pfn = receivePfn(data);
        boolean shared = find(instanceOfCpu(data.senderCpu())).granted.contains(pfn << Byte.SIZE | id);
        if (!shared) {
            return null;
        }
        long address = Pages.address(pfn);
        machine.mapped.merge(address, 1, Integer::sum);
        return Messages.window(address, machine.pages.get(address),
            () -> machine.mapped.merge(address, -1, Integer::sum));
    }

    @Override
    public void receiveUnmapPage(Window page) {
        page.close();
    }

    @Override
    public long instanceAlloc(long size, long align) {
        long address = machine.allocate(size);
        allocated.add(address);
        return address;
    }

    @Override
    public int instanceFree(long address, long size) {
        if (machine.mapped.getOrDefault(address, 0) > 0) {
            machine.busy++;
            return -Errno.EBUSY;
        }
        return allocated.remove(address) ? 0 : -Errno.ENOENT;
    }

    @Override
    public Window memremap(long address, long size) {
        return Messages.window(address, machine.pages.get(address), () -> { });
    }

    @Override
    public IpiHandler registerHandler(IpiCallback callback, Object context, int type) {
        handlers.put(type, callback);
        return () -> type;
    }

    @Override
    public int unregisterHandler(IpiHandler handler) {
        return handlers.remove(handler.type()) == null ? -Errno.ENOENT : 0;
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
            machine.now += nanos;
        }
        return result;
    }

    @Override
    public List<Instance> instances() {
        return machine.kernels.stream().map(k -> findInstance(k.id)).toList();
    }

    @Override
    public Instance findInstance(int instanceId) {
        FakeKernel kernel = find(instanceId);
        return kernel == null ? null
            : new Instance(instanceId, kernel.instanceName(), kernel.life, kernel.state,
                List.of(FIRST_CPU + instanceId));
    }

    @Override
    public boolean isActive(int instanceId) {
        return find(instanceId) != null && find(instanceId).state == InstanceState.ACTIVE;
    }

    @Override
    public long life(int instanceId) {
        return find(instanceId) == null ? 0 : find(instanceId).life;
    }

    @Override
    public int instanceOfCpu(int senderCpu) {
        return find(senderCpu - FIRST_CPU) == null ? -1 : senderCpu - FIRST_CPU;
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
        return null;
    }

    @Override
    public String parameter(String name) {
        return parameters.get(name);
    }

    @Override
    public TaskHandle startTask(String name, Task task) {
        Running running = new Running(task);
        tasks.add(running);
        return () -> running.due = machine.now;
    }

    @Override
    public TaskHandle startDaemonTask(String name, Task task) {
        return startTask(name, task);
    }

    @Override
    public InstanceWatch onInstanceChange(InstanceListener listener) {
        throw new UnsupportedOperationException("no built-in module watches instances");
    }

    @Override
    public Timer after(long nanos, Runnable what) {
        throw new UnsupportedOperationException("no built-in module has timers");
    }

    @Override
    public Timer every(long nanos, Runnable what) {
        throw new UnsupportedOperationException("no built-in module has timers");
    }

    @Override
    public LentCpu lendCpu(int logicalCpu) {
        return Runnable::run;
    }

    @Override
    public void delay(long nanos) {
        machine.now += nanos;
    }

    @Override
    public void panic(String reason) {
        throw new IllegalStateException(reason);
    }

    @Override
    public void runOnCpu(int logicalCpu, Runnable work) {
        work.run();
    }

    @Override
    public long nanoTime() {
        machine.now += 10;
        return machine.now;
    }

    @Override
    public long randomLong() {
        return random.nextLong();
    }
}
