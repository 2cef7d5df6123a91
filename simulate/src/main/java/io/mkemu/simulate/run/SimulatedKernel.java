// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.console.Console;
import io.mkemu.console.ConsoleHandler;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.kernel.HookedKernel;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Window;
import io.mkemu.module.ForwardingKernel;
import io.mkemu.module.Instance;
import io.mkemu.module.InstanceListener;
import io.mkemu.module.InstanceWatch;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.Operation;
import io.mkemu.module.PageRange;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import io.mkemu.module.Timer;
import java.nio.ByteOrder;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The kernel as a module of a simulation sees it: before each call that others can notice another CPU may go on, and
 * what goes wrong is told to the run.
 */
final class SimulatedKernel extends ForwardingKernel {
    private final Simulation run;
    private final int instance;
    private final HookedKernel cpus;
    private final Kernel kernel;
    private final UnsafeBuffer view = new UnsafeBuffer(0L, 0);

    SimulatedKernel(Simulation run, int instance, HookedKernel cpus, Kernel kernel) {
        super(kernel);
        this.run = run;
        this.instance = instance;
        this.cpus = cpus;
        this.kernel = kernel;
    }

    @Override
    public List<Instance> instances() {
        run.touchesAll(false);
        return kernel.instances();
    }

    @Override
    public Instance findInstance(int instanceId) {
        run.touchesAll(false);
        return kernel.findInstance(instanceId);
    }

    @Override
    public boolean isActive(int instanceId) {
        run.touchesAll(false);
        return kernel.isActive(instanceId);
    }

    @Override
    public long life(int instanceId) {
        run.touchesAll(false);
        return kernel.life(instanceId);
    }

    @Override
    public int instanceOfCpu(int senderCpu) {
        run.touchesAll(false);
        return kernel.instanceOfCpu(senderCpu);
    }

    @Override
    public int sendIpiData(int instanceId, DirectBuffer data, int offset, int size, int type) {
        int lane = run.sends(kernel, instanceId, -1, type, data, offset, size);
        return run.sent(lane, kernel.sendIpiData(instanceId, data, offset, size, type));
    }

    @Override
    public int sendIpiData(int instanceId, byte[] data, int type) {
        view.wrap(data);
        int lane = run.sends(kernel, instanceId, -1, type, view, 0, data.length);
        return run.sent(lane, kernel.sendIpiData(instanceId, data, type));
    }

    @Override
    public int sendIpiDataToCpu(int instanceId, int physicalCpu, DirectBuffer data, int offset, int size, int type) {
        int lane = run.sends(kernel, instanceId, physicalCpu, type, data, offset, size);
        return run.sent(lane, kernel.sendIpiDataToCpu(instanceId, physicalCpu, data, offset, size, type));
    }

    @Override
    public int sendIpiDataLongType(int instanceId, DirectBuffer data, int offset, int size, long type) {
        int lane = run.sends(kernel, instanceId, -1, (int) type, data, offset, size);
        return run.sent(lane, kernel.sendIpiDataLongType(instanceId, data, offset, size, type));
    }

    @Override
    public int sendIpiDataTimeout(int instanceId, DirectBuffer data, int offset, int size, int type, long nanos) {
        int lane = run.sends(kernel, instanceId, -1, type, data, offset, size);
        return run.sent(lane, kernel.sendIpiDataTimeout(instanceId, data, offset, size, type, nanos));
    }

    @Override
    public IpiHandler registerHandler(IpiCallback callback, Object context, int type) {
        if (callback == null) {
            return kernel.registerHandler(null, context, type);
        }
        return kernel.registerHandler(new Watched(callback), context, type);
    }

    /** A callback whose messages are looked at first. */
    private final class Watched implements IpiCallback {
        private final IpiCallback callback;

        Watched(IpiCallback callback) {
            this.callback = callback;
        }

        @Override
        public void handle(MkIpiData data, Object context) {
            run.point(Cpus.CALLBACK);
            run.delivers(kernel, data, this);
            try {
                callback.handle(data, context);
            } catch (Throwable fault) {
                run.fails(Failure.Kind.MODULE_THREW, run.nameOf(instance) + ": the callback for type 0x"
                    + Integer.toHexString(data.type()) + " threw " + fault);
                throw fault;
            }
        }
    }

    @Override
    public int unregisterHandler(IpiHandler handler) {
        run.point(Cpus.CALL);
        return kernel.unregisterHandler(handler);
    }

    @Override
    public int sendPfn(int instanceId, long pfn) {
        run.touchesAll(true);
        UnsafeBuffer data = new UnsafeBuffer(new byte[Long.BYTES]);
        data.putLong(0, pfn, ByteOrder.LITTLE_ENDIAN);
        int lane = run.sends(kernel, instanceId, -1, MkIpiDataDescriptor.PFN_IPI_TYPE, data, 0, Long.BYTES);
        return run.sent(lane, kernel.sendPfn(instanceId, pfn));
    }

