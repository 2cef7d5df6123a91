// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.kernel.KernelHook;
import io.mkemu.kernel.SteppedKernel;
import io.mkemu.machine.MappedMachine;
import io.mkemu.module.Kernel;
import io.mkemu.module.Operation;
import io.mkemu.module.Script;
import io.mkemu.plan.MachinePlan;
import io.mkemu.record.RecordingHook;
import io.mkemu.simulate.fault.Fault;
import io.mkemu.simulate.fault.FaultKind;
import io.mkemu.simulate.fault.FaultPlan;
import io.mkemu.simulate.strategy.Strategy;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;

/**
 * One execution of a machine: all of its kernels in one thread, and a scheduler that chooses, at each point where
 * another CPU could notice a difference, who goes on. One thread.
 */
final class Simulation implements Strikes.Target {
    private static final long STEP_NANOS = 100;
    /* Of 256: how many allocations fail where some do. */
    private static final int FAILING = 32;
    private static final int ALL = 256;

    private final Bench bench;
    private final Scenario scenario;
    private final VirtualPlatform platform;
    private final Deliveries deliveries;
    private final long seed;
    private final SplittableRandom chances;
    private final Strategy strategy;
    private final List<Fault> faults;
    private final boolean full;
    private final boolean queued;
    private final String[] names;
    private final MappedMachine mapped;
    private final SimulatedMachine machine;
    private final Supervisor supervisor;
    private final Cpus cpus;
    private final Strikes strikes;
    private final Observations observations;
    private final Checks checks;
    private final Scripted script;
    private final int[] ready;
    /* Of each CPU: the life word of the instance that it began to send to last. */
    private final long[] sentTo;

    private int last = -1;
    private long points;
    private long hash;
    private Failure failure;
    private boolean audited;
    private int deliveredAtAudit;
    private int exitsLeft = -1;
    private boolean over;
    private boolean booted;
    private long endsAt = Long.MAX_VALUE;

    /**
     * Prepares a run.
     *
     * @param strategy  who goes on
     * @param decisions faults and mailbox of the run; null to plan them from the seed
     * @param recorded  the plan of a recorded run, or null
     * @throws IOException if it is to be recorded and cannot be
     */
    Simulation(Bench bench, Scenario scenario, long seed, Strategy strategy, Decisions decisions,
        MachinePlan recorded) throws IOException {
        SplittableRandom seeds = new SplittableRandom(seed);
        SplittableRandom bits = seeds.split();
        SplittableRandom planning = seeds.split();
        SplittableRandom scheduling = seeds.split();
        this.chances = seeds.split();
        this.bench = bench;
        this.scenario = scenario;
        this.seed = seed;
        this.strategy = strategy;
        boolean planned = scenario.has(FaultKind.FULL) && planning.nextBoolean();
        this.full = decisions != null ? decisions.full() : planned;
        this.faults = decisions != null ? decisions.faults() : FaultPlan.of(scenario.faults(),
            scenario.plan().spec().instances().size(), planning, bench.length());
        this.platform = bench.platform();
        this.deliveries = bench.deliveries();
        MachinePlan plan = recorded != null ? recorded : full ? scenario.full() : scenario.plan();
        this.queued = plan.spec().ipi() == IpiMode.QUEUED;
        this.names = Scenario.names(plan.spec().instances());
        platform.begins(bits);
        deliveries.begins();
        bench.tasks().begins();
        bench.schedule().clear();
        this.mapped = new MappedMachine(bench.memory(plan, seed));
        this.machine = new SimulatedMachine(scenario.name(), mapped, plan, this::internal);
        Script made = scenario.script() == null ? null : scenario.script().get();
        this.supervisor = new Supervisor(this, machine, late(plan.spec().instances().size(), made),
            platform.nanoTime());
        List<InstanceEntry> entries = new ArrayList<>(List.of(mapped.instances().entry(0)));
        supervisor.instances().forEach(instance -> entries.add(instance.entry()));
        entries.sort(Comparator.comparingInt(InstanceEntry::id));
        this.cpus = new Cpus(mapped, platform, bench.images(), strategy, entries, names, made != null,
            (id, hooked) -> new SimulatedHook(this, id, hooked, recorded == null ? KernelHook.none(hooked)
                : new RecordingHook(hooked)),
            (id, refused) -> fails(Failure.Kind.BOOT, nameOf(id) + ": " + refused));
        this.strikes = new Strikes(faults, cpus, this);
        this.ready = new int[cpus.count()];
        this.sentTo = new long[mapped.layout().nrCpus()];
        this.observations = new Observations(platform, entries.toArray(InstanceEntry[]::new),
            entries.stream().map(entry -> names[entry.id()]).toArray(String[]::new));
        this.checks = new Checks(bench.images().checks(), observations, this);
        this.script = made == null ? null
            : new Scripted(this, made, mapped, supervisor, cpus, deliveries, entries);
        strategy.begins(scheduling, cpus.count());
        platform.schedules(cpus);
        cpus.supervisor().begins(supervisor::run);
        if (script != null) {
            cpus.script().begins(script::run);
        }
        machine.recorder().hostBegins();
        boots(0, plan.spec().host().modules());
    }

