// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.ipi.IpiDispatcher;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.kernel.HandlerRegistry.Handler;

/**
 * Where the mailbox of one CPU delivers to: the handlers of the message's type. Used by whoever runs that CPU only.
 * Nothing that a callback throws gets past it.
 */
final class Delivery implements IpiDispatcher {
    private final KernelInstance kernel;
    private final LocalApic apic;
    private final CpuTrace trace;
    private final QueuedDelivery messages;
    private final IrqWork irqWork;

    Delivery(KernelInstance kernel, Cpu cpu) {
        this.kernel = kernel;
        this.apic = cpu.apic();
        this.trace = cpu.trace();
        this.messages = new QueuedDelivery(this, kernel.handlers(), cpu.logicalCpu());
        this.irqWork = kernel.rfcLog().around(new IrqWorkDelivery(this, kernel.handlers(), cpu.logicalCpu()),
            cpu.logicalCpu(), apic.physicalCpu());
    }

    @Override
    public QueuedDelivery messages() {
        return messages;
    }

    @Override
    public IrqWork irqWork() {
        return irqWork;
    }

    /** Runs a callback. */
    void run(Handler handler, MkIpiData data, boolean first) {
        apic.count(Counter.CALLBACKS);
        boolean threw = false;
        trace.callbackBegins(data, handler);
        try {
            handler.handle(data);
        } catch (Throwable fault) {
            threw = true;
            apic.count(Counter.FAULTS);
            trace.fault();
            kernel.callbackFailed(handler, data, fault);
        }
        trace.callbackEnds(data, first, threw);
    }

    /** A message came that nobody handles. */
    void unhandled(MkIpiData data) {
        apic.count(Counter.UNHANDLED);
        trace.unhandled(data);
        kernel.unhandled(data);
    }

    /** An interrupt came for a handler whose work is pending already. */
    void coalesced(MkIpiData data) {
        trace.coalesced(data);
    }

    @Override
    public void anomaly(int senderCpu, MkIpiData data) {
        trace.anomaly(senderCpu);
        kernel.anomaly(senderCpu, data);
    }
}
