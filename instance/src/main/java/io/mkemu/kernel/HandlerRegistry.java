// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.os.Platform;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.agrona.collections.Int2IntCounterMap;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * The handlers of a kernel. A change makes a new table, so the CPUs read without a lock; a CPU says which handler it
 * runs, so that taking one back can wait for it.
 */
final class HandlerRegistry {
    /** A registered callback. */
    static final class Handler implements IpiHandler {
        private final IpiCallback callback;
        private final Object context;
        private final int type;
        private final ModuleContext owner;
        private final int number;
        /* Of each CPU: the irq_work's pending bit. That CPU's own, and unregister waits for it. */
        private final AtomicIntegerArray workPending;
        private volatile boolean registered = true;
        /* It was told that it waits in its callback; AtomicWatch's own, under its lock. */
        private boolean blamed;

        Handler(IpiCallback callback, Object context, int type, ModuleContext owner, int number, int cpus) {
            this.callback = callback;
            this.context = context;
            this.type = type;
            this.owner = owner;
            this.number = number;
            this.workPending = new AtomicIntegerArray(cpus);
        }

        @Override
        public int type() {
            return type;
        }

        /** The module that registered it. */
        ModuleContext owner() {
            return owner;
        }

        /** Number among those of its type, from 0, in the order in which they were registered. */
        int number() {
            return number;
        }

        /** Whether it was told that its callback waits. */
        boolean isBlamed() {
            return blamed;
        }

        /** It is told that now. */
        void blame() {
            blamed = true;
        }

        /** Whether the handler's work is pending on a CPU. */
        boolean isWorkPending(int logicalCpu) {
            return workPending.get(logicalCpu) != 0;
        }

        /**
         * Marks the handler's work as pending on a CPU.
         *
         * @return false if the handler was taken back meanwhile and its work must not be queued: here the mark is set
         *     before registered is read, there registered is cleared before the mark is read, so one sees the other
         */
        boolean queueWork(int logicalCpu) {
            workPending.set(logicalCpu, 1);
            boolean queued = registered;
            if (!queued) {
                workPending.set(logicalCpu, 0);
            }
            return queued;
        }

        /** The work is about to run: from now on it can be queued again. */
        void takeWork(int logicalCpu) {
            workPending.set(logicalCpu, 0);
        }

        void handle(MkIpiData data) {
            callback.handle(data, context);
        }
    }

    private static final Handler[] NONE = {};

    private final AtomicReferenceArray<Handler> running;
    /* Of each CPU: the handler that it waits for in unregister. Under the lock. */
    private final Handler[] awaited;
    private final Platform platform;
    private volatile Int2ObjectHashMap<Handler[]> table = new Int2ObjectHashMap<>();

    /* No other CPU runs modules: changed on the boot CPU outside of callbacks, and before another one begins. */
    private boolean alone;
    private final boolean refusesDeadlock;
    private final Int2IntCounterMap registrations = new Int2IntCounterMap(0);

    /**
     * A registry.
     *
     * @param cpus            that the kernel may have at once
     * @param refusesDeadlock whether a callback that would wait for itself is told -EDEADLK, or waits as in the RFC
     * @param platform        how to wait
     */
    HandlerRegistry(int cpus, boolean refusesDeadlock, Platform platform) {
        this.platform = platform;
        running = new AtomicReferenceArray<>(cpus);
        awaited = new Handler[cpus];
        alone = cpus == 1;
        this.refusesDeadlock = refusesDeadlock;
    }

    /** Says whether the boot CPU is the only one. On the boot CPU, outside of callbacks. */
    void alone(boolean now) {
        alone = now;
    }

    /** Adds a handler behind those of its type: multikernel_register_handler. Any thread. */
    synchronized Handler register(IpiCallback callback, Object context, int type, ModuleContext owner) {
        if (owner != null) {
            /* Under the lock: a module that ends takes back all that is registered once it has said so. */
            owner.requireLife();
        }
        Handler handler =
            new Handler(callback, context, type, owner, registrations.getAndIncrement(type), running.length());
        Handler[] before = handlersOf(type);
        Handler[] after = Arrays.copyOf(before, before.length + 1);
        after[before.length] = handler;
        replace(type, after);
        return handler;
    }