    @Override
    public int revokePfn(int instanceId, long pfn) {
        run.touchesAll(false);
        run.point(Cpus.CALL);
        return kernel.revokePfn(instanceId, pfn);
    }

    @Override
    public Window receiveMapPage(MkIpiData data) {
        run.touchesAll(true);
        run.point(Cpus.CALL);
        return kernel.receiveMapPage(data);
    }

    @Override
    public int sendPages(int instanceId, long pfn, long pages, long tag) {
        run.touchesAll(true);
        UnsafeBuffer data = new UnsafeBuffer(new byte[MkIpiDataDescriptor.PAGES_SIZE]);
        new PageRange(pfn, pages, tag).encode(data);
        int lane = run.sends(kernel, instanceId, -1, MkIpiDataDescriptor.PAGES_IPI_TYPE, data, 0,
            MkIpiDataDescriptor.PAGES_SIZE);
        return run.sent(lane, kernel.sendPages(instanceId, pfn, pages, tag));
    }

    @Override
    public int revokePages(int instanceId, long pfn, long pages) {
        run.touchesAll(false);
        run.point(Cpus.CALL);
        return kernel.revokePages(instanceId, pfn, pages);
    }

    @Override
    public Window receiveMapPages(MkIpiData data) {
        run.touchesAll(true);
        run.point(Cpus.CALL);
        return kernel.receiveMapPages(data);
    }

    @Override
    public void receiveUnmapPage(Window page) {
        run.touchesAll(false);
        run.point(Cpus.CALL);
        kernel.receiveUnmapPage(page);
    }

    @Override
    public long instanceAlloc(long size, long align) {
        run.point(Cpus.CALL);
        return run.allocationFails() ? 0 : kernel.instanceAlloc(size, align);
    }

    @Override
    public long allocPages(long pages) {
        run.point(Cpus.CALL);
        return run.allocationFails() ? -Errno.ENOMEM : kernel.allocPages(pages);
    }

    @Override
    public int instanceFree(long address, long size) {
        run.touchesAll(false);
        run.point(Cpus.CALL);
        return kernel.instanceFree(address, size);
    }

    @Override
    public Window memremap(long address, long size) {
        run.touchesAll(true);
        return kernel.memremap(address, size);
    }

    @Override
    public void printk(LogLevel level, String text) {
        if (level.ordinal() <= LogLevel.ERR.ordinal()) {
            run.fails(Failure.Kind.LOGGED, run.nameOf(instance) + ": " + text);
        }
        kernel.printk(level, text);
    }

    @Override
    public void printkRatelimited(LogLevel level, String text) {
        if (level.ordinal() <= LogLevel.ERR.ordinal()) {
            run.fails(Failure.Kind.LOGGED, run.nameOf(instance) + ": " + text);
        }
        kernel.printkRatelimited(level, text);
    }

    @Override
    public TaskHandle startTask(String name, Task task) {
        Tasks.Watched watched = run.tasks().watch(instance, cpus.currentCpu(), name, task, run);
        TaskHandle handle = kernel.startTask(name, watched);
        run.tasks().started(watched);
        return handle;
    }

    @Override
    public TaskHandle startDaemonTask(String name, Task task) {
        /* Its end is waited for by nobody, but it may fail as any. */
        return kernel.startDaemonTask(name, run.tasks().watch(instance, cpus.currentCpu(), name, task, run));
    }

    @Override
    public InstanceWatch onInstanceChange(InstanceListener listener) {
        run.touchesAll(false);
        return kernel.onInstanceChange((id, life, change) -> {
            run.touchesAll(false);
            run.point(Cpus.CALL);
            try {
                listener.onInstanceChange(id, life, change);
            } catch (Throwable fault) {
                run.fails(Failure.Kind.MODULE_THREW, run.nameOf(instance) + ": an instance listener threw " + fault);
                throw fault;
            }
        });
    }

    @Override
    public Timer after(long nanos, Runnable what) {
        return kernel.after(nanos, watched("a timer", what));
    }

    @Override
    public Timer every(long nanos, Runnable what) {
        return kernel.every(nanos, watched("a timer", what));
    }

    private Runnable watched(String kind, Runnable what) {
        return () -> {
            run.point(Cpus.CALL);
            try {
                what.run();
            } catch (Throwable fault) {
                run.fails(Failure.Kind.MODULE_THREW, run.nameOf(instance) + ": " + kind + " threw " + fault);
                throw fault;
            }
        };
    }

    @Override
    public void panic(String reason) {
        run.panics(instance, reason);
        kernel.panic(reason);
    }

    @Override
    public void runOnCpu(int logicalCpu, Runnable work) {
        kernel.runOnCpu(logicalCpu, watched("work given by runOnCpu", work));
    }

    @Override
    public void observe(String name, long value) {
        run.observations().observe(instance, name, value);
    }

    @Override
    public Operation operation(String name) {
        return run.operation(instance, name);
    }

    /** Nobody types in a simulation. */
    @Override
    public Console openConsole(ConsoleHandler handler) {
        return null;
    }
}
