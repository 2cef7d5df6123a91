// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.module.Task;
import io.mkemu.module.TaskHandle;
import java.util.ArrayList;
import java.util.List;

/** The tasks of a fake kernel, by the clock of its machine. */
final class FakeTasks {
    private static final class Running {
        private final Task task;
        private final boolean daemon;
        private long due;

        Running(Task task, boolean daemon) {
            this.task = task;
            this.daemon = daemon;
        }
    }

    private final FakeMachine machine;
    private final List<Running> tasks = new ArrayList<>();
    private final List<Exception> failures = new ArrayList<>();

    FakeTasks(FakeMachine machine) {
        this.machine = machine;
    }

    TaskHandle start(Task task, boolean daemon) {
        Running running = new Running(task, daemon);
        tasks.add(running);
        return () -> running.due = machine.now();
    }

    /** Steps those that are due, after an interrupt all; how long none will be due. */
    long run(boolean interrupted) {
        long wait = Task.WAIT;
        for (Running running : List.copyOf(tasks)) {
            if (interrupted || running.due <= machine.now()) {
                step(running);
            }
            wait = tasks.contains(running) && running.due != Task.WAIT
                ? Math.min(wait, Math.max(0, running.due - machine.now())) : wait;
        }
        return wait;
    }

    private void step(Running running) {
        running.due = Task.WAIT;
        long result;
        try {
            result = running.task.step();
        } catch (Exception fault) {
            failures.add(fault);
            result = Task.DONE;
        }
        if (result == Task.DONE) {
            tasks.remove(running);
        } else if (running.due == Task.WAIT) {
            /* Else it was woken in this step. */
            running.due = result == Task.WAIT ? result : machine.now() + result;
        }
    }

    boolean isWaitedFor() {
        return tasks.stream().anyMatch(running -> !running.daemon);
    }

    List<Exception> failures() {
        return failures;
    }

    void clear() {
        tasks.clear();
    }
}