    /**
     * Takes a handler back and waits until no CPU runs it: multikernel_unregister_handler.
     *
     * @param logicalCpu  the caller's, -1 for a thread that is none
     * @param pendingHere whether the message whose callback calls this has still to go to the handler
     * @return 0, -ENOENT, or -EDEADLK if the caller is inside its callback, or inside one that a CPU which runs the
     *     handler waits for, itself or by way of others, or if it is pending here
     */
    int unregister(Handler handler, int logicalCpu, boolean pendingHere) {
        synchronized (this) {
            if (refusesDeadlock && logicalCpu >= 0 && waitsFor(handler, logicalCpu, new boolean[awaited.length])) {
                return -Errno.EDEADLK;
            }
            if (!handler.registered) {
                return -Errno.ENOENT;
            }
            if (pendingHere) {
                return -Errno.EDEADLK;
            }
            List<Handler> rest = new ArrayList<>(List.of(handlersOf(handler.type)));
            rest.remove(handler);
            replace(handler.type, rest.toArray(NONE));
            handler.registered = false;
            await(logicalCpu, handler);
        }
        for (int cpu = 0; cpu < running.length(); cpu++) {
            while (handler.isWorkPending(cpu) || running.get(cpu) == handler) {
                platform.relax();
            }
        }
        synchronized (this) {
            await(logicalCpu, null);
        }
        return 0;
    }

    private void await(int logicalCpu, Handler handler) {
        if (logicalCpu >= 0) {
            awaited[logicalCpu] = handler;
        }
    }

    /**
     * Whether the end of a handler's callbacks waits for a CPU. The last of those that wait in a ring sees the others:
     * each says under the lock what it waits for, and what it runs stays the same until it has returned from there.
     */
    private boolean waitsFor(Handler handler, int self, boolean[] seen) {
        for (int cpu = 0; cpu < awaited.length; cpu++) {
            if (!seen[cpu] && running.get(cpu) == handler) {
                seen[cpu] = true;
                if (cpu == self || awaited[cpu] != null && waitsFor(awaited[cpu], self, seen)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Takes back all handlers of a module that ends. */
    void unregisterAll(ModuleContext owner, int logicalCpu) {
        List<Handler> theirs = new ArrayList<>();
        synchronized (this) {
            for (Iterator<Handler[]> all = table.values().iterator(); all.hasNext();) {
                for (Handler handler : all.next()) {
                    if (handler.owner == owner) {
                        theirs.add(handler);
                    }
                }
            }
        }
        theirs.forEach(handler -> unregister(handler, logicalCpu, false));
    }

    private void replace(int type, Handler[] handlers) {
        Int2ObjectHashMap<Handler[]> copy = new Int2ObjectHashMap<>(table);
        if (handlers.length == 0) {
            copy.remove(type);
        } else {
            copy.put(type, handlers);
        }
        table = copy;
    }

    /** A line for each handler. Any thread. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        synchronized (this) {
            for (Handler[] handlers : table.values()) {
                for (Handler handler : handlers) {
                    lines.add("type 0x" + Integer.toHexString(handler.type) + ": handler " + handler.number + " of "
                        + handler.owner.name());
                }
            }
        }
        lines.sort(null);
        return lines;
    }

    /** The handlers of a type, oldest first; do not change. */
    Handler[] handlersOf(int type) {
        return handlersOf(table, type);
    }

    private static Handler[] handlersOf(Int2ObjectHashMap<Handler[]> table, int type) {
        Handler[] handlers = table.get(type);
        return handlers == null ? NONE : handlers;
    }

    /** Looks handlers up for one CPU, which mostly wants those of the type that it wanted last. */
    final class Lookup {
        private Int2ObjectHashMap<Handler[]> seen;
        private int type;
        private Handler[] handlers;

        /** The handlers of a type, oldest first; do not change. */
        Handler[] handlersOf(int wanted) {
            Int2ObjectHashMap<Handler[]> now = table;
            if (now != seen || wanted != type) {
                handlers = HandlerRegistry.handlersOf(now, wanted);
                type = wanted;
                seen = now;
            }
            return handlers;
        }
    }

    /**
     * Says that a CPU is about to run a handler.
     *
     * @return false if it was taken back meanwhile and must not run
     */
    boolean begin(int logicalCpu, Handler handler) {
        if (alone) {
            /* Only this CPU's own thread can take it back while it runs, and that is the deadlock case. */
            running.setPlain(logicalCpu, handler);
        } else {
            running.set(logicalCpu, handler);
        }
        return handler.registered;
    }

    /** What a CPU runs, as another thread sees it; null for nothing. */
    Handler running(int logicalCpu) {
        return running.get(logicalCpu);
    }

    /** Says that the CPU runs it no more. */
    void end(int logicalCpu) {
        running.setRelease(logicalCpu, null);
    }
}