    private long[] late(int instances, Script made) {
        long[] late = new long[instances];
        if (made != null && !made.executesInstances()) {
            Arrays.fill(late, -1);
            return late;
        }
        for (Fault fault : faults) {
            if (fault.kind() == FaultKind.BOOT && fault.index() < instances) {
                late[fault.index()] = fault.nanos();
            }
        }
        return late;
    }

    /** Runs it to its end. */
    RunResult run() {
        bench.runs(this);
        try {
            while (failure == null && !over) {
                step();
            }
            if (failure == null) {
                ended();
            }
        } finally {
            bench.runs(null);
            platform.schedules(null);
            machine.recorder().close();
        }
        return new RunResult(seed, failure, points, bench.schedule().count(), deliveries.delivered(),
            platform.nanoTime() - VirtualPlatform.BEGINS_AT, strikes.done(),
            new Decisions(bench.schedule().actors(), bench.schedule().lengths(), faults, full,
                strategy.isCoarse()));
    }

    private void step() {
        long now = platform.nanoTime();
        if (now >= endsAt || now - VirtualPlatform.BEGINS_AT >= scenario.forNanos()) {
            over = true;
            return;
        }
        if (exitsLeft < 0) {
            if (script != null && script.isOver()) {
                scriptIsOver();
            } else {
                strikes.strike(points, now);
            }
        }
        int count = cpus.ready(now, ready);
        if (count == 0) {
            nobody();
            return;
        }
        int chosen = choose(count);
        if (strategy.isOver()) {
            over = true;
            return;
        }
        Actor actor = cpus.actor(chosen);
        last = chosen;
        hash -= Bench.mix(chosen, actor.point());
        try {
            cpus.step(actor, now);
        } catch (RuntimeException | Error fault) {
            internal("CPU " + actor.name(), fault);
        }
        hash += Bench.mix(chosen, actor.point());
        bench.saw(hash + observations.hash() + deliveries.shape());
        platform.advance(strategy.isCoarse() ? 0 : STEP_NANOS);
        strategy.stepped(cpus.touched());
        observations.step(++points);
        if (failure == null && queued && actor.faults() > 0) {
            fails(Failure.Kind.LOGGED, "mkemu: a fault or a damaged message on CPU " + actor.name());
        }
        if (failure == null) {
            checks.look();
        }
        if (points >= scenario.mostSteps() && failure == null) {
            fails(Failure.Kind.LIVELOCK, bench.tasks().areDone()
                ? "the kernels go on for ever though all tasks are done" : "not done: " + bench.tasks().text());
        }
        if (bench.isRecorded() && points % Bench.DRAINED_POINTS == 0) {
            machine.recorder().drain();
        }
    }

    private int choose(int count) {
        if (strategy.isCoarse() && !booted) {
            int boots = boots(count);
            if (boots >= 0) {
                return boots;
            }
            booted = true;
        }
        if (count == 1 && !strategy.isCoarse()) {
            return ready[0];
        }
        int chosen = ready[strategy.choose(ready, count, last)];
        bench.schedule().chose(chosen);
        return chosen;
    }

