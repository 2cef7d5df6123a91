// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Window;
import io.mkemu.os.Futex;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A receiving CPU with the loop of a kernel's, that notes what came. */
final class TestCpu implements IpiDispatcher, IpiDispatcher.Messages, AutoCloseable {
    /** What arrived. */
    interface Sink {
        void message(MkIpiData data);
    }

    private final Window window;
    private final LocalApic apic;
    private final IpiReceiver receiver;
    private final Futex futex = new Futex();
    private final boolean polling;
    private final Sink sink;
    final List<Integer> anomalies = new ArrayList<>();

    TestCpu(MappedMachine mapped, InstanceEntry entry, int index, boolean polling, Sink sink) {
        this.window = mapped.interconnect().mapArea(entry, entry.ipiArea());
        this.apic = mapped.apic(entry.cpus()[index]);
        this.receiver = mapped.interconnect().receiver(window, apic, apic.logicalCpu(), polling,
            this);
        this.polling = polling;
        this.sink = sink;
        receiver.announceRunning();
    }

    /** One turn: interrupts, what is polled, delivery. */
    int turn() {
        long vectors = apic.takePending();
        if ((vectors & 1L << LocalApicDescriptor.MULTIKERNEL_VECTOR) != 0) {
            receiver.interrupt();
        }
        receiver.takeHot();
        return receiver.deliver();
    }

    /** Turns until something holds; sleeps without limit when there is nothing to do, unless the CPU polls. */
    void runUntil(BooleanSupplier done) {
        while (!done.getAsBoolean()) {
            if (turn() == 0 && !polling) {
                halt();
            }
        }
    }

    private void halt() {
        int seen = apic.doorbell();
        if (receiver.announceHalted() && !receiver.takeHot() && !apic.hasPending() && !receiver.hasWork()) {
            apic.count(Counter.HALTS);
            apic.halt(futex, seen, 0);
        }
        receiver.announceRunning();
    }

    IpiReceiver receiver() {
        return receiver;
    }

    LocalApic apic() {
        return apic;
    }

    @Override
    public void dispatch(MkIpiData data) {
        sink.message(data);
    }

    @Override
    public Messages messages() {
        return this;
    }

    @Override
    public IrqWork irqWork() {
        throw new UnsupportedOperationException("single-slot");
    }

    @Override
    public void anomaly(int senderCpu, MkIpiData data) {
        anomalies.add(senderCpu);
    }

    @Override
    public void close() {
        window.close();
    }
}
