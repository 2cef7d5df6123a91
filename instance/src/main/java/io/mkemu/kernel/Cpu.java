// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.cpu.IdlePolicy;
import io.mkemu.cpu.LocalApic;
import io.mkemu.cpu.LocalApicDescriptor;
import io.mkemu.cpu.LocalApicDescriptor.Counter;
import io.mkemu.ipi.IpiDispatcher;
import io.mkemu.ipi.IpiReceiver;
import io.mkemu.ipi.IpiSender;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.kernel.HandlerRegistry.Handler;
import io.mkemu.os.Affinity;
import io.mkemu.os.Futex;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.agrona.concurrent.UnsafeBuffer;

/** An emulated CPU: a pinned thread whose loop is interrupts, irq_work, tasks, idle. */
final class Cpu implements IpiDispatcher, IdlePolicy.Idler {
    /** The thread of a CPU; the calls of the kernel find their CPU by it. */
    private static final class CpuThread extends Thread {
        private final Cpu cpu;

        CpuThread(Cpu cpu, String name) {
            super(null, cpu::loop, name, 0, false);
            this.cpu = cpu;
        }
    }

    /* Nobody has to be woken for this: it bounds what a sender that died before it rang, or a word that somebody
       scribbled over, can hide. */
    private static final long AUDIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    /* The clock costs as much as a look for work does: it is read once in so many looks, or 64 turns. */
    private static final int LOOKS_PER_CLOCK = 1024;
    private static final int LOOKS_PER_TURN = 16;

    private final KernelInstance kernel;
    private final HandlerRegistry registry;
    private final HandlerRegistry.Lookup lookup;
    private final int logicalCpu;
    private final LocalApic apic;
    private final IpiReceiver receiver;
    private final IpiSender sender;
    private final CpuTrace trace;
    private final IdlePolicy idle;
    private final TaskQueue tasks = new TaskQueue();
    private final Futex futex = new Futex();
    private final ArrayDeque<Handler> irqWork = new ArrayDeque<>();
    private final ManyToOneConcurrentLinkedQueue<Runnable> work = new ManyToOneConcurrentLinkedQueue<>();
    private final CompletableFuture<Void> online = new CompletableFuture<>();
    private final UnsafeBuffer arrayView = new UnsafeBuffer(0L, 0);
    private final CpuThread thread;
    private volatile boolean parking;
    private long audited = System.nanoTime();
    private int looks;

    Cpu(KernelInstance kernel, int logicalCpu, LocalApic apic, IpiReceiver receiver, IpiSender sender,
        CpuTrace trace, IdlePolicy idle) {
        this.kernel = kernel;
        this.registry = kernel.handlers();
        this.lookup = registry.new Lookup();
        this.logicalCpu = logicalCpu;
        this.apic = apic;
        this.receiver = receiver;
        this.sender = sender;
        this.trace = trace;
        this.idle = idle;
        this.thread = new CpuThread(this, "cpu" + logicalCpu);
        this.thread.setDaemon(true);
    }

    /** The CPU that the calling thread is, or null. */
    static Cpu current() {
        return Thread.currentThread() instanceof CpuThread mine ? mine.cpu : null;
    }

    KernelInstance kernel() {
        return kernel;
    }

    int logicalCpu() {
        return logicalCpu;
    }

    LocalApic apic() {
        return apic;
    }

    IpiSender sender() {
        return sender;
    }

    CpuTrace trace() {
        return trace;
    }

    /** A view that the CPU's own thread may wrap around an array it is about to send. */
    UnsafeBuffer arrayView() {
        return arrayView;
    }

    TaskQueue tasks() {
        return tasks;
    }

    /** Starts the thread; the future completes when it is pinned and takes interrupts. */
    CompletableFuture<Void> bringUp() {
        thread.start();
        return online;
    }

    /** Runs something on this CPU, soon. Any thread. */
    void submit(Runnable task) {
        work.add(task);
        apic.raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
    }

    /** Asks the CPU to leave its loop. Any thread. */
    void park() {
        parking = true;
        apic.raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
    }

    /** Waits until the CPU has left its loop; whether it has. */
    boolean join(long millis) throws InterruptedException {
        thread.join(millis);
        return !thread.isAlive();
    }

    private void loop() {
        try {
            BitSet host = new BitSet();
            host.set(apic.hostCpu());
            Affinity.set(host);
            receiver.announceRunning();
            online.complete(null);
        } catch (Throwable refused) {
            online.completeExceptionally(refused);
            return;
        }
        try {
            while (!parking) {
                try {
                    turn();
                } catch (Throwable fault) {
                    failed(fault);
                }
            }
        } finally {
            apic.announce(LocalApicDescriptor.STATE_OFFLINE);
        }
    }

