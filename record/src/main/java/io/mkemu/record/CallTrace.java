// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import io.mkemu.abi.KernelCall;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.WorkKind;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.kernel.KernelHook;
import io.mkemu.module.InstanceChange;
import io.mkemu.module.InstanceListener;
import io.mkemu.module.MemoryChange;
import io.mkemu.module.MemoryListener;
import io.mkemu.module.Task;
import io.mkemu.os.Platform;
import io.mkemu.trace.TraceWriter;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The tracepoints of the modules on one CPU: which of their code ran and what their kernel answered, all that a replay
 * needs besides the messages. Used by that CPU's thread only. Tasks, works, timers and listeners are counted whether or
 * not anything is recorded, so that their numbers mean the same in every recording.
 */
final class CallTrace implements KernelHook.OnCpu {
    private final TraceWriter writer;
    private final PageWatch pages;
    private final Platform platform;
    private long tasks;
    private long given;
    private long timers;
    private long watches;
    private boolean ended;
    private long memoryWatches;
    private long consoles;

    CallTrace(TraceWriter writer, PageWatch pages, Platform platform) {
        this.platform = platform;
        this.writer = writer;
        this.pages = pages;
    }

    /** Whether any of it is recorded now. */
    private boolean on() {
        return !ended && writer.records(TraceMode.ALL);
    }

    /** The CPU has gone: what ran on it runs elsewhere from now on, and is not recorded. By who runs it there. */
    void end() {
        ended = true;
    }

    /** A task is started on this CPU: its number. */
    long startTask(String name) {
        if (on()) {
            answer(KernelCall.START_TASK, tasks, 0, new UnsafeBuffer(TaskName.recorded(name)));
        }
        return tasks++;
    }

    /** Number of the next work that this CPU gives to one. */
    long nextGiven() {
        return given++;
    }

    /** Number of the next timer that is made on this CPU. */
    long nextTimer() {
        return timers++;
    }

    /** Number of the next listener to instances that is made on this CPU. */
    long nextWatch() {
        return watches++;
    }

    /** Number of the next console that is opened on this CPU. */
    long nextConsole() {
        return consoles++;
    }

    /** Tells a listener. */
    void notice(long number, InstanceListener listener, int instanceId, long life, InstanceChange change) {
        if (!on()) {
            listener.onInstanceChange(instanceId, life, change);
            return;
        }
        work(WorkKind.NOTICE, number, 0, () -> {
            answer(KernelCall.INSTANCE_CHANGE, life, instanceId, change.ordinal());
            listener.onInstanceChange(instanceId, life, change);
        });
    }

    /** Number of the next listener to this kernel's memory; on the boot CPU. */
    long nextMemoryWatch() {
        return memoryWatches++;
    }

    /** Tells such a listener; what it answers. */
    String memory(long number, MemoryListener listener, MemoryChange change, long address, long size) {
        if (!on()) {
            return listener.onMemory(change, address, size);
        }
        String[] answered = new String[1];
        work(WorkKind.MEMORY, number, 0, () -> {
            answer(KernelCall.MEMORY_CHANGE, address, Pages.count(size), change.ordinal());
            answered[0] = listener.onMemory(change, address, size);
        });
        return answered[0];
    }

    @Override
    public void callbackBegins(long nanos, int handler, int type, MkIpiData data) {
        begins();
        writer.record(TraceEvent.CALL, 0, nanos, data.senderLife() << Integer.SIZE | handler,
            KernelCall.HANDLER.ordinal(), 0, type, data.senderInstance() + 1);
    }

    /** A module is about to run, and everything is recorded. */
    private void begins() {
        pages.record(writer);
    }

    /** The kernel answered. */
    void answer(KernelCall call, long id, int arg0, int arg1) {
        writer.record(TraceEvent.CALL, 0, platform.nanoTime(), id, call.ordinal(), 0, arg0, arg1);
    }

    /** The kernel answered more than 64 bits. */
    void answer(KernelCall call, long id, int arg0, DirectBuffer payload) {
        answer(call, id, arg0, 0, payload);
    }

    /** As {@link #answer(KernelCall, long, int, DirectBuffer)}. */
    void answer(KernelCall call, long id, int arg0, int arg1, DirectBuffer payload) {
        writer.record(TraceEvent.CALL, 0, platform.nanoTime(), id, call.ordinal(), arg0, arg1, payload, 0,
            payload.capacity());
    }

    /** Pages were mapped: what is in them. */
    void content(long address, DirectBuffer content) {
        pages.content(writer, address, content);
    }

    /** The kernel told the time: the record's own is the same. */
    void time(long nanos) {
        writer.record(TraceEvent.CALL, 0, nanos, nanos, KernelCall.NANO_TIME.ordinal(), 0, 0, 0);
    }

    /** Does a step of a task. */
    long step(long number, Task task) throws Exception {
        if (!on()) {
            return task.step();
        }
        long begun = platform.nanoTime();
        begins();
        boolean ended = true;
        boolean failed = true;
        try {
            long result = task.step();
            ended = result < 0;
            failed = ended && result != Task.DONE;
            return result;
        } finally {
            record(TraceEvent.TASK, failed, begun, number, ended ? 1 : 0, 0);
        }
    }

    @Override
    public <E extends Exception> void run(WorkKind kind, int module, KernelHook.Work<E> work) throws E {
        work(kind, module, 0, work);
    }

    /**
     * Runs what is no task and no callback.
     *
     * @param giver logical CPU + 1 that gave it, 0 for none
     */
    <E extends Exception> void work(WorkKind kind, long number, int giver, KernelHook.Work<E> work) throws E {
        if (!on()) {
            work.run();
            return;
        }
        long begun = platform.nanoTime();
        begins();
        boolean failed = true;
        try {
            work.run();
            failed = false;
        } finally {
            record(TraceEvent.WORK, failed, begun, number, kind.ordinal(), giver);
        }
    }

    private void record(TraceEvent event, boolean failed, long begun, long number, int type, int arg1) {
        writer.record(event, failed ? TraceRecordDescriptor.FAULT : 0, begun, number, type, 0,
            TraceWriter.u32(platform.nanoTime() - begun), arg1);
    }
}
