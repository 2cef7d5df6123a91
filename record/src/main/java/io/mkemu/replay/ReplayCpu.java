// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.abi.KernelCall;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.WorkKind;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import io.mkemu.module.InstanceChange;
import io.mkemu.module.InstanceListener;
import io.mkemu.module.InstanceWatch;
import io.mkemu.module.KernelModule;
import io.mkemu.module.MemoryChange;
import io.mkemu.module.MemoryListener;
import io.mkemu.module.ResourceWatch;
import io.mkemu.module.Task;
import io.mkemu.record.TaskName;
import io.mkemu.replay.ReplayHandlers.Handler;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceRecord;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/** A CPU of a replayed kernel: a thread that does the steps that were recorded on it, when it is its turn. */
final class ReplayCpu extends Thread {
    private static final ThreadLocal<ReplayCpu> LENT = new ThreadLocal<>();

    private record StartedTask(ReplayKernel owner, Task task, String name) {
    }

    /** A listener to instances, until it ends. */
    private static final class MemoryWatch implements ResourceWatch {
        private final ReplayKernel owner;
        private final MemoryListener listener;
        private boolean ended;

        MemoryWatch(ReplayKernel owner, MemoryListener listener) {
            this.owner = owner;
            this.listener = listener;
        }

        @Override
        public void end() {
            ended = true;
        }
    }

    private static final class Watch implements InstanceWatch {
        private final ReplayKernel owner;
        private final InstanceListener listener;
        private boolean ended;

        Watch(ReplayKernel owner, InstanceListener listener) {
            this.owner = owner;
            this.listener = listener;
        }

        @Override
        public void end() {
            ended = true;
        }
    }

    private record Given(int giver, long number) {
    }

    private final Replay replay;
    private final ReplayMachine machine;
    private final int logicalCpu;
    private final ReplayAnswers answers;
    private final Map<Long, StartedTask> tasks = new HashMap<>();
    private final Map<Given, Runnable> works = new HashMap<>();
    private final Map<Long, ReplayTimer> timers = new HashMap<>();
    private final List<Watch> watches = new ArrayList<>();
    private final List<MemoryWatch> memoryWatches = new ArrayList<>();
    private final List<ReplayConsole> consoles = new ArrayList<>();
    private final UnsafeBuffer slot =
        new UnsafeBuffer(Arena.global().allocate(MkIpiDataDescriptor.LENGTH, Long.BYTES).asByteBuffer());
    private MkIpiData message;
    private String messageText;
    private List<Handler> due = List.of();
    private long started;
    private long gave;

    ReplayCpu(Replay replay, ReplayMachine machine, int logicalCpu, ReplayAnswers answers) {
        super(null, null, "cpu" + logicalCpu, 0, false);
        this.replay = replay;
        this.machine = machine;
        this.logicalCpu = logicalCpu;
        this.answers = answers;
        setDaemon(true);
    }

    /** The CPU that the calling thread is, or acts as; null for none. */
    static ReplayCpu current() {
        return Thread.currentThread() instanceof ReplayCpu mine ? mine : LENT.get();
    }

    /** Runs something on another thread as this CPU, which waits meanwhile. */
    void lent(Runnable work) {
        LENT.set(this);
        try {
            work.run();
        } finally {
            LENT.remove();
        }
    }

    int logicalCpu() {
        return logicalCpu;
    }

    ReplayAnswers answers() {
        return answers;
    }

    void startTask(ReplayKernel owner, String taskName, Task task) {
        String name = new String(TaskName.recorded(taskName), StandardCharsets.UTF_8);
        String now = ReplayText.startTask(name);
        TraceRecord then = answers.takeIf(KernelCall.START_TASK);
        if (then != null && !then.text().equals(name)) {
            throw machine.differs(ReplayText.startTask(then.text()), now);
        }
        tasks.put(started++, new StartedTask(owner, task, name));
    }

    /** The name of a task that was started and has not ended; null if there is none of that number. */
    String taskName(long number) {
        StartedTask task = tasks.get(number);
        return task == null ? null : task.name();
    }

    ReplayTimer startTimer(ReplayKernel owner, Runnable what, boolean periodic) {
        ReplayTimer timer = new ReplayTimer(owner, what, periodic);
        timers.put((long) timers.size(), timer);
        return timer;
    }

    InstanceWatch watch(ReplayKernel owner, InstanceListener listener) {
        Watch watch = new Watch(owner, listener);
        watches.add(watch);
        return watch;
    }

    /** Adds a listener to the kernel's memory. */
    ResourceWatch watchMemory(ReplayKernel owner, MemoryListener listener) {
        MemoryWatch watch = new MemoryWatch(owner, listener);
        memoryWatches.add(watch);
        return watch;
    }

    void console(ReplayConsole console) {
        consoles.add(console);
    }

    /** Gives work to a CPU, which does it when it did it then. */
    void give(ReplayCpu to, Runnable work) {
        to.works.put(new Given(logicalCpu + 1, gave++), work);
    }

    @Override
    public void run() {
        try {
            while (replay.awaitTurn(logicalCpu)) {
                step(replay.script());
                replay.pass();
            }
        } catch (ReplayStop known) {
            return;
        } catch (Throwable fault) {
            replay.failed(fault);
        }
    }

