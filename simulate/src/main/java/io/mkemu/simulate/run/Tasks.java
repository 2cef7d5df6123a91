// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.module.Task;
import java.util.ArrayList;
import java.util.List;

/** The tasks of all kernels that have not ended: who waits for what. One run's thread. */
final class Tasks {
    /** A task, looked after. */
    static final class Watched implements Task {
        private final Tasks owner;
        private final Simulation run;
        private final int instance;
        private final int cpu;
        private final String name;
        private final Task task;
        private long result = AGAIN;

        private Watched(Tasks owner, Simulation run, int instance, int cpu, String name, Task task) {
            this.owner = owner;
            this.run = run;
            this.instance = instance;
            this.cpu = cpu;
            this.name = name;
            this.task = task;
        }

        @Override
        public long step() throws Exception {
            run.point(Cpus.TASK);
            try {
                result = task.step();
            } catch (Throwable fault) {
                run.fails(Failure.Kind.TASK_FAILED, run.nameOf(instance) + ": task " + name + " threw " + fault);
                owner.open.remove(this);
                throw fault;
            }
            if (result < 0) {
                owner.open.remove(this);
                if (result != DONE) {
                    run.fails(Failure.Kind.TASK_FAILED, run.nameOf(instance) + ": task " + name + " returned " + result
                        + "; DONE, AGAIN, WAIT or a number of ns is right");
                }
            }
            return result;
        }

        private String text() {
            return "task " + name + " of " + run.nameOf(instance) + (cpu > 0 ? " on its CPU " + cpu : "") + (result
                == WAIT ? " waits for an interrupt" : result == AGAIN ? " runs on and on" : " waits for a time");
        }
    }

    private final List<Watched> open = new ArrayList<>();

    void begins() {
        open.clear();
    }

    Watched watch(int instance, int cpu, String name, Task task, Simulation run) {
        return new Watched(this, run, instance, cpu, name, task);
    }

    void started(Watched task) {
        open.add(task);
    }

    /** A kernel is dead. */
    void ends(int instance) {
        open.removeIf(task -> task.instance == instance);
    }

    boolean areDone() {
        return open.isEmpty();
    }

    /** Who waits for what, in a line. */
    String text() {
        return String.join(", ", open.stream().map(Watched::text).toList());
    }
}
