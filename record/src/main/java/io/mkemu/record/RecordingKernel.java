// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import io.mkemu.Errno;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.WorkKind;
import io.mkemu.console.Console;
import io.mkemu.console.ConsoleHandler;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.kernel.KernelHook;
import io.mkemu.memory.Window;
import io.mkemu.module.ForwardingKernel;
import io.mkemu.module.Instance;
import io.mkemu.module.InstanceListener;
import io.mkemu.module.InstanceWatch;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import io.mkemu.module.MemoryListener;
import io.mkemu.module.PageRange;
import io.mkemu.module.ResourceWatch;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import io.mkemu.module.Timer;
import io.mkemu.trace.TraceControl;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The kernel as a module is given it: while everything is recorded, each answer that a replay could not tell otherwise
 * goes into the trace ring of the CPU that asked. Else each call costs a load and a branch more.
 */
final class RecordingKernel extends ForwardingKernel {
    private final RecordingHook hook;
    private final Kernel kernel;
    private final TraceControl control;
    private final AtomicBoolean foreignTold = new AtomicBoolean();
    private final AtomicBoolean unwatchedTold = new AtomicBoolean();

    RecordingKernel(RecordingHook hook, Kernel kernel) {
        super(kernel);
        this.hook = hook;
        this.kernel = kernel;
        this.control = new TraceControl(hook.kernel().memory());
    }

    /** Where to record what is asked now, or null. */
    private CallTrace calls() {
        if (!control.records(TraceMode.ALL)) {
            return null;
        }
        CallTrace mine = mine();
        if (mine == null && foreignTold.compareAndSet(false, true)) {
            hook.kernel().onBootCpu(() -> hook.calls(0).answer(KernelCall.FOREIGN_THREAD, 0, 0, 0));
        }
        return mine;
    }

    /** The tracepoints of the caller's CPU, or null. */
    private CallTrace mine() {
        return hook.calls(hook.kernel().currentCpu());
    }

    @Override
    public long nanoTime() {
        long nanos = kernel.nanoTime();
        CallTrace calls = calls();
        if (calls != null) {
            calls.time(nanos);
        }
        return nanos;
    }

    @Override
    public long randomLong() {
        long bits = kernel.randomLong();
        answer(KernelCall.RANDOM_LONG, bits, 0, 0);
        return bits;
    }

    private void answer(KernelCall call, long id, int arg0, int arg1) {
        CallTrace calls = calls();
        if (calls != null) {
            calls.answer(call, id, arg0, arg1);
        }
    }

    @Override
    public boolean isActive(int instanceId) {
        boolean active = kernel.isActive(instanceId);
        answer(KernelCall.IS_ACTIVE, active ? 1 : 0, instanceId, 0);
        return active;
    }

    @Override
    public long life(int instanceId) {
        long life = kernel.life(instanceId);
        answer(KernelCall.LIFE, life, instanceId, 0);
        return life;
    }

    @Override
    public int instanceOfCpu(int senderCpu) {
        int owner = kernel.instanceOfCpu(senderCpu);
        answer(KernelCall.INSTANCE_OF_CPU, owner, senderCpu, 0);
        return owner;
    }

    @Override
    public List<Instance> instances() {
        List<Instance> all = kernel.instances();
        CallTrace calls = calls();
        if (calls != null) {
            calls.answer(KernelCall.INSTANCES, all.size(), 0, InstanceList.encode(all));
        }
        return all;
    }

    @Override
    public Instance findInstance(int instanceId) {
        Instance found = kernel.findInstance(instanceId);
        CallTrace calls = calls();
        if (calls != null) {
            List<Instance> list = found == null ? List.of() : List.of(found);
            calls.answer(KernelCall.FIND_INSTANCE, list.size(), instanceId, InstanceList.encode(list));
        }
        return found;
    }

    @Override
    public int sendIpiDataToCpu(int instanceId, int physicalCpu, DirectBuffer data, int offset, int size, int type) {
        answer(KernelCall.SEND_TO_CPU, 0, instanceId, physicalCpu);
        return kernel.sendIpiDataToCpu(instanceId, physicalCpu, data, offset, size, type);
    }

    @Override
    public int sendIpiDataLongType(int instanceId, DirectBuffer data, int offset, int size, long type) {
        answer(KernelCall.SEND_LONG_TYPE, type, instanceId, 0);
        return kernel.sendIpiDataLongType(instanceId, data, offset, size, type);
    }

