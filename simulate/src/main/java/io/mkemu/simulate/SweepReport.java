// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.cli.type.Interruptible;
import io.mkemu.json.Json;
import io.mkemu.simulate.run.Bench;
import io.mkemu.simulate.run.Failure;
import io.mkemu.simulate.run.RunResult;
import io.mkemu.simulate.run.Scenario;
import io.mkemu.simulate.shard.Shard;
import io.mkemu.simulate.shard.SweepSums;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Tells what came of a sweep. What goes to stdout has no times of the real clock: the same seed, the same bytes. */
final class SweepReport {
    private static final int SHOWN_EVENTS = 20;

    private final Scenario scenario;
    private final Sweep sweep;
    private final StrategyName strategy;
    private final long firstSeed;
    private final Shard shard;
    private final String again;
    private final PrintStream out;
    private RunResult smallest;

    /**
     * A report.
     *
     * @param shard which part of the sweep it is
     * @param again the command that repeats a run, but for its seed
     */
    SweepReport(Scenario scenario, Sweep sweep, StrategyName strategy, long firstSeed, Shard shard, String again,
        PrintStream out) {
        this.scenario = scenario;
        this.sweep = sweep;
        this.strategy = strategy;
        this.firstSeed = firstSeed;
        this.shard = shard;
        this.again = again;
        this.out = out;
    }

    /** The run that failed, made smaller, once it has been printed; null if none failed. */
    RunResult smallest() {
        return smallest;
    }

    /** How far a sweep is, in a line. */
    static String progress(Sweep.Totals totals, long nanos) {
        double seconds = Math.max(nanos, 1) / 1e9;
        return String.format(Locale.ROOT, "%,d runs, %,d points (%,.0f/s), %,d messages, %,d faults, about %,d "
            + "states, %.1f s", totals.runs(), totals.points(), totals.points() / seconds, totals.delivered(),
            totals.faults(), totals.distinct(), seconds);
    }

