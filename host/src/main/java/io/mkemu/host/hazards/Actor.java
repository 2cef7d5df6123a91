// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.hazard.HazardBehaviour;
import io.mkemu.hazard.HazardOrder;
import io.mkemu.hazard.HazardPage;
import io.mkemu.hazard.HazardRecord;
import io.mkemu.os.StoppedProcess;
import io.mkemu.table.InstanceEntry;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A kernel that plays a part, as the conductor sees it. One thread conducts. */
final class Actor {
    /** What a send came to: how many returned 0, how many did not, and the last of those errors. */
    record Sends(long sent, long refused, int error) {
    }

    private static final int SETTLE_ROUNDS = 3;
    private static final long SIGN_OF_LIFE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long CALLBACKS_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Stage stage;
    private final InstanceEntry entry;
    private final HazardPage page;

    Actor(Stage stage, InstanceEntry entry, HazardPage page) {
        this.stage = stage;
        this.entry = entry;
        this.page = page;
    }

    int id() {
        return entry.id();
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

    /** Gives an order and does not wait for it. */
    void order(HazardOrder order, long... arguments) {
        page.give(order, arguments);
        bootCpu().raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
    }

    /** Waits until the last order has been carried out. */
    void awaitDone(String what) {
        stage.await(what + " by instance " + entry.name(), page::isDone);
    }

    /** Whether the kernel still takes orders: it is given three seconds. */
    boolean isAlive() {
        order(HazardOrder.PING);
        return stage.within(SIGN_OF_LIFE_NANOS, page::isDone);
    }

    /**
     * Returns when everything rung for until now has been delivered. A kernel takes interrupts before each look for an
     * order and obeys one order per look, so the second answer comes after the interrupts that were pending.
     */
    void settle() {
        for (int round = 0; round < SETTLE_ROUNDS; round++) {
            order(HazardOrder.PING);
            awaitDone("an answer");
        }
    }

    /** Registers a handler. */
    void listen(HazardBehaviour behaviour, int type, int tag) {
        order(HazardOrder.LISTEN, behaviour.ordinal(), type, tag);
        awaitDone("registering a handler");
    }

    /** Registers a handler that only checks. */
    void listen(int type) {
        listen(HazardBehaviour.RECORD, type, 0);
    }

    /** Takes all handlers back. */
    void unlisten() {
        order(HazardOrder.UNLISTEN);
        awaitDone("taking handlers back");
    }

    /** Sends checked messages to the first CPU of an instance, numbered from first on. */
    Sends send(int target, long type, int size, long count, long first) {
        return send(target, -1, type, size, count, first);
    }

    /** Sends to one CPU of an instance. */
    Sends send(int target, int physicalCpu, long type, int size, long count, long first) {
        order(HazardOrder.SEND, target, physicalCpu, type, size, count, first);
        return awaitSends();
    }

    /** Begins a send that the kernel's probe stops in the middle; returns when its process stands still. */
    void sendAndStop(int target, long type, int size, long first) {
        order(HazardOrder.SEND, target, -1, type, size, 1, first);
        stage.await("the stop in mid-send of instance " + entry.name(), () -> StoppedProcess.isStopped(entry.pid()));
    }

    /** Lets the stopped send go on to its end. */
    Sends resume() {
        if (!StoppedProcess.resume(entry.pid())) {
            throw new HazardException("the process of instance " + entry.name() + " is gone");
        }
        return awaitSends();
    }

    /** Sends a page's number, whoever owns the page. */
    Sends sendPfn(int target, long pfn) {
        order(HazardOrder.SEND_PFN, target, pfn);
        return awaitSends();
    }

    private Sends awaitSends() {
        awaitDone("a send");
        return new Sends(page.result(0), page.result(1), (int) page.result(2));
    }

    /** Keeps the kernel from taking interrupts until {@link #release}. */
    void hold() {
        page.closeGate();
        int before = page.inside();
        order(HazardOrder.HOLD);
        awaitInside(before + 1);
    }

    /** Ends {@link #hold}. */
    void release() {
        page.openGate();
        awaitDone("going on");
        page.closeGate();
    }

    /** Waits until the kernel has begun to wait at its gate so often. */
    void awaitInside(int times) {
        stage.await("a callback of instance " + entry.name(), () -> page.inside() >= times);
    }

    /** Position in its notes. */
    int mark() {
        return page.records();
    }

    /** What its callbacks noted since a position. */
    List<HazardRecord> since(int mark) {
        return page.recordsSince(mark);
    }

    /** As {@link #since}, once there are so many, or ten seconds are over. */
    List<HazardRecord> since(int mark, int expected) {
        stage.within(CALLBACKS_NANOS, () -> page.recordsSince(mark).size() >= expected);
        return since(mark);
    }
}