    /** Who goes on while kernels boot and there is no choice: the supervisor, or a kernel that is not active; or -1. */
    private int boots(int count) {
        for (int index = 0; index < count; index++) {
            int id = cpus.actor(ready[index]).instance();
            if (id < 0 || mapped.instances().entry(id).state() != InstanceState.ACTIVE) {
                return ready[index];
            }
        }
        return -1;
    }

    /** Nobody can go on now: time passes, or the run has come to its end. */
    private void nobody() {
        long due = cpus.due();
        String waiting = due == Long.MAX_VALUE && queued ? deliveries.waiting(cpus.kernels(), mapped, names) : null;
        if (due != Long.MAX_VALUE) {
            platform.advanceTo(due);
        } else if (waiting != null) {
            fails(Failure.Kind.CONTRACT, waiting);
        } else if (!audited || deliveries.delivered() != deliveredAtAudit) {
            /* What a sender left that died before it rang is found by the audit that a sleeping CPU does now and
               then. */
            audited = true;
            deliveredAtAudit = deliveries.delivered();
            cpus.audit();
        } else if (exitsLeft > 0) {
            fails(Failure.Kind.DEADLOCK, "the exit of a module does not end");
        } else if (exitsLeft == 0 || endsAt != Long.MAX_VALUE) {
            over = true;
        } else if (bench.tasks().areDone()) {
            finish();
        } else {
            fails(Failure.Kind.DEADLOCK, bench.tasks().text());
        }
    }

    /** As a machine whose test is over: modules exit, whatever their tasks have still to do; nobody boots any more. */
    private void scriptIsOver() {
        cpus.supervisor().ends();
        cpus.standStill();
        finish();
    }

    /** All tasks are done, or the script is: the modules exit. */
    private void finish() {
        if (bench.tasks().areDone()) {
            checks.atEnd();
        }
        exitsLeft = 0;
        audited = false;
        for (SteppedKernel kernel : cpus.kernels()) {
            if (kernel != null) {
                exitsLeft += kernel.cpus();
                kernel.exitModules(() -> exitsLeft--, () -> exitsLeft--);
            }
        }
    }

    private void ended() {
        if (exitsLeft == 0) {
            fails(Failure.Kind.LEAK, Leaks.of(mapped, cpus, names));
        }
        fails(Failure.Kind.NOT_LINEARIZABLE, failure == null ? bench.wrong(checks.all()) : null);
    }

    /* ---- faults and lives ---- */

    @Override
    public void kill(int id) {
        killKernel(id);
        for (HostedInstance instance : supervisor.instances()) {
            if (instance.spec().id() == id && instance.life() != null) {
                supervisor.died(instance);
            }
        }
        cpus.event();
    }

    @Override
    public void killHost(long nanos) {
        cpus.supervisor().ends();
        killKernel(0);
        endsAt = platform.nanoTime() + nanos;
    }

    private void killKernel(int id) {
        cpus.kill(id, deliveries);
        bench.tasks().ends(id);
        observations.ends(id);
    }

    /** After how long a kernel that was killed is started though no policy wants it; -1 for never. */
    long restartsLater() {
        return scenario.has(FaultKind.RESTART) ? chances.nextLong(2_000_000) : -1;
    }

    /** Whether an allocation that is asked for fails. */
    boolean allocationFails() {
        return full && chances.nextInt(ALL) < FAILING;
    }

    /** The supervisor starts a kernel. */
    void launch(SimulatedLife life) {
        boots(life.spec().id(), life.spec().modules());
    }

    private void boots(int id, List<String> modules) {
        for (int cpu : mapped.instances().entry(id).cpus()) {
            String sender = cpus.senderTo(cpu);
            if (sender != null) {
                fails(Failure.Kind.CONTRACT, "the IPI area of " + nameOf(id) + " was made anew while CPU " + sender
                    + " was sending to it");
            }
            deliveries.targetBegins(cpu);
        }
        cpus.boots(id, modules);
    }

    /* ---- what modules do ---- */

    void point(int where) {
        cpus.point(where);
    }

