// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.MachineFlags;
import io.mkemu.ipi.SendProbe;
import io.mkemu.module.Script;
import io.mkemu.simulate.fault.FaultKind;
import io.mkemu.simulate.run.Failure;
import io.mkemu.simulate.run.RunResult;
import io.mkemu.simulate.run.Scenario;
import io.mkemu.simulate.shard.Shard;
import io.mkemu.tree.MachineSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code mk simulate} for a test: executes the machine of a device tree many times, each time from a seed.
 *
 * <pre>{@code
 * @Test
 * void noTermHasTwoLeaders() {
 *     Simulator.of(Path.of("election.dts")).faults("kill,restart").runs(2_000).check();
 * }
 * }</pre>
 *
 * <p>The same seeds give the same outcome on any machine: without {@link #seed} the first one is 1. The JVM needs the
 * options of mkemu's {@code scripts/jvm.options} and {@code scripts/host.options}, and
 * {@code -Dmkemu.simulation=true} if it runs a kernel before. Used by one thread; several may simulate at a time, each
 * with an object of its own.
 */
public final class Simulator {
    private static final long LOOK_MILLIS = 200;

    static {
        /* Before any of a kernel's code is loaded: the steps of a send are points only then. */
        System.setProperty(SendProbe.SIMULATION, "true");
    }

    /**
     * What came of the runs.
     *
     * @param runs     how many there were: fewer than asked for if one failed
     * @param points   of all of them
     * @param messages that were delivered
     * @param faults   that were done
     * @param failure  what was wrong with the first run that failed; null if none did
     * @param seed     of that run; of the last one if none failed
     * @param steps    of that run, when it was made smaller; 0 if none failed
     * @param report   what {@code mk simulate} prints
     */
    public record Outcome(long runs, long points, long messages, long faults, Failure failure, long seed, int steps,
                          String report) {
    }

    private final MachineSpec tree;
    private final String file;
    private Set<FaultKind> faults = EnumSet.noneOf(FaultKind.class);
    private StrategyName strategy = StrategyName.RANDOM;
    private long seed = 1;
    private long runs = 1_000;
    private int jobs = Runtime.getRuntime().availableProcessors();
    private long mostSteps = 1_000_000;
    private long forNanos = Long.MAX_VALUE;
    private Supplier<Script> script;
    private Duration stuck = Duration.ofSeconds(30);

    private Simulator(String file, MachineSpec tree) {
        this.file = file;
        this.tree = tree;
    }

    /**
     * For the machine of a tree.
     *
     * @param file device tree source; the jars of its modules are relative to it
     * @throws MachineException     if the tree is wrong
     * @throws UncheckedIOException if it cannot be read
     */
    public static Simulator of(Path file) {
        try {
            return new Simulator(file.toString(), MachineFlags.read(file.toString()));
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }

    /**
     * What happens to the machine beside, as {@code --faults} has it; none by default.
     *
     * @param list "kill,restart", "all" or "none"
     * @throws IllegalArgumentException if it names what is no fault
     */
    public Simulator faults(String list) {
        faults = FaultKind.parse(list);
        return this;
    }

    /**
     * Who goes on, as {@code --strategy} has it: "random" by default, "pct:3", "exhaustive:1000".
     *
     * @throws IllegalArgumentException if it is no strategy
     */
    public Simulator strategy(String name) {
        try {
            strategy = new StrategyName.Converter().convert(name);
        } catch (TypeConversionException wrong) {
            throw new IllegalArgumentException(wrong.getMessage(), wrong);
        }
        return this;
    }

    /** How many runs at the most, 1 or more; 1000 by default. */
    public Simulator runs(long count) {
        runs = positive("runs", count);
        return this;
    }

    /** The seed of the first run; those after it follow. Any number, 1 by default. */
    public Simulator seed(long first) {
        seed = first;
        return this;
    }

    /** How many threads, 1 or more; one for each CPU by default. They change nothing but how long it takes. */
    public Simulator jobs(int count) {
        jobs = (int) positive("jobs", count);
        return this;
    }

    /** A run that has not ended after so many points is a livelock; 1000000 by default. */
    public Simulator steps(long most) {
        mostSteps = positive("steps", most);
        return this;
    }

    /** A run ends after so much virtual time, and that is no failure; by default it ends when all tasks are done. */
    public Simulator lasting(Duration virtual) {
        forNanos = positive("lasting", virtual.toNanos());
        return this;
    }

    /**
     * What each run has done to its machine from outside; nothing by default.
     *
     * @param scripts makes one for each run, on the run's thread
     */
    public Simulator script(Supplier<Script> scripts) {
        script = scripts;
        return this;
    }

    /** A run that comes to no point for so long, of the real clock, is given up; 30 s by default. */
    public Simulator stuck(Duration real) {
        stuck = real;
        return this;
    }

    private static long positive(String what, long number) {
        if (number < 1) {
            throw new IllegalArgumentException(what + " " + number + " is less than 1");
        }
        return number;
    }

    /**
     * Executes the machine.
     *
     * @throws IllegalStateException if the strategy is exhaustive and there are faults
     * @throws MachineException if it cannot be simulated: a module that cannot be loaded, an external instance; or if
     *     a module waits or spins in the middle of a run
     */
    public Outcome run() {
        if (strategy.kind() == StrategyName.Kind.EXHAUSTIVE && !faults.isEmpty()) {
            throw new IllegalStateException("an exhaustive search knows no faults: leave faults() out");
        }
        Scenario scenario = Scenario.of(MachineFlags.nameOf(file), tree, faults, mostSteps, forNanos)
            .with(script);
        try {
            Sweep sweep = new Sweep(scenario, strategy, seed, runs,
                System.nanoTime() + TimeUnit.DAYS.toNanos(365));
            sweep.start((int) Math.min(jobs, runs));
            await(sweep);
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            SweepReport report = new SweepReport(scenario, sweep, strategy, seed, Shard.WHOLE, "Simulator of " + file,
                new PrintStream(text, true, StandardCharsets.UTF_8));
            report.print(false, false, null);
            RunResult small = report.smallest();
            RunResult failed = sweep.failed();
            Sweep.Totals totals = sweep.totals();
            return new Outcome(totals.runs(), totals.points(), totals.delivered(), totals.faults(),
                failed == null ? null : failed.failure(), failed == null ? seed + runs - 1 : failed.seed(),
                small == null ? 0 : small.steps(), text.toString(StandardCharsets.UTF_8));
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while it simulated", interrupted);
        }
    }

    private void await(Sweep sweep) throws InterruptedException {
        while (!sweep.await(LOOK_MILLIS)) {
            String where = sweep.stuck(stuck.toNanos());
            if (where != null) {
                sweep.giveUp();
                throw new MachineException(ExitCode.FAILED, where);
            }
        }
        if (sweep.broken() instanceof MachineException refused) {
            throw refused;
        }
        if (sweep.broken() != null) {
            throw new IllegalStateException(sweep.broken());
        }
    }

    /**
     * Executes the machine, and throws if a run fails.
     *
     * @return what came of it: none of its runs failed
     * @throws AssertionError   with the report of {@code mk simulate}
     * @throws MachineException as {@link #run}
     */
    public Outcome check() {
        Outcome outcome = run();
        if (outcome.failure() != null) {
            throw new AssertionError(outcome.report());
        }
        return outcome;
    }
}