    /**
     * Prints.
     *
     * @param journal where to record the run that failed, or the only one; null for nowhere
     * @return exit code: 0 no run failed, 1 one did
     */
    int print(boolean json, boolean verbose, Path journal) throws IOException {
        int[] code = new int[1];
        Throwable[] fault = new Throwable[1];
        /* On a thread that holds no monitor, whatever the caller holds. */
        Thread runs = new Thread(() -> {
            try {
                code[0] = printHere(json, verbose, journal);
            } catch (Throwable refused) {
                fault[0] = refused;
            }
        }, "simulate-report");
        runs.start();
        boolean interrupted = false;
        while (runs.isAlive()) {
            try {
                runs.join();
            } catch (InterruptedException stop) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        switch (fault[0]) {
            case null -> { }
            case IOException refused -> throw refused;
            case RuntimeException refused -> throw refused;
            case Error refused -> throw refused;
            default -> throw new IllegalStateException(fault[0]);
        }
        return code[0];
    }

    private int printHere(boolean json, boolean verbose, Path journal) throws IOException {
        RunResult failed = sweep.failed();
        RunResult only = failed == null && sweep.totals().runs() == 1 ? sweep.last() : null;
        try (Bench bench = new Bench(scenario, sweep.length())) {
            if (failed == null) {
                passed(json, only, verbose, journal, bench);
                return ExitCode.OK.code();
            }
            failed(json, failed, verbose, journal, bench);
            return ExitCode.FAILED.code();
        }
    }

    private void passed(boolean json, RunResult only, boolean verbose, Path journal, Bench bench) throws IOException {
        Repetition repetition = new Repetition(scenario, bench);
        if (only != null && verbose && !json) {
            repetition.events(only).forEach(out::println);
        }
        if (only != null && journal != null) {
            repetition.record(only, journal);
        }
        if (json) {
            out.println(counts().put("failed", false));
        } else if (strategy.kind() == StrategyName.Kind.EXHAUSTIVE) {
            exhaustive();
        } else if (only != null) {
            out.println("simulate: the run of seed " + only.seed() + " did not fail: " + size(only));
        } else {
            out.println(sums().passed(shard.seeds(firstSeed, sums().runs())));
        }
    }

    private void exhaustive() {
        out.println(String.format(Locale.ROOT, "simulate: %s%,d executions up to %,d choices did not fail%s",
            sweep.isComplete() ? "all " : "not all, but ", sweep.executions(), strategy.depth(), sweep.cut() == 0 ? ""
            : String.format(Locale.ROOT, "; %,d of them were cut off there", sweep.cut())));
    }

    private void failed(boolean json, RunResult failed, boolean verbose, Path journal, Bench bench)
        throws IOException {
        smallest = failed;
        try {
            if (!Interruptible.isEnding()) {
                smallest = new Shrinker(bench, failed).shrink();
            }
            if (!Interruptible.isEnding()) {
                tell(json, failed, verbose, journal, bench);
                return;
            }
        } catch (IOException | RuntimeException | Error fault) {
            /* The library that writes journals ends with the JVM, also in the middle of a recording. */
            if (!Interruptible.isEnding()) {
                throw fault;
            }
        }
        if (json) {
            out.println(json(failed, smallest));
        } else {
            head(failed, smallest);
            out.println("interrupted: its events are not told");
            out.println(again(failed));
        }
    }

    private void tell(boolean json, RunResult failed, boolean verbose, Path journal, Bench bench) throws IOException {
        Repetition repetition = new Repetition(scenario, bench);
        if (journal != null) {
            repetition.record(smallest, journal);
        }
        if (json) {
            out.println(json(failed, smallest));
            return;
        }
        List<String> events = repetition.events(smallest);
        if (verbose) {
            List<String> all = repetition.events(failed);
            out.println("all events of seed " + failed.seed() + ":");
            all.forEach(out::println);
        }
        head(failed, smallest);
        int from = Math.max(0, events.size() - SHOWN_EVENTS);
        out.println("its last " + (events.size() - from) + " events:");
        events.subList(from, events.size()).forEach(line -> out.println("  " + line));
        out.println(again(failed));
        if (journal != null) {
            out.println("recorded in " + journal + ": mk trace --journal " + journal + ", mk web --journal " + journal);
        }
        if (failed.failure().kind() == Failure.Kind.INTERNAL && bench.internal() != null) {
            bench.internal().printStackTrace();
        }
    }

    private void head(RunResult failed, RunResult small) {
        Failure failure = failed.failure();
        out.println("simulate: seed " + failed.seed() + " fails: " + failure.kind().label() + ": " + failure.text());
        out.println("  after " + size(failed));
        failed.faults().forEach(fault -> out.println("  " + fault));
        out.println("smaller: " + size(small) + (small.failure().text().equals(failure.text()) ? ""
            : ": " + small.failure().text()));
        small.faults().forEach(fault -> out.println("  " + fault));
    }

    private String again(RunResult failed) {
        return "again: " + again + " --seed " + failed.seed() + " -v";
    }

    private static String size(RunResult run) {
        return String.format(Locale.ROOT, "%,d steps, %d fault%s, %,d points, %,d messages, %.1f us of virtual time",
            run.steps(), run.faults().size(), run.faults().size() == 1 ? "" : "s", run.points(), run.delivered(),
            run.nanos() / 1e3);
    }

    private SweepSums sums() {
        Sweep.Totals totals = sweep.totals();
        return new SweepSums(totals.runs(), totals.points(), totals.delivered(), totals.faults(), totals.distinct(),
            totals.undecided());
    }

    /** What mk simulate merge adds up. */
    private ObjectNode counts() {
        ObjectNode node = Json.object().put("sweep", again).put("firstSeed", firstSeed);
        sums().put(node);
        return node.put("shard", shard.index()).put("shards", shard.count());
    }

    private ObjectNode json(RunResult failed, RunResult small) {
        ObjectNode node = counts().put("failed", true).put("seed", failed.seed());
        node.put("kind", failed.failure().kind().label()).put("text", failed.failure().text());
        put(failed, node.putObject("run"));
        put(small, node.putObject("smaller").put("text", small.failure().text()));
        return node.put("again", again + " --seed " + failed.seed());
    }

    private static void put(RunResult run, ObjectNode node) {
        node.put("steps", run.steps()).put("points", run.points()).put("nanos", run.nanos());
        run.faults().forEach(node.putArray("done")::add);
    }
}