    /** A fault of the kernel's own, or of work that was given to this CPU: told, and the CPU goes on. */
    private void failed(Throwable fault) {
        apic.count(Counter.FAULTS);
        trace.fault();
        kernel.cpuFailed(this, fault);
    }

    private void turn() {
        looked(LOOKS_PER_TURN);
        trace.turnBegins();
        boolean interrupted = takeInterrupts() | runSubmitted();
        receiver.takeHot();
        trace.delivers();
        interrupted |= receiver.deliver(this) > 0;
        if (!tasks.isEmpty()) {
            trace.goesStale();
        }
        long wait = tasks.run(interrupted);
        if (wait > 0 && !interrupted) {
            idle.idle(this, wait);
        }
    }

    private void looked(int more) {
        looks += more;
        if (looks >= LOOKS_PER_CLOCK) {
            looks = 0;
            auditIfDue();
        }
    }

    /** Looks at the whole mailbox if that was last done long ago, however often this CPU was woken meanwhile. */
    private void auditIfDue() {
        long now = System.nanoTime();
        if (now - audited >= AUDIT_NANOS) {
            audited = now;
            kernel.audit(receiver);
        }
    }

    private boolean takeInterrupts() {
        long vectors = apic.takePending();
        if (vectors == 0) {
            return false;
        }
        apic.count(Counter.INTERRUPTS, Long.bitCount(vectors));
        trace.interrupt(vectors);
        if ((vectors & 1L << LocalApicDescriptor.MULTIKERNEL_VECTOR) != 0) {
            receiver.interrupt(this);
        }
        if ((vectors & 1L << LocalApicDescriptor.RESCHEDULE_VECTOR) != 0) {
            sender.letGo();
        }
        return true;
    }

    private boolean runSubmitted() {
        boolean any = false;
        for (Runnable next = work.poll(); next != null; next = work.poll()) {
            any = true;
            try {
                next.run();
            } catch (Throwable fault) {
                failed(fault);
            }
            trace.goesStale();
        }
        return any;
    }

    @Override
    public boolean hasWork() {
        return receiver.takeHot() || apic.hasPending() || receiver.hasWork();
    }

    @Override
    public boolean mayPoll() {
        return !apic.sharesCore();
    }

    @Override
    public void pause() {
        looked(1);
        trace.pause();
    }

    @Override
    public void halt(long timeoutNanos) {
        int seen = apic.doorbell();
        if (receiver.announceHalted() && !hasWork()) {
            apic.count(Counter.HALTS);
            long limit = timeoutNanos > 0 ? Math.min(timeoutNanos, AUDIT_NANOS) : AUDIT_NANOS;
            trace.halts();
            apic.halt(futex, seen, limit);
            trace.woke();
            auditIfDue();
        }
        receiver.announceRunning();
    }

    @Override
    public void dispatch(MkIpiData data) {
        Handler[] handlers = lookup.handlersOf(data.type());
        if (handlers.length == 0) {
            apic.count(Counter.UNHANDLED);
            trace.unhandled(data);
            kernel.unhandled(this, data);
        }
        boolean first = true;
        for (Handler handler : handlers) {
            try {
                if (registry.begin(logicalCpu, handler)) {
                    run(handler, data, first);
                    first = false;
                }
            } finally {
                registry.end(logicalCpu);
            }
        }
    }

    @Override
    public void queueWork(MkIpiData live) {
        Handler[] handlers = kernel.handlers().handlersOf(live.type());
        if (handlers.length == 0) {
            apic.count(Counter.UNHANDLED);
            trace.unhandled(live);
            kernel.unhandled(this, live);
        }
        for (Handler handler : handlers) {
            if (handler.queueWork(logicalCpu)) {
                irqWork.add(handler);
            } else {
                trace.coalesced(live);
            }
        }
    }

    @Override
    public int runWork(MkIpiData live) {
        int callbacks = 0;
        for (Handler handler = irqWork.poll(); handler != null; handler = irqWork.poll()) {
            handler.takeWork(logicalCpu);
            try {
                if (registry.begin(logicalCpu, handler)) {
                    run(handler, live, true);
                    callbacks++;
                }
            } finally {
                registry.end(logicalCpu);
            }
            takeInterrupts();
        }
        return callbacks;
    }

    private void run(Handler handler, MkIpiData data, boolean first) {
        apic.count(Counter.CALLBACKS);
        boolean threw = false;
        trace.callbackBegins(data, handler);
        try {
            handler.handle(data);
        } catch (Throwable fault) {
            threw = true;
            apic.count(Counter.FAULTS);
            trace.fault();
            kernel.callbackFailed(this, handler, data, fault);
        }
        trace.callbackEnds(data, first, threw);
    }

    @Override
    public void anomaly(int senderCpu, MkIpiData data) {
        trace.anomaly(senderCpu);
        kernel.anomaly(this, senderCpu, data);
    }
}
