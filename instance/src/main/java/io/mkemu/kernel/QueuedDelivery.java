// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.ipi.IpiDispatcher;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.kernel.HandlerRegistry.Handler;

/**
 * Delivery by messages: each goes to every handler of its type, oldest first, before the next one is looked at. There
 * is no irq_work in it. Used by whoever runs the CPU only.
 */
final class QueuedDelivery implements IpiDispatcher.Messages {
    private static final Handler[] NONE = {};

    private final Delivery delivery;
    private final HandlerRegistry registry;
    private final HandlerRegistry.Lookup lookup;
    private final int logicalCpu;
    /* While a message goes to more than one handler: to whom, and to how many of them by now. */
    private Handler[] several = NONE;
    private int begun;

    QueuedDelivery(Delivery delivery, HandlerRegistry registry, int logicalCpu) {
        this.delivery = delivery;
        this.registry = registry;
        this.lookup = registry.new Lookup();
        this.logicalCpu = logicalCpu;
    }

    @Override
    public void dispatch(MkIpiData data) {
        Handler[] handlers = lookup.handlersOf(data.type());
        if (handlers.length == 1) {
            deliver(handlers[0], data, true);
        } else if (handlers.length == 0) {
            delivery.unhandled(data);
        } else {
            dispatch(handlers, data);
        }
    }

    private void dispatch(Handler[] handlers, MkIpiData data) {
        boolean first = true;
        several = handlers;
        try {
            for (begun = 1; begun <= handlers.length; begun++) {
                first &= !deliver(handlers[begun - 1], data, first);
            }
        } finally {
            several = NONE;
        }
    }

    /** Whether the handler was still registered. */
    private boolean deliver(Handler handler, MkIpiData data, boolean first) {
        try {
            boolean runs = registry.begin(logicalCpu, handler);
            if (runs) {
                delivery.run(handler, data, first);
            }
            return runs;
        } finally {
            registry.end(logicalCpu);
        }
    }

    /** Whether the message that is being delivered has still to go to a handler. */
    boolean isPending(Handler handler) {
        for (int index = begun; index < several.length; index++) {
            if (several[index] == handler) {
                return true;
            }
        }
        return false;
    }
}