    /**
     * What a module does now may have to do with any instance.
     *
     * @param forGood and so may all that follows
     */
    void touchesAll(boolean forGood) {
        cpus.touchesAll(forGood);
    }

    /** A step of a send is done. */
    void sendPoint() {
        cpus.sendPoint();
    }

    /** The supervisor has nothing to do before a time. */
    void waits(long until) {
        cpus.waits(until);
    }

    /**
     * A module is about to send.
     *
     * @return what {@link #sent} is to be told
     */
    int sends(Kernel kernel, int instanceId, int physicalCpu, int type, DirectBuffer data, int offset, int size) {
        cpus.point(Cpus.CALL);
        if (!queued || !cpus.isRunning() || size < 0 || size > MkIpiDataDescriptor.MAX_DATA_SIZE) {
            return -1;
        }
        InstanceEntry target = mapped.instances().find(instanceId);
        int cpu = target == null ? -1 : physicalCpu >= 0 ? physicalCpu : target.bootCpu();
        if (cpu < 0 || cpu >= mapped.layout().nrCpus()) {
            return -1;
        }
        cpus.touches(instanceId);
        deliveries.sends(kernel.physicalCpuId(), cpu, type, data, offset, size);
        cpus.sending(cpu);
        sentTo[kernel.physicalCpuId()] = target.lifeWord();
        return kernel.physicalCpuId() * mapped.layout().nrCpus() + cpu;
    }

    /**
     * It has sent.
     *
     * @param lane   of {@link #sends}
     * @param result of the send
     * @return the result
     */
    int sent(int lane, int result) {
        if (lane >= 0) {
            int sender = lane / mapped.layout().nrCpus();
            int target = lane % mapped.layout().nrCpus();
            if (result != 0) {
                deliveries.refused(sender, target);
            } else if (InstanceEntry.stateOf(sentTo[sender]) != InstanceState.ACTIVE
                && mapped.instances().find(mapped.instances().ownerOf(target)).lifeWord() == sentTo[sender]) {
                fails(Failure.Kind.CONTRACT, "a message from CPU " + sender + " to CPU " + target
                    + " was accepted though its instance was not active");
            }
            cpus.sending(-1);
        }
        if (result == -Errno.ENOSPC) {
            cpus.gaveWay();
        }
        return result;
    }

    /** A callback is about to run. */
    void delivers(Kernel kernel, MkIpiData data, Object handler) {
        if (queued) {
            int cpu = kernel.physicalCpuId();
            String wrong = deliveries.delivers(data.senderCpu(), cpu, data.type(), data.buffer(), data.number(),
                handler, mapped.apic(cpu).counter(Counter.UNHANDLED));
            if (wrong != null) {
                fails(Failure.Kind.CONTRACT, wrong);
            }
        }
    }

    /** Something is wrong, unless there is no text. The first thing counts. */
    void fails(Failure.Kind kind, String text) {
        if (failure == null && text != null) {
            failure = new Failure(kind, text.replace('\n', ' '), points,
                platform.nanoTime() - VirtualPlatform.BEGINS_AT);
        }
    }

    /**
     * A kernel cannot go on. What it has logged since it came to its last point tells the same: the reason is this one.
     */
    void panics(int instance, String reason) {
        failure = failure != null && failure.isLogged(nameOf(instance), points) ? null : failure;
        fails(Failure.Kind.MODULE_THREW, nameOf(instance) + ": panic: " + reason);
    }

    private void internal(String where, Throwable fault) {
        if (failure == null) {
            bench.internal(fault);
        }
        fails(Failure.Kind.INTERNAL, where + ": " + fault);
    }

    Tasks tasks() {
        return bench.tasks();
    }

    Observations observations() {
        return observations;
    }

    Operation operation(int instance, String name) {
        return bench.operation(instance, nameOf(instance), mapped.instances().entry(instance).life(), name);
    }

    @Override
    public String nameOf(int instance) {
        return names[instance];
    }

    String machineName() {
        return scenario.name();
    }

    long seed() {
        return seed;
    }

    long now() {
        return platform.nanoTime();
    }

    long points() {
        return points;
    }
}