    private void step(ScriptReader script) {
        TraceRecord step = script.record();
        answers.begin(script.records(), step.slots() * TraceRecordDescriptor.LENGTH, script.length());
        takeChanges();
        switch (step.event()) {
            case CALLBACK -> callback(step);
            case UNHANDLED -> unhandled(step);
            case TASK -> task(step);
            case WORK -> work(step);
            default -> throw new IllegalStateException("a step of the script is " + step.event());
        }
    }

    /** Pages are as they were then, with what comes next of that. */
    private void takeChanges() {
        for (TraceRecord page = answers.takeIf(KernelCall.PAGE_CHANGED); page != null;
            page = answers.takeIf(KernelCall.PAGE_CHANGED)) {
            machine.memory().change(page.id(), page.payload());
        }
    }

    /** A window on pages that were just mapped, once what was in them is. */
    Window changed(Window window) {
        takeChanges();
        return window;
    }

    /** What a module does in a step, and how it is to be named when it comes to its end. */
    private void run(TraceRecord step, Body body) {
        boolean failedThen = step.has(TraceRecordDescriptor.FAULT);
        String ended = "returns";
        boolean failed = false;
        replay.beforeModule();
        try {
            ended = body.run();
        } catch (ReplayStop stop) {
            throw stop;
        } catch (Throwable fault) {
            failed = true;
            ended = ReplayText.thrown(fault);
        }
        answers.finish(ended);
        if (failed != failedThen) {
            throw machine.differs(failedThen ? "fails" : "does not fail", ended);
        }
    }

    private void callback(TraceRecord step) {
        TraceRecord which = answers.takeIf(KernelCall.HANDLER);
        if (which == null) {
            throw replay.stopped("the recording does not say which handler it was");
        }
        if (step.has(TraceRecordDescriptor.FIRST)) {
            allHaveRun();
            receive(step, which);
        } else if (message == null) {
            throw replay.stopped("the recording does not hold the payload");
        }
        long number = (int) which.id();
        int type = which.arg0();
        Handler handler = machine.handlers().find(type, number);
        if (handler == null) {
            throw machine.differs("handler " + number + " of type " + ReplayText.hex(type) + " runs",
                "there is no such handler");
        }
        due = due.stream().filter(other -> other != handler).toList();
        run(step, () -> {
            handler.callback().handle(message, handler.context());
            return "the callback returns";
        });
    }

    private void receive(TraceRecord step, TraceRecord handler) {
        byte[] payload = step.payload();
        if (payload.length > MkIpiDataDescriptor.MAX_DATA_SIZE || !step.has(TraceRecordDescriptor.PAYLOAD)) {
            throw replay.stopped("the recording does not hold the payload");
        }
        slot.putInt(MkIpiDataDescriptor.SENDER_CPU_OFFSET, MessageId.senderCpu(step.id()), ByteOrder.LITTLE_ENDIAN);
        slot.putInt(MkIpiDataDescriptor.TYPE_OFFSET, step.type(), ByteOrder.LITTLE_ENDIAN);
        slot.putLong(MkIpiDataDescriptor.DATA_SIZE_OFFSET, payload.length, ByteOrder.LITTLE_ENDIAN);
        slot.putBytes(MkIpiDataDescriptor.BUFFER_OFFSET, payload);
        message = MkIpiData.of(slot, MessageId.number(step.id()), handler.arg1() - 1, handler.id() >>> Integer.SIZE);
        messageText = "message " + MessageId.text(step.id());
        /* The interrupt of a single-slot mailbox does not come with every message, so nothing is due there. */
        due = MessageId.number(step.id()) == 0 ? List.of() : machine.handlers().of(step.type());
    }

    /** The kernel runs every handler of a type: had there been one more then, it would have run too. */
    private void allHaveRun() {
        for (Handler handler : due) {
            if (handler.isRegistered()) {
                throw machine.differs("it does not run for " + messageText + ", before this step",
                    handler.text() + " is there");
            }
        }
        due = List.of();
    }

    private void unhandled(TraceRecord step) {
        allHaveRun();
        replay.beforeModule();
        List<Handler> handlers = machine.handlers().of(step.type());
        if (!handlers.isEmpty()) {
            throw machine.differs("there is no handler of type " + ReplayText.hex(step.type()),
                handlers.getFirst().text() + " is there");
        }
    }

    private void task(TraceRecord step) {
        allHaveRun();
        StartedTask task = tasks.get(step.id());
        if (task == null) {
            throw machine.differs("task " + step.id() + " of this CPU is stepped", "there is no such task");
        }
        boolean endedThen = step.type() == 1;
        boolean[] ended = {true};
        run(step, () -> {
            long result = task.task().step();
            if (result < 0 && result != Task.DONE) {
                throw new IllegalStateException("step returned " + result);
            }
            ended[0] = result == Task.DONE;
            return "the step returns " + (ended[0] ? "DONE" : result);
        });
        if (ended[0] != endedThen) {
            throw machine.differs(endedThen ? "the task ends" : "the task goes on",
                ended[0] ? "the task ends" : "the task goes on");
        }
        if (ended[0]) {
            tasks.remove(step.id());
        }
    }

