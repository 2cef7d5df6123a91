// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.hazards.Patience.Silence;
import io.mkemu.hazards.module.HazardOrder;
import io.mkemu.hazards.module.HazardOrder.Behaviour;
import io.mkemu.hazards.module.HazardPage;
import io.mkemu.hazards.module.HazardPage.Note;
import io.mkemu.os.Futex;
import io.mkemu.os.StoppedProcess;
import io.mkemu.table.InstanceEntry;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A kernel that plays a part, as the conductor sees it. One thread conducts. What a kernel does not do is a
 * {@link Silence}.
 */
final class Actor implements Patience.Events {
    /** What a send came to: how many returned 0, how many did not, and the last of those errors. */
    record Sends(long sent, long refused, int error) {
    }

    private static final int SETTLE_ROUNDS = 3;
    /** A kernel that goes on obeys an order in far less CPU time; wall-clock time says nothing on a busy machine. */
    private static final Duration HANGS_FOR = Duration.ofSeconds(1);

    private final Stage stage;
    private final InstanceEntry entry;
    private final HazardPage page;
    private final Futex futex = new Futex();
    private boolean listening;
    private int mark;
    private boolean silent;

    Actor(Stage stage, InstanceEntry entry, HazardPage page) {
        this.stage = stage;
        this.entry = entry;
        this.page = page;
    }

    InstanceEntry entry() {
        return entry;
    }

    HazardPage page() {
        return page;
    }

    /** Physical ids of its CPUs. */
    int[] cpus() {
        return entry.cpus();
    }

    private LocalApic bootCpu() {
        return stage.mapped().apic(entry.cpus()[0]);
    }

    /** A counter of its boot CPU. */
    long counter(Counter counter) {
        return bootCpu().counter(counter);
    }

    @Override
    public int seen() {
        return page.events();
    }

    @Override
    public void await(int seen, long timeoutNanos) {
        page.awaitEvent(futex, seen, timeoutNanos);
    }

    private void await(String what, BooleanSupplier condition) {
        stage.await(this, what + " of instance " + entry.name(), condition);
    }

    /** Gives an order and does not wait for it. */
    private void give(HazardOrder order, long... arguments) {
        if (silent && !page.isDone()) {
            throw new Silence("instance " + entry.name() + " has not obeyed the order before");
        }
        silent = true;
        page.give(order, arguments);
        bootCpu().raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
    }

    /** Waits until the last order has been carried out. */
    private void awaitDone(String what) {
        await(what, page::isDone);
        silent = false;
    }

    private void order(String what, HazardOrder order, long... arguments) {
        give(order, arguments);
        awaitDone(what);
    }

    /** After a {@link Silence}: lets the kernel go on, should it wait at its gate. */
    void recover() {
        page.openGate();
        listening = false;
    }

    /** Whether the kernel still takes orders; it does not if its process computes for a second instead of obeying. */
    boolean isAlive() {
        give(HazardOrder.PING);
        Duration begun = cpuTime();
        await("an answer, or a second of CPU time without one,",
            () -> page.isDone() || cpuTime().minus(begun).compareTo(HANGS_FOR) > 0);
        silent = !page.isDone();
        return !silent;
    }

    private Duration cpuTime() {
        return ProcessHandle.of(entry.pid()).flatMap(process -> process.info().totalCpuDuration())
            .orElse(Duration.ZERO);
    }

    /**
     * Returns when everything rung for until now has been delivered. A kernel takes interrupts before each look for an
     * order and obeys one order per look, so the second answer comes after the interrupts that were pending.
     */
    void settle() {
        for (int round = 0; round < SETTLE_ROUNDS; round++) {
            order("an answer", HazardOrder.PING);
        }
    }

    /** Registers a handler; {@link #heard} begins with the first one after {@link #unlisten}. */
    void listen(Behaviour behaviour, int type, int tag) {
        if (!listening) {
            listening = true;
            mark = page.records();
        }
        if (behaviour == Behaviour.SLOW) {
            page.closeGate();
        }
        order("the registration of a handler", HazardOrder.LISTEN, behaviour.ordinal(), type, tag);
    }

    /** Registers a handler that only checks. */
    void listen(int type) {
        listen(Behaviour.RECORD, type, 0);
    }

    /** Takes all handlers back. */
    void unlisten() {
        order("taking handlers back", HazardOrder.UNLISTEN);
        listening = false;
    }

    /** What its callbacks noted since it listens, or while it did. */
    List<Note> heard() {
        return page.recordsSince(mark);
    }

    /** Waits until so many callbacks have noted something. */
    void awaitHeard(int expected) {
        await("callback " + expected, () -> heard().size() >= expected);
    }

    /** Sends a checked message to the first CPU of an instance. */
    Sends send(int target, long type, int size) {
        return send(target, type, size, 1);
    }

    /** Sends several, with nothing between them. */
    Sends send(int target, long type, int size, long count) {
        return sendToCpu(target, -1, type, size, count);
    }

    /** Sends to one CPU of an instance. */
    Sends sendToCpu(int target, int physicalCpu, long type, int size, long count) {
        giveSend(target, physicalCpu, type, size, count);
        return awaitSends();
    }

    /** Sends several, and before the next whatever the receiver was rung for has been delivered. */
    Sends sendOneByOne(Actor receiver, long type, int size, int count) {
        Sends all = new Sends(0, 0, 0);
        for (int message = 0; message < count; message++) {
            Sends one = send(receiver.entry.id(), type, size);
            receiver.settle();
            all = new Sends(all.sent + one.sent, all.refused + one.refused, one.error == 0 ? all.error : one.error);
        }
        return all;
    }

    /** Begins a send that the kernel's probe stops in the middle; returns when its process stands still. */
    void sendAndStop(int target, long type, int size) {
        giveSend(target, -1, type, size, 1);
        await("the stop in mid-send", () -> StoppedProcess.isStopped(entry.pid()));
    }

    /** Lets the stopped send go on to its end. */
    Sends resume() {
        if (!StoppedProcess.resume(entry.pid())) {
            throw new Silence("the process of instance " + entry.name() + " is gone");
        }
        return awaitSends();
    }

    /** Sends a page's number, whoever owns the page. */
    Sends sendPfn(int target, long pfn) {
        give(HazardOrder.SEND_PFN, target, pfn);
        return awaitSends();
    }

    private void giveSend(int target, int physicalCpu, long type, int size, long count) {
        give(HazardOrder.SEND, target, physicalCpu, type, size, count, stage.sequences(count));
    }

    private Sends awaitSends() {
        awaitDone("a send");
        return new Sends(page.result(0), page.result(1), (int) page.result(2));
    }

    /** Keeps the kernel from taking interrupts until {@link #release}. */
    void hold() {
        page.closeGate();
        int before = page.inside();
        give(HazardOrder.HOLD);
        awaitInside(before + 1);
    }

    /** Ends {@link #hold}. */
    void release() {
        page.openGate();
        awaitDone("going on");
    }

    /** Waits until the kernel has begun to wait at its gate so often. */
    void awaitInside(int times) {
        await("a callback", () -> page.inside() >= times);
    }
}
