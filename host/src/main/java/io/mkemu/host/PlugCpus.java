// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.InstanceLife;
import io.mkemu.host.life.States;
import io.mkemu.tree.InstanceSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Gives an instance CPUs, or takes of those that it has: one whose kernel runs is asked for each. All of it or nothing.
 * Any thread; whoever waits holds up nobody.
 */
final class PlugCpus {
    private final Host host;
    private final Plug plug;

    PlugCpus(Host host, Plug plug) {
        this.host = host;
        this.plug = plug;
    }

    /**
     * Changes them: first those that go.
     *
     * @param dryRun only ask whether it could be done
     * @return what the instance is then
     * @throws MachineException if one cannot come or go; all is as before then, or the message says what is not
     */
    InstanceSpec change(String name, List<Integer> coming, List<Integer> going, boolean dryRun)
        throws InterruptedException {
        HostedInstance instance = States.find(name, host.instances());
        if (instance.life() == null) {
            return host.update(name, wanted(instance, coming, going).cpus(), 0, dryRun);
        }
        InstanceSpec wanted = host.atOnce(() -> begin(instance, coming, going, dryRun));
        Deque<Step> steps = new ArrayDeque<>();
        going.forEach(cpu -> steps.add(new Step(instance, cpu, false)));
        coming.forEach(cpu -> steps.add(new Step(instance, cpu, true)));
        try {
            if (dryRun) {
                for (Step step : steps) {
                    step.query();
                }
                return wanted;
            }
            run(steps);
            return instance.spec();
        } finally {
            locked(() -> instance.plugs(false));
        }
    }

    private static InstanceSpec wanted(HostedInstance instance, List<Integer> coming, List<Integer> going) {
        List<Integer> cpus = new ArrayList<>(instance.spec().cpus());
        going.stream().filter(cpu -> !cpus.remove(cpu)).findFirst().ifPresent(stranger -> {
            throw new MachineException(ExitCode.STATE, "CPU " + stranger + " is not one of instance "
                + instance.spec().name() + "'s: mk show tells which it has");
        });
        coming.stream().filter(cpus::contains).findFirst().ifPresent(known -> {
            throw new MachineException(ExitCode.STATE, "CPU " + known + " is one of instance "
                + instance.spec().name() + "'s already");
        });
        cpus.addAll(coming);
        return instance.spec().withResources(cpus, instance.spec().memoryBytes());
    }

    /** Under the host's lock: nobody else changes the instance from here on. */
    private InstanceSpec begin(HostedInstance instance, List<Integer> coming, List<Integer> going, boolean dryRun) {
        States.requirePluggable(instance);
        InstanceSpec wanted = wanted(instance, coming, going);
        instance.requireMayGo(going);
        host.check(wanted, instance);
        instance.requireRoom(coming, going);
        instance.plugs(true);
        if (!dryRun) {
            instance.recordChange(wanted);
        }
        return wanted;
    }

    private void locked(Runnable change) {
        host.atOnce(() -> {
            change.run();
            return null;
        });
    }

    private void run(Deque<Step> steps) throws InterruptedException {
        Deque<Step> done = new ArrayDeque<>();
        try {
            for (Step step : steps) {
                step.run();
                done.push(step);
            }
        } catch (MachineException refused) {
            List<String> left = new ArrayList<>();
            for (Step step : done) {
                try {
                    new Step(step.instance, step.cpu, !step.comes).run();
                } catch (MachineException stays) {
                    left.add("CPU " + step.cpu + " " + (step.comes ? "has come" : "has gone"));
                }
            }
            if (left.isEmpty()) {
                throw refused;
            }
            throw new MachineException(refused.exitCode(), refused.getMessage() + "; but " + String.join(", ", left)
                + " before, and could not be taken back", refused);
        }
    }

    /** One CPU that comes or goes. */
    private final class Step {
        private final HostedInstance instance;
        private final int cpu;
        private final boolean comes;
        private final String name;

        Step(HostedInstance instance, int cpu, boolean comes) {
            this.instance = instance;
            this.cpu = cpu;
            this.comes = comes;
            this.name = instance.spec().name();
        }

        void query() throws InterruptedException {
            plug.change(name, (of, kernel) -> of.askWhetherCpu(cpu, comes, kernel));
            if (!comes) {
                stays();
            }
        }

        void run() throws InterruptedException {
            if (comes) {
                plug.change(name, (of, kernel) -> {
                    of.prepareCpu(cpu);
                    try {
                        host.cpusChange();
                    } catch (MachineException shares) {
                        of.takeBackCpu(cpu);
                        throw shares;
                    }
                    return of.addCpu(cpu, kernel);
                });
            } else {
                remove(instance.life());
            }
        }

        private void remove(InstanceLife life) throws InterruptedException {
            plug.change(name, (of, kernel) -> of.askWhetherCpu(cpu, false, kernel));
            locked(() -> instance.showCpu(cpu, life, false));
            try {
                instance.awaitSenders(cpu);
            } catch (MachineException senders) {
                locked(() -> instance.showCpu(cpu, life, true));
                stays();
                throw senders;
            }
            try {
                plug.change(name, (of, kernel) -> of.removeCpu(cpu, kernel));
            } catch (MachineException refused) {
                locked(() -> instance.showCpu(cpu, life, true));
                throw refused;
            }
            boolean offline = instance.awaitOffline(cpu, life);
            boolean gone = host.atOnce(() -> offline && instance.cpuGone(cpu, life));
            if (!gone) {
                throw new MachineException(ExitCode.STATE, "CPU " + cpu + " of instance " + name + (offline
                    ? " stays: its kernel has ended meanwhile, and was started again with all its CPUs"
                    : " is given back by the kernel, but does not park: mk kill " + name));
            }
            locked(host::cpusChange);
        }

        /** Modules that have agreed are told so. */
        private void stays() throws InterruptedException {
            try {
                plug.change(name, (of, kernel) -> of.keepCpu(cpu, kernel));
            } catch (MachineException ended) {
                /* There is nobody to be told any more. */
                return;
            }
        }
    }
}
