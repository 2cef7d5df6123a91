// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import io.mkemu.simulate.fault.Fault;
import io.mkemu.simulate.run.Bench;
import io.mkemu.simulate.run.Decisions;
import io.mkemu.simulate.run.Failure;
import io.mkemu.simulate.run.RunResult;
import io.mkemu.simulate.strategy.Given;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a run that failed smaller: fewer faults, fewer switches from one CPU to another, and with that an earlier end,
 * as long as it fails in the same way. Delta debugging (Zeller and Hildebrandt, 2002) over the stretches of its
 * schedule. Bounded by runs, not by time: the same run always shrinks to the same one.
 */
final class Shrinker {
    private static final int MOST_RUNS = 1_500;
    private static final long MOST_POINTS = 20_000_000;

    private final Bench bench;
    private final Given strategy = new Given();
    private final long seed;
    private final Failure failure;
    private RunResult best;
    private int runs;
    private long points;

    Shrinker(Bench bench, RunResult failed) {
        this.bench = bench;
        this.seed = failed.seed();
        this.failure = failed.failure();
        this.best = failed;
    }

    /** How many runs it took. */
    int runs() {
        return runs;
    }

    /** The smallest run that was found; the failed one itself if nothing smaller fails in the same way. */
    RunResult shrink() throws IOException {
        int before;
        do {
            before = best.steps() + best.decisions().faults().size();
            faults();
            stretches();
        } while (best.steps() + best.decisions().faults().size() < before && !isSpent());
        return best;
    }

    private boolean isSpent() {
        return runs >= MOST_RUNS || points >= MOST_POINTS;
    }

    private void faults() throws IOException {
        Decisions now = best.decisions();
        if (now.full()) {
            attempt(new Decisions(now.actors(), now.lengths(), now.faults(), false, now.coarse()));
        }
        for (int index = 0; index < best.decisions().faults().size() && !isSpent(); index++) {
            now = best.decisions();
            List<Fault> fewer = new ArrayList<>(now.faults());
            fewer.remove(index);
            if (attempt(new Decisions(now.actors(), now.lengths(), fewer, now.full(), now.coarse()))) {
                index--;
            }
        }
    }

    private void stretches() throws IOException {
        for (int size = Math.max(1, best.steps() / 2); size >= 1; size /= 2) {
            for (int from = 0; from < best.decisions().actors().length && !isSpent();) {
                if (!attempt(without(best.decisions(), from, size))) {
                    from += size;
                }
            }
        }
    }

    private static Decisions without(Decisions all, int from, int size) {
        int to = Math.min(from + size, all.actors().length);
        int[] actors = new int[all.actors().length - (to - from)];
        int[] lengths = new int[actors.length];
        System.arraycopy(all.actors(), 0, actors, 0, from);
        System.arraycopy(all.actors(), to, actors, from, actors.length - from);
        System.arraycopy(all.lengths(), 0, lengths, 0, from);
        System.arraycopy(all.lengths(), to, lengths, from, lengths.length - from);
        return new Decisions(actors, lengths, all.faults(), all.full(), all.coarse());
    }

    /** Takes a smaller run if it fails in the same way; whether it did. */
    private boolean attempt(Decisions smaller) throws IOException {
        strategy.schedule(smaller.actors(), smaller.lengths(), smaller.coarse());
        RunResult result = bench.run(seed, strategy, smaller);
        runs++;
        points += result.points();
        boolean better = failure.isLike(result.failure()) && size(result) < size(best);
        if (better) {
            best = result;
        }
        return better;
    }

    private static long size(RunResult result) {
        return 1_000L * result.decisions().faults().size() + (result.decisions().full() ? 500 : 0)
            + 10L * result.steps() + result.points() / 100;
    }
}
