// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import io.mkemu.os.Platform;
import java.util.ArrayList;
import java.util.List;

/** The tasks of one CPU, stepped in turn. Used by that CPU's thread only. */
final class TaskQueue {
    /** A task and when it wants to be called again. */
    private final class Entry implements TaskHandle {
        private final ModuleContext module;
        private final String name;
        private final Task task;
        private final boolean daemon;
        private long due;
        private boolean woken;

        Entry(ModuleContext module, String name, Task task, boolean daemon) {
            this.module = module;
            this.name = name;
            this.task = task;
            this.daemon = daemon;
            this.due = Long.MIN_VALUE;
        }

        @Override
        public void wake() {
            TaskQueue at = home();
            if (Cpu.current() == at.cpu) {
                woken = true;
                at.anyWoken = true;
                return;
            }
            /* As any interrupt it has all tasks of the CPU stepped. */
            at.cpu.apic().raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
            if (at != home()) {
                /* Its CPU has gone meanwhile. */
                wake();
            }
        }

        private TaskQueue home() {
            TaskQueue home = TaskQueue.this;
            while (home.successor != null) {
                home = home.successor;
            }
            return home;
        }

        void end(Throwable fault) {
            if (fault == null) {
                module.taskEnded(daemon);
            } else {
                module.taskFailed(name, daemon, fault);
            }
        }
    }

    /* A time that no task can ask for: it is not the one of a task that is due at once. */
    private static final long ENDED = Long.MIN_VALUE + 1;

    private final Cpu cpu;
    private final Platform platform;
    private final List<Entry> entries = new ArrayList<>();
    private boolean anyWoken;
    /* Who has the tasks, if this CPU has gone. */
    private volatile TaskQueue successor;
    /* For others: a new list whenever a task comes or goes. */
    private volatile List<String> lines = List.of();

    TaskQueue(Cpu cpu, Platform platform) {
        this.cpu = cpu;
        this.platform = platform;
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /**
     * Adds a task.
     *
     * @param daemon whether nobody waits for its end
     */
    TaskHandle add(ModuleContext module, String name, Task task, boolean daemon) {
        Entry entry = new Entry(module, name, task, daemon);
        entries.add(entry);
        list();
        return entry;
    }

    /**
     * Takes the tasks of a CPU that has gone, and steps them soon. Whoever runs this CPU calls, and nobody runs the
     * other one any more.
     */
    void takeAll(TaskQueue gone) {
        gone.successor = this;
        entries.addAll(gone.entries);
        gone.entries.clear();
        /* Somebody may have woken one on that CPU. */
        cpu.apic().raise(LocalApicDescriptor.RESCHEDULE_VECTOR);
        list();
    }

    /** A line for each task. Any thread. */
    List<String> lines() {
        return lines;
    }

    private void list() {
        lines = entries.stream().map(entry -> "task " + entry.name + " of " + entry.module.name() + ", CPU "
            + cpu.apic().physicalCpu() + (entry.daemon ? ", daemon" : "")).toList();
    }

    /** Drops the tasks of a module that ends; they have ended then. */
    void removeAll(ModuleContext module) {
        for (int index = entries.size() - 1; index >= 0; index--) {
            if (entries.get(index).module == module) {
                module.taskEnded(entries.remove(index).daemon);
            }
        }
        list();
    }

    /**
     * Steps the tasks whose time has come or that were woken, or all of them after an interrupt.
     *
     * @return ns until the next is due: 0 for at once, {@link Long#MAX_VALUE} for none
     */
    long run(boolean interrupted) {
        if (entries.isEmpty()) {
            return Long.MAX_VALUE;
        }
        long next = Long.MAX_VALUE;
        anyWoken = false;
        for (int index = 0; index < entries.size(); index++) {
            Entry entry = entries.get(index);
            if (interrupted || wait(entry) == 0) {
                Throwable fault = step(entry);
                if (entry.due == ENDED) {
                    /* Before anything is told: what ends is stepped no more, whatever comes of the telling. */
                    entries.remove(index--);
                    list();
                    entry.end(fault);
                    continue;
                }
            }
            next = Math.min(next, wait(entry));
        }
        /* A task may have woken one that was looked at before it. */
        return anyWoken ? 0 : next;
    }

    /* The clock costs as much as a message does: only those are asked for it who wait for a time. */
    private long wait(Entry entry) {
        if (entry.woken || entry.due == Long.MIN_VALUE) {
            return 0;
        }
        return entry.due == Long.MAX_VALUE ? Long.MAX_VALUE : Math.max(0, entry.due - platform.nanoTime());
    }

    /** Why the task failed, or null; it has ended if it is due {@link #ENDED}. */
    private Throwable step(Entry entry) {
        long result;
        entry.woken = false;
        try {
            result = entry.task.step();
        } catch (Throwable fault) {
            entry.due = ENDED;
            return fault;
        }
        if (result < 0) {
            entry.due = ENDED;
            return result == Task.DONE ? null : new IllegalStateException(
                "step returned " + result + "; return DONE, AGAIN, WAIT or a number of ns");
        }
        entry.due = result == Task.AGAIN ? Long.MIN_VALUE : result == Task.WAIT ? Long.MAX_VALUE
            : platform.nanoTime() + result;
        return null;
    }
}
