// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.ipi.SendProbe;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.module.Check;
import io.mkemu.module.Operation;
import io.mkemu.module.SequentialModel;
import io.mkemu.plan.MachinePlan;
import io.mkemu.simulate.history.Caller;
import io.mkemu.simulate.history.History;
import io.mkemu.simulate.history.Linearizability;
import io.mkemu.simulate.strategy.Strategy;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * What runs one after another have in common: RAM, the classes of modules, and memory that is used again. Belongs to
 * the thread that makes it.
 */
public final class Bench implements AutoCloseable {
    /* Of a trace ring that is recorded: it is emptied before it can overflow. */
    static final int DRAINED_POINTS = 256;
    private static final int MOST_STATES = 1_000_000;

    private final Arena arena = Arena.ofShared();
    private final Scenario scenario;
    private final VirtualRam ram;
    private final ModuleImages images;
    private final VirtualPlatform platform = new VirtualPlatform();
    private final Deliveries deliveries;
    private final Tasks tasks = new Tasks();
    private final Schedule schedule = new Schedule();
    private final History history = new History(this::points);
    private final Linearizability linearizability = new Linearizability(MOST_STATES);
    private final StateSet states = new StateSet();
    private final long length;
    private long undecided;
    private boolean recorded;
    private volatile Simulation run;
    private volatile long begun;
    private Throwable internal;

    /**
     * For the calling thread.
     *
     * @param length how many points a run has, about
     * @throws io.mkemu.MachineException if a module cannot be read
     */
    public Bench(Scenario scenario, long length) throws IOException {
        this.scenario = scenario;
        this.length = length;
        this.ram = new VirtualRam(scenario.ramBytes(), arena);
        this.images = new ModuleImages(scenario.modules());
        this.deliveries = new Deliveries(scenario.plan().layout().nrCpus());
        SendProbe.points(() -> {
            if (run != null) {
                run.sendPoint();
            }
        });
    }

    /** Runs a machine once. */
    public RunResult run(long seed, Strategy strategy, Decisions decisions) throws IOException {
        return run(seed, strategy, decisions, null);
    }

    /**
     * Runs a machine once.
     *
     * @param decisions to repeat a run's, or null
     * @param recorded  the plan of a machine that is recorded, or null
     */
    public RunResult run(long seed, Strategy strategy, Decisions decisions, MachinePlan recorded) throws IOException {
        history.clear();
        begun += 1L << 32;
        this.recorded = recorded != null;
        try {
            return new Simulation(this, scenario, seed, strategy, decisions, recorded).run();
        } finally {
            images.ended();
        }
    }

    /** RAM of a machine that begins. */
    PhysicalMemory memory(MachinePlan plan, long seed) {
        return ram.begins(plan, mix(seed, 1) & Long.MAX_VALUE, recorded, platform);
    }

    /**
     * Whether something that runs have written would be there in the next one.
     *
     * @return its address, or -1
     */
    public long firstLeft() {
        return ram.firstLeft();
    }

    /** Whose points the steps of sends are now. */
    void runs(Simulation running) {
        run = running;
    }

    /** A number that changes as long as runs go on; any thread, soon. */
    public long progress() {
        Simulation now = run;
        return now == null ? begun : begun + now.points();
    }

    private long points() {
        return run == null ? 0 : run.points();
    }

    boolean isRecorded() {
        return recorded;
    }

    long length() {
        return length;
    }

    ModuleImages images() {
        return images;
    }

    VirtualPlatform platform() {
        return platform;
    }

    Deliveries deliveries() {
        return deliveries;
    }

    Tasks tasks() {
        return tasks;
    }

    Schedule schedule() {
        return schedule;
    }

    Operation operation(int instance, String name, long life, String operation) {
        return history.operation(new Caller(instance, name, life), operation);
    }

    /** What is wrong with the history of the run, in a line; null for nothing, or nothing that is known. */
    String wrong(List<Check> checks) {
        if (history.misuse() != null) {
            return history.misuse();
        }
        for (Check check : checks) {
            SequentialModel<?> model = check.model();
            if (model != null) {
                Linearizability.Result result = linearizability.check(history, model);
                if (result.verdict() == Linearizability.Verdict.NOT_LINEARIZABLE) {
                    return check.name() + ": " + String.join("; ", result.explanation());
                }
                undecided += result.verdict() == Linearizability.Verdict.UNDECIDED ? 1 : 0;
            }
        }
        return null;
    }

    /** How many histories were too tangled to decide. */
    public long undecided() {
        return undecided;
    }

    /** A state was reached. */
    void saw(long state) {
        states.add(state);
    }

    /** The states that its runs have reached. */
    public StateSet states() {
        return states;
    }

    static long mix(long value, int salt) {
        long mixed = (value + salt) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 31;
    }

    /** A fault of mkemu itself, for a report with its trace. */
    void internal(Throwable fault) {
        internal = fault;
    }

    /** The last fault of mkemu itself, or null. */
    public Throwable internal() {
        return internal;
    }

    @Override
    public void close() {
        SendProbe.points(null);
        arena.close();
    }
}
