// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.HostedMachine;
import io.mkemu.log.KernelLogReader;
import io.mkemu.machine.Iomem;
import io.mkemu.machine.MappedMachine;
import io.mkemu.module.Script;
import io.mkemu.module.ScriptedMachine;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;

/** The machine of one run as its script has it, and the actor's code. Used by the run's thread only. */
final class Scripted implements ScriptedMachine {
    private static final String HOST = HostedMachine.HOST_NAME;
    /* That the machine ends with its host, and not at once: instances notice it. */
    private static final long HOST_DEATH_NANOS = 100_000;

    private final Simulation run;
    private final Script script;
    private final MappedMachine mapped;
    private final Supervisor supervisor;
    private final Cpus cpus;
    private final Deliveries deliveries;
    private final List<InstanceEntry> entries;
    private final List<KernelLogReader> logs = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();
    private boolean ended;

    /**
     * For one run.
     *
     * @param entries of all kernels, by ascending ids
     */
    Scripted(Simulation run, Script script, MappedMachine mapped, Supervisor supervisor, Cpus cpus,
        Deliveries deliveries, List<InstanceEntry> entries) {
        this.run = run;
        this.script = script;
        this.mapped = mapped;
        this.supervisor = supervisor;
        this.cpus = cpus;
        this.deliveries = deliveries;
        this.entries = entries;
        entries.forEach(entry -> logs.add(new KernelLogReader(mapped.memory(), entry.id())));
    }

    /** The actor's code: what it throws is told, and it ends. */
    void run() {
        try {
            script.run(this);
        } catch (Throwable fault) {
            run.fails(Failure.Kind.SCRIPT, fault instanceof AssertionError || fault instanceof MachineException
                ? String.valueOf(fault.getMessage()) : fault.toString());
        } finally {
            ended = true;
            cpus.script().ends();
        }
    }

    /** Whether it has come to its end. */
    boolean isOver() {
        return ended;
    }

    /* ---- verbs ---- */

    @Override
    public void exec(String instance) {
        run.point(Cpus.CALL);
        HostedInstance hosted = hosted(instance);
        if (hosted.life() != null) {
            throw refused(instance, "is " + hosted.state() + ": kill it first");
        }
        supervisor.exec(hosted);
        cpus.event();
    }

    @Override
    public void kill(String instance) {
        run.point(Cpus.CALL);
        HostedInstance hosted = active(instance, false);
        supervisor.endsInOrder(hosted);
        int[] left = {cpus.kernels()[hosted.spec().id()].cpus()};
        Runnable one = () -> {
            left[0]--;
            if (left[0] == 0) {
                supervisor.tell(() -> run.kill(hosted.spec().id()));
                cpus.event();
            }
        };
        cpus.kernels()[hosted.spec().id()].exitModules(one, one);
    }

    @Override
    public void crash(String kernel) {
        run.point(Cpus.CALL);
        if (kernel.equals(HOST)) {
            run.killHost(HOST_DEATH_NANOS);
            return;
        }
        HostedInstance hosted = hosted(kernel);
        if (hosted.life() == null) {
            throw refused(kernel, "is " + hosted.state() + ": it has no process to be killed");
        }
        cpus.hold(hosted.spec().id(), false);
        run.kill(hosted.spec().id());
    }

    @Override
    public void pause(String instance) {
        run.point(Cpus.CALL);
        HostedInstance hosted = active(instance, false);
        hosted.life().pause(true);
        cpus.hold(hosted.spec().id(), true);
    }

    @Override
    public void resume(String instance) {
        run.point(Cpus.CALL);
        HostedInstance hosted = active(instance, true);
        hosted.life().pause(false);
        cpus.hold(hosted.spec().id(), false);
    }

    @Override
    public boolean await(BooleanSupplier condition, long nanos) {
        if (nanos < 1) {
            throw new IllegalArgumentException("await: " + nanos + " ns is less than 1");
        }
        if (!cpus.awaits(condition, run.now() + nanos)) {
            throw new IllegalStateException("the script cannot wait here: a method of C, a monitor or a class "
                + "initialiser is on its stack");
        }
        return condition.getAsBoolean();
    }

    private HostedInstance hosted(String instance) {
        for (HostedInstance hosted : supervisor.instances()) {
            if (hosted.spec().name().equals(instance)) {
                return hosted;
            }
        }
        throw new MachineException(ExitCode.STATE, instance.equals(HOST) ? "the host is no instance: it can be crashed "
            + "only" : "no instance is named " + instance + "; there are " + String.join(", ", kernels()));
    }

    private HostedInstance active(String instance, boolean paused) {
        HostedInstance hosted = hosted(instance);
        if (hosted.life() == null || hosted.state() != InstanceState.ACTIVE) {
            throw refused(instance, "is " + hosted.state() + ", not active: exec it, and await that");
        }
        if (hosted.life().isPaused() != paused) {
            throw refused(instance, paused ? "is not paused" : "is paused: resume it first");
        }
        return hosted;
    }

    private static MachineException refused(String instance, String why) {
        return new MachineException(ExitCode.STATE, "instance " + instance + " " + why);
    }

    /* ---- what there is to see ---- */

    @Override
    public String name() {
        return run.machineName();
    }

    @Override
    public long seed() {
        return run.seed();
    }

    @Override
    public List<String> kernels() {
        return entries.stream().map(entry -> run.nameOf(entry.id())).toList();
    }

    private InstanceEntry entry(String kernel) {
        for (InstanceEntry entry : entries) {
            if (run.nameOf(entry.id()).equals(kernel)) {
                return entry;
            }
        }
        throw new MachineException(ExitCode.STATE, "no kernel is named " + kernel + "; there are "
            + String.join(", ", kernels()));
    }

    @Override
    public int id(String kernel) {
        return entry(kernel).id();
    }

    @Override
    public InstanceState state(String kernel) {
        return kernel.equals(HOST) ? entry(kernel).state() : hosted(kernel).state();
    }

    @Override
    public long life(String kernel) {
        return entry(kernel).life();
    }

    @Override
    public boolean isPaused(String kernel) {
        return !kernel.equals(HOST) && hosted(kernel).life() != null && hosted(kernel).life().isPaused();
    }

    @Override
    public String reason(String kernel) {
        return kernel.equals(HOST) ? "" : hosted(kernel).reason();
    }

    @Override
    public int restarts(String kernel) {
        return kernel.equals(HOST) ? 0 : hosted(kernel).restarts().count();
    }

    @Override
    public List<Line> lines() {
        int before = lines.size();
        for (int index = 0; index < logs.size(); index++) {
            String kernel = run.nameOf(entries.get(index).id());
            for (KernelLogReader.Line line = logs.get(index).poll(); line != null; line = logs.get(index).poll()) {
                lines.add(new Line(kernel, line.level(), line.nanos(), line.text()));
            }
        }
        if (lines.size() > before + 1) {
            lines.subList(before, lines.size()).sort(Comparator.comparingLong(Line::nanos));
        }
        return Collections.unmodifiableList(lines);
    }

    @Override
    public String iomem() {
        return Iomem.of(mapped).tree().toString();
    }

    @Override
    public long delivered(String from, String to) {
        long sum = 0;
        for (int sender : entry(from).cpus()) {
            for (int target : entry(to).cpus()) {
                sum += deliveries.taken(sender, target);
            }
        }
        return sum;
    }

    @Override
    public long waiting(String from, String to) {
        long sum = 0;
        for (int sender : entry(from).cpus()) {
            for (int target : entry(to).cpus()) {
                sum += deliveries.underWay(sender, target);
            }
        }
        return sum;
    }
}