    private void work(TraceRecord step) {
        allHaveRun();
        switch (WorkKind.of(step.type())) {
            case INIT -> init(step, module(step));
            case EXIT -> exit(step, module(step));
            case RUN_ON_CPU -> given(step);
            case TIMER -> timer(step);
            case NOTICE -> notice(step);
            case MEMORY -> memory(step);
            case CONSOLE -> console(step);
            case null -> throw new IllegalStateException("work of kind " + step.type());
        }
    }

    private int module(TraceRecord step) {
        if (step.id() < 0 || step.id() >= machine.modules().size()) {
            throw machine.differs("there is a module " + step.id(), machine.modules().size() + " modules are there");
        }
        return (int) step.id();
    }

    private void init(TraceRecord step, int number) {
        KernelModule module = machine.modules().get(number);
        run(step, () -> {
            ReplayKernel kernel = new ReplayKernel(machine, module);
            machine.kernel(number, kernel);
            module.init(kernel);
            return "init returns";
        });
        if (step.has(TraceRecordDescriptor.FAULT)) {
            drop(machine.kernel(number));
        }
    }

    private void exit(TraceRecord step, int number) {
        ReplayKernel kernel = machine.kernel(number);
        run(step, () -> {
            kernel.module().exit();
            return "exit returns";
        });
        drop(kernel);
    }

    private void drop(ReplayKernel kernel) {
        if (kernel != null) {
            machine.handlers().unregisterAll(kernel);
            tasks.values().removeIf(task -> task.owner() == kernel);
            timers.values().stream().filter(timer -> timer.owner() == kernel).forEach(ReplayTimer::cancel);
            watches.stream().filter(watch -> watch.owner == kernel).forEach(Watch::end);
            memoryWatches.stream().filter(watch -> watch.owner == kernel).forEach(MemoryWatch::end);
        }
    }

    private void timer(TraceRecord step) {
        ReplayTimer timer = timers.get(step.id());
        if (timer == null || !timer.isPending()) {
            throw machine.differs("timer " + step.id() + " of this CPU goes off",
                timer == null ? "there is no such timer" : "it is not to go off");
        }
        run(step, () -> {
            timer.goOff();
            return "the timer's work returns";
        });
    }

    private void notice(TraceRecord step) {
        TraceRecord told = answers.takeIf(KernelCall.INSTANCE_CHANGE);
        if (told == null || told.arg1() < 0 || told.arg1() >= InstanceChange.values().length) {
            throw replay.stopped("the recording does not say what had become of an instance");
        }
        int instance = told.arg0();
        long life = told.id();
        InstanceChange change = InstanceChange.values()[told.arg1()];
        Watch watch = step.id() >= 0 && step.id() < watches.size() ? watches.get((int) step.id()) : null;
        if (watch == null || watch.ended) {
            throw machine.differs("listener " + step.id() + " of this CPU is told that life " + life + " of instance "
                + instance + " is " + change, watch == null ? "there is no such listener" : "it has ended");
        }
        run(step, () -> {
            watch.listener.onInstanceChange(instance, life, change);
            return "the listener returns";
        });
    }

    private void memory(TraceRecord step) {
        TraceRecord told = answers.takeIf(KernelCall.MEMORY_CHANGE);
        if (told == null || told.arg1() < 0 || told.arg1() >= MemoryChange.values().length) {
            throw replay.stopped("the recording does not say what had become of the kernel's memory");
        }
        MemoryChange change = MemoryChange.values()[told.arg1()];
        MemoryWatch watch = step.id() >= 0 && step.id() < memoryWatches.size() ? memoryWatches.get((int) step.id())
            : null;
        if (watch == null || watch.ended) {
            throw machine.differs("listener " + step.id() + " is told that memory at 0x" + Long.toHexString(told.id())
                + " is " + change, watch == null ? "there is no such listener" : "it has ended");
        }
        run(step, () -> {
            watch.listener.onMemory(change, told.id(), Pages.address(told.arg0()));
            return "the listener returns";
        });
    }

    private void console(TraceRecord step) {
        ReplayConsole console = step.id() >= 0 && step.id() < consoles.size() ? consoles.get((int) step.id()) : null;
        if (console == null) {
            throw machine.differs("the handler of console " + step.id() + " of this CPU runs", "there is none");
        }
        run(step, () -> {
            console.handler().onConsole(console);
            return "the handler returns";
        });
    }

    private void given(TraceRecord step) {
        if (step.arg1() == 0) {
            throw replay.stopped("the module gave it from a thread of its own, which no replay can follow");
        }
        Runnable work = works.remove(new Given(step.arg1(), step.id()));
        if (work == null) {
            throw machine.differs("it runs on this CPU", "nothing was given to it");
        }
        run(step, () -> {
            work.run();
            return "the work returns";
        });
    }

    /** A module's code. */
    @FunctionalInterface
    private interface Body {
        /** Runs it; what is to be said of its end. */
        String run() throws Exception;
    }
}