    @Override
    public int sendPfn(int instanceId, long pfn) {
        watchOwn(pfn, 1);
        int result = kernel.sendPfn(instanceId, pfn);
        answer(KernelCall.SEND_PFN, pfn, instanceId, -result);
        return result;
    }

    @Override
    public int sendPages(int instanceId, long pfn, long pages, long tag) {
        watchOwn(pfn, pages);
        int result = kernel.sendPages(instanceId, pfn, pages, tag);
        answer(KernelCall.SEND_PAGES, new PageRange(pfn, pages, tag), instanceId, -result);
        return result;
    }

    /** Watches pages that are about to be shared from now on: before a receiver can write. */
    private void watchOwn(long pfn, long pages) {
        CallTrace calls = calls();
        if (calls != null && pages <= PageRange.MOST && hook.kernel().isAllocated(pfn, pages)
            && !hook.pages().watch(pfn, pages)) {
            unwatched(calls);
        }
    }

    private void unwatched(CallTrace calls) {
        if (unwatchedTold.compareAndSet(false, true)) {
            calls.answer(KernelCall.PAGES_UNWATCHED, 0, 0, 0);
        }
    }

    /** Watches pages that were mapped from now on; what is in them now. */
    private DirectBuffer watchTheirs(CallTrace calls, Window theirs) {
        DirectBuffer content = hook.pages().watch(Pages.pfn(theirs.physicalAddress()), theirs);
        if (content == null) {
            unwatched(calls);
            return theirs.buffer();
        }
        return content;
    }

    private void answer(KernelCall call, PageRange range, int instanceId, int errno) {
        CallTrace calls = calls();
        if (calls != null) {
            UnsafeBuffer payload = new UnsafeBuffer(new byte[MkIpiDataDescriptor.PAGES_SIZE]);
            range.encode(payload);
            calls.answer(call, range.pfn(), instanceId, errno, payload);
        }
    }

    @Override
    public int revokePfn(int instanceId, long pfn) {
        int result = kernel.revokePfn(instanceId, pfn);
        answer(KernelCall.REVOKE_PFN, pfn, instanceId, -result);
        return result;
    }

    @Override
    public int revokePages(int instanceId, long pfn, long pages) {
        int result = kernel.revokePages(instanceId, pfn, pages);
        answer(KernelCall.REVOKE_PAGES, new PageRange(pfn, pages, 0), instanceId, -result);
        return result;
    }

    @Override
    public Window receiveMapPages(MkIpiData data) {
        PageRange range = kernel.receivePages(data);
        Window window = kernel.receiveMapPages(data);
        CallTrace calls = calls();
        if (calls != null) {
            calls.answer(KernelCall.RECEIVE_MAP_PAGES, range == null ? -Errno.EINVAL : range.pfn(),
                range == null ? 0 : Math.clamp(range.pages(), 0, Integer.MAX_VALUE), window == null ? 0 : 1);
            if (window != null) {
                calls.content(window.physicalAddress(), watchTheirs(calls, window));
            }
        }
        return window;
    }

    @Override
    public Window receiveMapPage(MkIpiData data) {
        Window page = kernel.receiveMapPage(data);
        CallTrace calls = calls();
        if (calls != null) {
            long pfn = kernel.receivePfn(data);
            if (page == null) {
                calls.answer(KernelCall.RECEIVE_MAP_PAGE, pfn, 0, 0);
            } else {
                calls.answer(KernelCall.RECEIVE_MAP_PAGE, pfn, 1, watchTheirs(calls, page));
            }
        }
        return page;
    }

    @Override
    public long instanceAlloc(long size, long align) {
        long address = kernel.instanceAlloc(size, align);
        answer(KernelCall.INSTANCE_ALLOC, address, Pages.count(size), Long.numberOfTrailingZeros(align));
        return address;
    }

    @Override
    public long allocPages(long pages) {
        long pfn = kernel.allocPages(pages);
        answer(KernelCall.ALLOC_PAGES, pfn, Math.clamp(pages, 0, Integer.MAX_VALUE), 0);
        return pfn;
    }

    @Override
    public int instanceFree(long address, long size) {
        int result = kernel.instanceFree(address, size);
        answer(KernelCall.INSTANCE_FREE, address, Pages.count(size), -result);
        if (result == 0) {
            hook.pages().freed(address, Pages.align(size));
        }
        return result;
    }

    @Override
    public IpiHandler registerHandler(IpiCallback callback, Object context, int type) {
        calls();
        return kernel.registerHandler(callback, context, type);
    }

