// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.ipi.IpiDispatcher;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.kernel.HandlerRegistry.Handler;
import io.mkemu.message.ResourceMessage;
import java.util.ArrayDeque;

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
        trace.unhandled(data);
        if (ResourceMessage.isResource(data.type())) {
            /* For the kernel itself. If a module handles the type, REQUEST_VECTOR is what says it. */
            kernel.resourcesRung();
            return;
        }
        apic.count(Counter.UNHANDLED);
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

    /**
     * Delivery by irq_work, as the RFC does it: an interrupt queues the work of each handler, and all of it runs before
     * the next interrupt is taken, since the multikernel vector has the lower priority. Used by whoever runs the CPU
     * only.
     */
    private static final class IrqWorkDelivery implements IrqWork {
        private final Delivery delivery;
        private final HandlerRegistry registry;
        private final int logicalCpu;
        private final ArrayDeque<Handler> pending = new ArrayDeque<>();

        IrqWorkDelivery(Delivery delivery, HandlerRegistry registry, int logicalCpu) {
            this.delivery = delivery;
            this.registry = registry;
            this.logicalCpu = logicalCpu;
        }

        /* The RFC walks its list newest first and llist_add makes irq_work run last in, first out: oldest first. */
        @Override
        public void queue(MkIpiData live) {
            Handler[] handlers = registry.handlersOf(live.type());
            if (handlers.length == 0) {
                delivery.unhandled(live);
            }
            for (Handler handler : handlers) {
                if (handler.isWorkPending(logicalCpu)) {
                    delivery.coalesced(live);
                } else if (handler.queueWork(logicalCpu)) {
                    pending.add(handler);
                }
            }
        }

        @Override
        public int run(MkIpiData live) {
            int callbacks = 0;
            for (Handler handler = pending.poll(); handler != null; handler = pending.poll()) {
                try {
                    /* Marked as running before it is pending no longer: unregister waits for both, and sees one of
                       them. Work that was pending when its handler was taken back runs, and unregister waits for it. */
                    registry.begin(logicalCpu, handler);
                    handler.takeWork(logicalCpu);
                    delivery.run(handler, live, true);
                    callbacks++;
                } finally {
                    registry.end(logicalCpu);
                }
            }
            return callbacks;
        }
    }
}
