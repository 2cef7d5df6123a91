// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.ipi.IpiDispatcher;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.kernel.HandlerRegistry.Handler;
import java.util.ArrayDeque;

/**
 * Delivery by irq_work, as the RFC does it: an interrupt queues the work of each handler, and all of it runs before the
 * next interrupt is taken, since the multikernel vector has the lower priority. Used by whoever runs the CPU only.
 */
final class IrqWorkDelivery implements IpiDispatcher.IrqWork {
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
                /* Marked as running before it is pending no longer: unregister waits for both, and sees one of them.
                   Work that was pending when its handler was taken back runs, and unregister waits for it. */
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
