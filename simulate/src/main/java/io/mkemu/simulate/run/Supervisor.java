// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.InstanceLife;
import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.tree.InstanceSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The host of a simulated machine, as an actor among the CPUs: it begins the lives of the instances, sees them become
 * active and end, and starts them again, with the same code for each of these steps as a real host. One run's thread.
 */
final class Supervisor {
    private static final long LOOK_NANOS = 100_000_000;
    private static final String KILLED = "killed by SIGKILL (a fault of the simulation)";

    private final Simulation run;
    private final SimulatedMachine machine;
    private final List<HostedInstance> instances = new ArrayList<>();
    private final ArrayDeque<Runnable> news = new ArrayDeque<>();
    /* Of each instance: when it is started though no policy wants it; -1 for never. */
    private final long[] starts;
    /* Those that a script has asked to end. */
    private final Set<HostedInstance> ending = new HashSet<>();
    private boolean looksAgain;

    /**
     * Makes the instances; none lives.
     *
     * @param late of each instance: how many ns late it is started; -1 for not at all
     */
    Supervisor(Simulation run, SimulatedMachine machine, long[] late, long now) {
        this.run = run;
        this.machine = machine;
        List<InstanceSpec> specs = machine.plan().spec().instances();
        this.starts = new long[specs.size()];
        for (InstanceSpec spec : specs) {
            HostedInstance made = new HostedInstance(machine, spec);
            made.reserve(false);
            made.load(spec);
            long its = late[instances.size()];
            starts[instances.size()] = its < 0 ? -1 : now + its;
            instances.add(made);
        }
    }

    List<HostedInstance> instances() {
        return instances;
    }

    /** When it has something to do. */
    private long due() {
        long due = Long.MAX_VALUE;
        for (int index = 0; index < starts.length; index++) {
            if (starts[index] >= 0) {
                due = Math.min(due, starts[index]);
            }
            if (instances.get(index).restarts().isPlanned()) {
                due = Math.min(due, run.now() + instances.get(index).restarts().dueInNanos());
            }
        }
        return due;
    }

    /** An instance that has no life is to begin one. */
    void exec(HostedInstance instance) {
        starts[instances.indexOf(instance)] = run.now();
    }

    /** The life of an instance is to end in order: when its process is gone, that was wanted. */
    void endsInOrder(HostedInstance instance) {
        ending.add(instance);
    }

    /** Something that the supervisor is to do next; an event must follow. */
    void tell(Runnable next) {
        news.add(next);
    }

    /** The process of an instance is gone. */
    void died(HostedInstance instance) {
        InstanceLife life = instance.life();
        news.add(() -> life.over(KILLED));
    }

    /** The actor's code: never returns. */
    void run() {
        while (true) {
            look();
            long due = due();
            run.waits(looksAgain ? Math.min(due, run.now() + LOOK_NANOS) : due);
        }
    }

    private void look() {
        for (Runnable next = news.poll(); next != null; next = news.poll()) {
            next.run();
        }
        looksAgain = false;
        for (int index = 0; index < starts.length; index++) {
            HostedInstance instance = instances.get(index);
            InstanceLife life = instance.life();
            if (life != null) {
                life.look();
            } else if (starts[index] >= 0 && starts[index] <= run.now()) {
                starts[index] = -1;
                begin(instance);
            } else if (instance.restarts().isPlanned() && instance.restarts().dueInNanos() == 0) {
                begin(instance);
            }
            looksAgain |= instance.look();
        }
    }

    private void begin(HostedInstance instance) {
        SimulatedLife life = new SimulatedLife(machine, instance.spec(), (ended, how) -> over(instance, how),
            run::launch);
        try {
            instance.begin(life);
            life.exec();
        } catch (RuntimeException refused) {
            String why = refused.getMessage() == null ? refused.toString() : refused.getMessage();
            instance.abandon(why);
            machine.say(LogLevel.ERR, "mkemu: " + instance.spec().name() + " is not started: " + why);
        }
    }

    private void over(HostedInstance instance, String how) {
        if (ending.remove(instance)) {
            instance.end(true, how);
            return;
        }
        instance.end(false, how);
        new KernelLog(machine.memory(), instance.spec().id()).append(LogLevel.ERR.ordinal(), -1,
            "mkemu: instance failed: " + how);
        boolean planned = instance.restarts().plan(instance.spec().restart());
        long later = run.restartsLater();
        if (!planned && later >= 0) {
            starts[instances.indexOf(instance)] = run.now() + later;
        }
    }
}
