// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.dts.DeviceTreeException;
import io.mkemu.host.life.InstanceMemory;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.MachineSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Who has what of a machine's CPUs and memory, and whether a further wish can be met. Changes nothing. */
final class Partition {
    private final MachinePlan plan;
    private final Collection<InstanceSpec> instances;
    private final Function<String, InstanceState> states;

    /**
     * A partition.
     *
     * @param instances those that there are
     * @param states    of them by name, for messages
     */
    Partition(MachinePlan plan, Collection<InstanceSpec> instances, Function<String, InstanceState> states) {
        this.plan = plan;
        this.instances = instances;
        this.states = states;
    }

    /**
     * Fills in what a new instance leaves open, and checks it.
     *
     * @param wanted   id 0: the lowest free one
     * @param cpuCount so many of the lowest free CPUs instead of its own; 0 for its own
     * @throws MachineException with what cannot be had
     */
    InstanceSpec complete(InstanceSpec wanted, int cpuCount) {
        InstanceSpec named = wanted.id() == 0 ? wanted.withId(freeId()) : wanted;
        instances.stream().filter(other -> other.name().equals(named.name()))
            .forEach(same -> checkBeside(named, same));
        InstanceSpec spec = cpuCount == 0 ? named : named.withResources(pick(cpuCount), named.memoryBytes());
        check(spec, null);
        return spec;
    }

    /** The lowest instance id that is free. */
    private int freeId() {
        return IntStream.rangeClosed(1, MachineSpec.MAX_INSTANCE_ID)
            .filter(id -> instances.stream().noneMatch(other -> other.id() == id)).findFirst()
            .orElseThrow(() -> new MachineException(ExitCode.RESOURCES, "all instance ids 1.."
                + MachineSpec.MAX_INSTANCE_ID + " are in use: mk delete an instance"));
    }

    /** CPUs of the machine's pool that no instance has and the host does not run on, in ascending order. */
    List<Integer> freeCpus() {
        TreeSet<Integer> free = new TreeSet<>(plan.spec().cpus());
        free.remove(plan.hostCpu());
        instances.forEach(other -> free.removeAll(other.cpus()));
        return List.copyOf(free);
    }

    /**
     * The lowest free CPUs.
     *
     * @throws MachineException if there are not so many
     */
    private List<Integer> pick(int count) {
        List<Integer> free = freeCpus();
        if (free.size() < count) {
            throw new MachineException(ExitCode.RESOURCES, count + " CPUs are wanted, free are " + list(free)
                + ": ask for fewer, delete an instance, or make the machine with more");
        }
        return free.subList(0, count);
    }

    /**
     * Checks a new instance, or the new form of one that is there.
     *
     * @param former the name of the one that it is the new form of, null for a new one
     * @throws MachineException with what cannot be had
     */
    void check(InstanceSpec wanted, String former) {
        checkForm(wanted);
        for (InstanceSpec other : instances) {
            if (!other.name().equals(former)) {
                checkBeside(wanted, other);
            }
        }
        List<Integer> twice = new ArrayList<>(wanted.cpus());
        wanted.cpus().stream().distinct().forEach(twice::remove);
        for (int cpu : wanted.cpus()) {
            if (!plan.spec().cpus().contains(cpu)) {
                throw refused("CPU " + cpu + " is not in the machine's pool " + list(plan.spec().cpus()) + ": free are "
                    + list(freeCpus()));
            }
            if (cpu == plan.hostCpu()) {
                throw refused("CPU " + cpu + " is the host's own: free are " + list(freeCpus()));
            }
            if (twice.contains(cpu)) {
                throw refused("CPU " + cpu + " is listed twice: list each CPU once");
            }
        }
        checkKernel(wanted);
    }

    private void checkForm(InstanceSpec wanted) {
        String name = InstanceSpec.nameProblem(wanted.name());
        if (name != null) {
            throw new MachineException(ExitCode.USAGE, name);
        }
        String instance = " of instance " + wanted.name();
        if (wanted.id() < 1 || wanted.id() > MachineSpec.MAX_INSTANCE_ID) {
            throw new MachineException(ExitCode.USAGE, "id " + wanted.id() + instance + " is not in 1.."
                + MachineSpec.MAX_INSTANCE_ID + ": the lowest free id is " + freeId());
        }
        if (wanted.cpus().isEmpty()) {
            throw new MachineException(ExitCode.USAGE, "instance " + wanted.name()
                + " has no CPU: name at least one, free are " + list(freeCpus()));
        }
        if (wanted.memoryBytes() <= 0 || wanted.memoryBytes() % Pages.PAGE_SIZE != 0) {
            throw new MachineException(ExitCode.USAGE, "memory of " + wanted.memoryBytes() + " bytes" + instance
                + " is no positive multiple of " + Pages.PAGE_SIZE + ": round it up");
        }
        if (wanted.memoryBytes() > plan.spec().memoryBytes()) {
            throw InstanceMemory.noMemory(wanted);
        }
    }

    private void checkBeside(InstanceSpec wanted, InstanceSpec other) {
        if (other.name().equals(wanted.name())) {
            throw new MachineException(ExitCode.STATE, "instance " + wanted.name() + " exists already and is "
                + states.apply(other.name()) + ": mk update changes it, mk delete removes it");
        }
        if (other.id() == wanted.id()) {
            throw new MachineException(ExitCode.STATE, "id " + wanted.id() + " is that of instance "
                + other.name() + ": the lowest free id is " + freeId());
        }
        for (int cpu : wanted.cpus()) {
            if (other.cpus().contains(cpu)) {
                throw refused("CPU " + cpu + " is taken by instance " + other.name() + ": free are "
                    + list(freeCpus()));
            }
        }
    }

    /** Checks what an instance is to run, and that its memory can hold its IPI area. */
    void checkKernel(InstanceSpec wanted) {
        try {
            plan.checkInstance(wanted);
        } catch (DeviceTreeException wrong) {
            throw new MachineException(ExitCode.CONFIG, wrong.text(), wrong);
        }
    }

    private static MachineException refused(String why) {
        return new MachineException(ExitCode.RESOURCES, why);
    }

    private static String list(Collection<Integer> cpus) {
        return cpus.isEmpty() ? "none" : cpus.stream().sorted().map(String::valueOf).collect(Collectors.joining(" "));
    }
}
