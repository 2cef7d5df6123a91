// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.event.TimerQueue;
import io.mkemu.event.Watches;
import io.mkemu.ipi.IpiReceiver;
import io.mkemu.ipi.IpiSender;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Window;
import io.mkemu.os.Platform;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An emulated CPU: its state, and the work of one turn, which is interrupts, deliveries, tasks. One caller at a time
 * runs it, its {@link CpuThread} or whoever {@link #steps steps} it; {@link #submit} is for any thread. Nothing that a
 * module throws gets past a turn.
 */
final class Cpu {
    /* Nobody has to be woken for this: it bounds what a sender that died before it rang, or a word that somebody
       scribbled over, can hide. */
    static final long AUDIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    /* The clock costs as much as a look for work does: it is read once in so many looks, or 64 turns. */
    private static final int LOOKS_PER_CLOCK = 1024;
    private static final int LOOKS_PER_TURN = 16;
    /* Other lanes, the audit and what a policy looks at wait for so many messages at most, and those of one look. */
    private static final int SERVED_PER_TURN = 64;
    private static final ThreadLocal<Cpu> STEPPED = new ThreadLocal<>();

    private final KernelInstance kernel;
    private final Platform platform;
    private final boolean runsIrqWork;
    private final int logicalCpu;
    private final LocalApic apic;
    private final CpuTrace trace;
    private final Delivery delivery;
    private final IpiReceiver receiver;
    private final IpiSender sender;
    private final TaskQueue tasks;
    private final TimerQueue timers;
    private final Watches watches;
    private final ManyToOneConcurrentLinkedQueue<Runnable> work = new ManyToOneConcurrentLinkedQueue<>();
    private final UnsafeBuffer arrayView = new UnsafeBuffer(0L, 0);
    private long audited;
    private int looks;
    /* Who has what was this one's, if it has gone. */
    private volatile Cpu successor;

    /**
     * A CPU that takes no interrupts yet.
     *
     * @param area    the IPI area of its kernel
     * @param polling whether its idle policy may ever poll
     */
    Cpu(KernelInstance kernel, int logicalCpu, LocalApic apic, Window area, boolean polling, CpuTrace trace) {
        MappedMachine machine = kernel.machine();
        this.kernel = kernel;
        this.platform = machine.platform();
        this.runsIrqWork = !machine.isQueued();
        this.logicalCpu = logicalCpu;
        this.apic = apic;
        this.trace = trace;
        this.delivery = new Delivery(kernel, this);
        this.receiver = machine.interconnect().receiver(area, apic, logicalCpu, polling, delivery);
        this.sender = machine.interconnect().sender(apic, trace.writer(), kernel::tableDamaged,
            kernel.rfcLog()::notAvailable);
        this.tasks = new TaskQueue(this, platform);
        this.watches = new Watches(apic, () -> current() == this, machine.instances());
        this.timers = new TimerQueue(apic, () -> current() == this, platform::nanoTime);
        this.audited = platform.nanoTime();
    }

    /** The CPU that the calling thread runs, or null. Costs a CPU's own thread a comparison of its class. */
    static Cpu current() {
        return Thread.currentThread() instanceof CpuThread mine ? mine.cpu() : STEPPED.get();
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

    IpiReceiver receiver() {
        return receiver;
    }

    IpiSender sender() {
        return sender;
    }

    CpuTrace trace() {
        return trace;
    }

    Delivery delivery() {
        return delivery;
    }

    /** A view that whoever runs the CPU may wrap around an array that it is about to send. */
    UnsafeBuffer arrayView() {
        return arrayView;
    }

    TaskQueue tasks() {
        return tasks;
    }

    TimerQueue timers() {
        return timers;
    }

    Watches watches() {
        return watches;
    }

    /** Runs something on this CPU, soon; if it has gone, on the boot CPU. Any thread. */
    void submit(Runnable task) {
        Cpu at = successor;
        if (at != null) {
            at.submit(task);
            return;
        }
        work.add(task);
        apic.raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
        at = successor;
        if (at != null) {
            /* It has gone meanwhile: whether before or after this one was seen, it runs. */
            at.submit(() -> successor.takeWork(this));
        }
    }

    private void takeWork(Cpu gone) {
        for (Runnable next = gone.work.poll(); next != null; next = gone.work.poll()) {
            submit(next);
        }
    }

    /**
     * Takes over from a CPU that has gone: its works, timers, watches and tasks. Whoever runs this CPU calls, and
     * nobody runs the other one any more.
     */
    void takeAll(Cpu gone) {
        gone.successor = this;
        takeWork(gone);
        timers.takeAll(gone.timers);
        watches.takeAll(gone.watches);
        tasks.takeAll(gone.tasks);
    }

    /**
     * Delivers all that has come to this CPU and that no sender sends to any more. Whoever runs it calls.
     */
    void drain() {
        boolean more = true;
        while (more) {
            takeInterrupts();
            receiver.audit();
            int delivered = 0;
            while (receiver.hasWork()) {
                delivered += deliverOnce();
            }
            more = delivered > 0;
        }
    }

    private int deliverOnce() {
        try {
            trace.delivers();
            return receiver.deliver();
        } catch (Throwable fault) {
            failed(fault);
            return 1;
        }
    }

    /** From now on senders know that it runs. */
    void goOnline() {
        apic.onlineSince(platform.nanoTime());
        receiver.announceRunning();
    }

    /** Runs something as this CPU, for a caller that is no thread of a CPU. */
    void steps(Runnable what) {
        Cpu before = STEPPED.get();
        STEPPED.set(this);
        try {
            what.run();
        } finally {
            STEPPED.set(before);
        }
    }

    /** Does a turn for such a caller; as {@link #turn}. */
    long step() {
        long[] wait = new long[1];
        steps(() -> wait[0] = turn());
        return wait[0];
    }

    /**
     * Does what there is to do: takes interrupts, runs what was given to this CPU, delivers messages, tells what
     * has become of instances, lets timers go off, steps tasks.
     *
     * @return how long there will be nothing to do, ns: 0 for not at all, {@link Long#MAX_VALUE} until an interrupt
     */
    long turn() {
        try {
            looked(LOOKS_PER_TURN);
            trace.turnBegins();
            boolean interrupted = takeInterrupts() | runSubmitted();
            receiver.takeHot();
            trace.delivers();
            interrupted |= receiver.deliver() > 0;
            boolean wentOff = tellWatches() | timers.run();
            boolean hasTasks = !tasks.isEmpty();
            if (wentOff || hasTasks) {
                trace.goesStale();
            }
            long wait = Math.min(tasks.run(interrupted), timers.untilNext(wentOff || hasTasks));
            return interrupted ? 0 : wait;
        } catch (Throwable fault) {
            failed(fault);
            return 0;
        }
    }

    /** A fault of the kernel's own, or of work that was given to this CPU: told, and the CPU goes on. */
    void failed(Throwable fault) {
        apic.count(Counter.FAULTS);
        trace.fault();
        kernel.cpuFailed(this, fault);
    }

    private boolean takeInterrupts() {
        long vectors = apic.takePending();
        if (vectors == 0) {
            return false;
        }
        apic.count(Counter.INTERRUPTS, Long.bitCount(vectors));
        trace.interrupt(vectors);
        if ((vectors & 1L << LocalApicDescriptor.RESCHEDULE_VECTOR) != 0) {
            /* Before a callback sends: whoever waits for this interrupt waits for sends that have begun. */
            sender.letGo();
        }
        if ((vectors & 1L << LocalApicDescriptor.MULTIKERNEL_VECTOR) != 0) {
            receiver.interrupt();
            if (runsIrqWork) {
                /* Before anything else, as in Linux: what runs below must not find work pending on its own CPU. */
                trace.delivers();
                receiver.deliver();
            }
        }
        if ((vectors & 1L << LocalApicDescriptor.INSTANCE_VECTOR) != 0) {
            watches.rung();
        }
        if ((vectors & 1L << LocalApicDescriptor.REQUEST_VECTOR) != 0) {
            kernel.resourcesRung();
        }
        return true;
    }

    /* After the messages: what an instance has sent before its end comes before it, as far as it has been rung. */
    private boolean tellWatches() {
        boolean due = watches.isDue();
        if (due) {
            trace.goesStale();
            watches.run();
        }
        return due;
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

    private boolean hasWork() {
        return receiver.takeHot() || apic.hasPending() || receiver.hasWork();
    }

    /**
     * Looks for work up to so many times, a moment apart. What comes by the lane that delivered last it delivers at
     * once, as a turn would that finds nothing else: as long as there are no tasks, no vector is pending, no message
     * has started a timer that goes off sooner than was known, and not more messages in a row than
     * {@link #SERVED_PER_TURN}. Whoever polls looks at the clock for the timers.
     *
     * @return whether there is work for a {@link #turn}, or was
     */
    boolean poll(int looks) {
        int served = 0;
        for (int look = 0; look < looks; look++) {
            if (receiver.isHottestReady() && tasks.isEmpty() && !apic.hasPending()) {
                served += serve();
                if (served >= SERVED_PER_TURN || !tasks.isEmpty() || timers.isEarlier()) {
                    return true;
                }
                look = 0;
            } else if (hasWork()) {
                return true;
            } else {
                looked(1);
                trace.pause();
            }
        }
        return served > 0;
    }

    private int serve() {
        try {
            trace.turnBegins();
            return receiver.deliverHottest();
        } catch (Throwable fault) {
            failed(fault);
            return SERVED_PER_TURN;
        }
    }

    /**
     * Tells senders that the CPU is about to sleep, then looks for work once more.
     *
     * @return whether it may sleep; {@link #wakes} must follow in any case
     */
    boolean sleeps() {
        if (receiver.announceHalted() && !hasWork()) {
            apic.count(Counter.HALTS);
            apic.fallsAsleep(platform.nanoTime());
            trace.halts();
            return true;
        }
        return false;
    }

    /**
     * The CPU runs again.
     *
     * @param slept whether it did sleep
     */
    void wakes(boolean slept) {
        if (slept) {
            trace.woke();
            long now = platform.nanoTime();
            apic.awakes(now);
            auditIfDue(now);
        }
        receiver.announceRunning();
    }

    private void looked(int more) {
        looks += more;
        if (looks >= LOOKS_PER_CLOCK) {
            looks = 0;
            auditIfDue(platform.nanoTime());
        }
    }

    /** Looks at the whole mailbox if that was last done long ago, however often this CPU was woken meanwhile. */
    private void auditIfDue(long now) {
        if (now - audited >= AUDIT_NANOS) {
            audited = now;
            kernel.audit(receiver);
            watches.rung();
        }
    }
}