    @Override
    public int unregisterHandler(IpiHandler handler) {
        int result = kernel.unregisterHandler(handler);
        int number = hook.kernel().numberOf(handler);
        if (number >= 0) {
            answer(KernelCall.UNREGISTER_HANDLER, number, handler.type(), -result);
        }
        return result;
    }

    @Override
    public TaskHandle startTask(String name, Task task) {
        return kernel.startTask(name, recorded(name, task));
    }

    @Override
    public TaskHandle startDaemonTask(String name, Task task) {
        return kernel.startDaemonTask(name, recorded(name, task));
    }

    @Override
    public InstanceWatch onInstanceChange(InstanceListener listener) {
        CallTrace mine = mine();
        if (mine == null || listener == null) {
            /* It refuses. */
            return kernel.onInstanceChange(listener);
        }
        long number = mine.nextWatch();
        return kernel.onInstanceChange((id, life, change) -> mine.notice(number, listener, id, life, change));
    }

    @Override
    public ResourceWatch onMemory(MemoryListener listener) {
        CallTrace mine = mine();
        if (mine == null || listener == null) {
            /* It refuses. */
            return kernel.onMemory(listener);
        }
        long number = mine.nextMemoryWatch();
        return kernel.onMemory((change, address, size) -> mine.memory(number, listener, change, address, size));
    }

    @Override
    public Timer after(long nanos, Runnable what) {
        return kernel.after(nanos, recorded(what));
    }

    @Override
    public Timer every(long nanos, Runnable what) {
        return kernel.every(nanos, recorded(what));
    }

    private Runnable recorded(Runnable timer) {
        CallTrace mine = mine();
        if (mine == null || timer == null) {
            /* It refuses. */
            return timer;
        }
        long number = mine.nextTimer();
        KernelHook.Work<RuntimeException> work = timer::run;
        return () -> mine.work(WorkKind.TIMER, number, 0, work);
    }

    private Task recorded(String name, Task task) {
        CallTrace mine = mine();
        if (mine == null) {
            /* It refuses. */
            return task;
        }
        long number = mine.startTask(name);
        return () -> mine.step(number, task);
    }

    @Override
    public void runOnCpu(int logicalCpu, Runnable work) {
        calls();
        CallTrace target = hook.calls(logicalCpu);
        if (target == null) {
            /* It refuses. */
            kernel.runOnCpu(logicalCpu, work);
            return;
        }
        CallTrace mine = mine();
        long number = mine == null ? 0 : mine.nextGiven();
        int giver = hook.kernel().currentCpu() + 1;
        kernel.runOnCpu(logicalCpu, () -> target.work(WorkKind.RUN_ON_CPU, number, giver, work::run));
    }

    @Override
    public Console openConsole(ConsoleHandler handler) {
        CallTrace mine = mine();
        if (mine == null || handler == null) {
            /* It refuses. */
            return kernel.openConsole(handler);
        }
        long number = mine.nextConsole();
        RecordingConsole[] recording = new RecordingConsole[1];
        Console console = kernel.openConsole(given -> mine.work(WorkKind.CONSOLE, number, 0,
            () -> handler.onConsole(recording[0])));
        answer(KernelCall.OPEN_CONSOLE, console == null ? 0 : 1, 0, 0);
        recording[0] = console == null ? null : new RecordingConsole(console, this::calls);
        return recording[0];
    }

    @Override
    public String proc(String file) {
        String text = kernel.proc(file);
        CallTrace calls = calls();
        if (calls != null) {
            byte[] bytes = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
            calls.answer(KernelCall.PROC, text == null ? -1 : bytes.length, 0,
                new UnsafeBuffer(file.getBytes(StandardCharsets.UTF_8)));
            for (int at = 0, piece = 1; at < bytes.length; at += KernelCall.PROC_PIECE, piece++) {
                calls.answer(KernelCall.PROC, bytes.length, piece,
                    new UnsafeBuffer(bytes, at, Math.min(KernelCall.PROC_PIECE, bytes.length - at)));
            }
        }
        return text;
    }

    @Override
    public int readMemory(long address, MutableDirectBuffer to, int index, int length) {
        int result = kernel.readMemory(address, to, index, length);
        CallTrace calls = calls();
        if (calls != null && result == 0) {
            calls.answer(KernelCall.READ_MEMORY, address, length, 0, new UnsafeBuffer(to, index, length));
        } else if (calls != null) {
            calls.answer(KernelCall.READ_MEMORY, address, length, -result);
        }
        return result;
    }

    /* The others are not recorded: they answer nothing that a replay would have to tell. */
}
