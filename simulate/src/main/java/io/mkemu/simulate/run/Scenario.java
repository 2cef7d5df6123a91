// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.RamLayout;
import io.mkemu.host.life.HostedMachine;
import io.mkemu.module.Script;
import io.mkemu.plan.MachinePlan;
import io.mkemu.simulate.fault.FaultKind;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.MachineSpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What is simulated: a machine, and what may happen to it. Immutable; any thread.
 *
 * @param name      of the machine
 * @param plan      of the machine
 * @param full      the same with lanes of two slots
 * @param faults    that may happen
 * @param mostSteps a run that has not ended after so many points is a livelock
 * @param forNanos  a run ends after so much virtual time, and that is no failure; {@link Long#MAX_VALUE} for never
 * @param script    makes what each run has done to it from outside; null for nothing
 */
public record Scenario(String name, MachinePlan plan, MachinePlan full, Set<FaultKind> faults, long mostSteps,
                long forNanos, Supplier<Script> script) {
    /** More than this is not simulated: each job has a RAM of its own. */
    static final long MOST_RAM_BYTES = 2L << 30;

    public Scenario {
        faults = faults.isEmpty() ? EnumSet.noneOf(FaultKind.class) : EnumSet.copyOf(faults);
    }

    /**
     * A scenario.
     *
     * @throws MachineException if the tree has what cannot be simulated
     */
    public static Scenario of(String name, MachineSpec spec, Set<FaultKind> faults, long mostSteps, long forNanos) {
        for (InstanceSpec instance : spec.instances()) {
            if (instance.external()) {
                throw new MachineException(ExitCode.CONFIG, "instance " + instance.name() + " is external: its program "
                    + "runs somewhere else and cannot be simulated; take it out of the tree, or load modules instead");
            }
        }
        MachinePlan plan = MachinePlan.of(spec);
        if (plan.layout().ramSize() > MOST_RAM_BYTES) {
            throw new MachineException(ExitCode.CONFIG, "the machine has " + plan.layout().ramSize() + " bytes of RAM; "
                + "at most " + MOST_RAM_BYTES + " are simulated: make memory-bytes smaller");
        }
        return new Scenario(name, plan, MachinePlan.of(spec.withIpiSlots(RamLayout.MIN_SLOTS)), faults, mostSteps,
            forNanos, null);
    }

    /** The same with a script, of which each run has a new object. */
    public Scenario with(Supplier<Script> scripts) {
        return new Scenario(name, plan, full, faults, mostSteps, forNanos, scripts);
    }

    /** The same without faults. */
    public Scenario calm() {
        return new Scenario(name, plan, full, EnumSet.noneOf(FaultKind.class), mostSteps, forNanos, script);
    }

    /** The names of all modules of all kernels. */
    List<String> modules() {
        List<String> names = new ArrayList<>(plan.spec().host().modules());
        plan.spec().instances().forEach(instance -> names.addAll(instance.modules()));
        return names;
    }

    /** The bytes of RAM that any run needs. */
    long ramBytes() {
        return Math.max(plan.layout().ramSize(), full.layout().ramSize());
    }

    boolean has(FaultKind kind) {
        return faults.contains(kind);
    }

    /** Names of all instances by their ids, the host's first. */
    static String[] names(List<InstanceSpec> specs) {
        String[] names = new String[1 + specs.stream().mapToInt(InstanceSpec::id).max().orElse(0)];
        names[0] = HostedMachine.HOST_NAME;
        specs.forEach(spec -> names[spec.id()] = spec.name());
        return names;
    }
}
