// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import io.mkemu.simulate.run.Bench;
import io.mkemu.simulate.run.RunResult;
import io.mkemu.simulate.run.Scenario;
import io.mkemu.simulate.run.StateSet;
import io.mkemu.simulate.shard.Shard;
import io.mkemu.simulate.strategy.Exhaustive;
import io.mkemu.simulate.strategy.RandomWalk;
import io.mkemu.simulate.strategy.Strategy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Many runs, each from a seed of its own, in several threads, until one fails, or their number or the time is reached.
 * Of several that fail the one with the lowest number counts, so that more threads find the same.
 */
final class Sweep {
    /**
     * How far it is.
     *
     * @param runs      that have ended
     * @param points    of all of them
     * @param delivered messages
     * @param distinct  states, about
     * @param faults    that were done
     * @param undecided histories too tangled to decide
     */
    record Totals(long runs, long points, long delivered, long distinct, long faults, long undecided) {
    }

    private static final int STUCK_FRAMES = 12;

    private final Scenario scenario;
    private final StrategyName strategies;
    private final long firstSeed;
    private final Shard shard;
    private final long most;
    private final long deadline;
    private final AtomicLong next = new AtomicLong();
    private final AtomicLong lowestFailed = new AtomicLong(Long.MAX_VALUE);
    private final AtomicLong runs = new AtomicLong();
    private final AtomicLong points = new AtomicLong();
    private final AtomicLong delivered = new AtomicLong();
    private final AtomicLong faults = new AtomicLong();
    private final StateSet states = new StateSet();
    private final AtomicLong undecided = new AtomicLong();
    private final ReentrantLock measuring = new ReentrantLock();
    private volatile long length = -1;
    private volatile Throwable broken;
    private volatile RunResult failed;
    private volatile RunResult last;
    private volatile boolean stopped;
    private volatile boolean complete;
    private volatile long cut;
    private volatile long executions;
    private volatile long stuckSeed;
    private final List<Job> jobs = new ArrayList<>();

    /** A thread, and what it does now. */
    private final class Job extends Thread {
        private volatile long seed;
        private volatile Bench bench;
        /* What the thread that watches saw last. */
        private long seen = -1;
        private long seenAt;

        Job(int number) {
            super("simulate-" + number);
            setDaemon(true);
        }

        @Override
        public void run() {
            try {
                runs(measure(this));
            } catch (Throwable fault) {
                broken = fault;
            }
        }

        private void runs(long points) throws IOException {
            try (Bench mine = new Bench(scenario, points)) {
                bench = mine;
                Strategy strategy = strategies.make(points);
                if (strategy instanceof Exhaustive all) {
                    search(mine, all);
                } else {
                    for (long index = next.getAndIncrement(); goesOn(index); index = next.getAndIncrement()) {
                        seed = firstSeed + shard.number(index);
                        count(index, mine.run(seed, strategy, null));
                    }
                }
                reached(mine.states());
                undecided.addAndGet(mine.undecided());
            }
        }

        private void search(Bench mine, Exhaustive all) throws IOException {
            seed = firstSeed;
            boolean more = true;
            for (long index = 0; more && goesOn(index); index++) {
                count(index, mine.run(seed, all, null));
                more = all.next();
            }
            complete = !more;
            cut = all.cuts();
            executions = all.executions();
        }

        /** Whether it has come to no point for so long. */
        boolean isStuck(long nanos) {
            Bench mine = bench;
            long now = mine == null ? -1 : mine.progress();
            if (now != seen || !isAlive()) {
                seen = now;
                seenAt = System.nanoTime();
            }
            return seen >= 0 && System.nanoTime() - seenAt > nanos;
        }
    }

    /** A sweep that no other process has a part of. */
    Sweep(Scenario scenario, StrategyName strategies, long firstSeed, long most, long deadline) throws IOException {
        this(scenario, strategies, firstSeed, Shard.WHOLE, most, deadline);
    }

    /**
     * A sweep.
     *
     * @param strategies makes one for each thread
     * @param firstSeed  of the whole
     * @param shard      which part of the runs is done
     * @param most       runs, of all shards together
     * @param deadline   as System.nanoTime tells it
     */
    Sweep(Scenario scenario, StrategyName strategies, long firstSeed, Shard shard, long most, long deadline) {
        this.scenario = scenario;
        this.strategies = strategies;
        this.firstSeed = firstSeed;
        this.shard = shard;
        this.most = shard.runs(most);
        this.deadline = deadline;
    }

    /** How many points a run has in which nothing happens. */
    static long lengthOf(Scenario scenario) throws IOException {
        try (Bench bench = calm(scenario)) {
            return bench.run(0, new RandomWalk(), null).points();
        }
    }

    private static Bench calm(Scenario scenario) throws IOException {
        return new Bench(scenario.calm(), 0);
    }

    /** As {@link #lengthOf}, once, by the first job that asks: it is watched, for a module may spin in that run too. */
    private long measure(Job job) throws IOException {
        /* No monitor: those that a thread holds are lost to it where a coroutine stops that it runs. */
        measuring.lock();
        try {
            if (length < 0) {
                try (Bench bench = calm(scenario)) {
                    job.seed = firstSeed; /* any leads here again */
                    job.bench = bench;
                    length = bench.run(0, new RandomWalk(), null).points();
                } finally {
                    job.bench = null;
                }
            }
            return length;
        } finally {
            measuring.unlock();
        }
    }

    /** No further run begins, and who waits is interrupted. */
    void giveUp() {
        lowestFailed.set(-1);
        jobs.forEach(Thread::interrupt);
    }

    /** No further run begins: those that are under way go on to their ends. Any thread. */
    void stop() {
        stopped = true;
    }

    long length() {
        return length;
    }

    private boolean goesOn(long index) {
        return !stopped && index < most && index < lowestFailed.get() && System.nanoTime() - deadline < 0;
    }

    private synchronized void count(long index, RunResult result) {
        last = result;
        runs.incrementAndGet();
        points.addAndGet(result.points());
        delivered.addAndGet(result.delivered());
        faults.addAndGet(result.faults().size());
        if (result.failure() != null && index < lowestFailed.get()) {
            lowestFailed.set(index);
            failed = result;
        }
    }

    private void reached(StateSet more) {
        synchronized (states) {
            states.addAll(more);
        }
    }

    /* Also those of jobs that are under way: of these some that are new may be missing. */
    private long distinct() {
        StateSet all = new StateSet();
        for (Job job : jobs) {
            Bench under = job.bench;
            if (under != null) {
                all.addAll(under.states());
            }
        }
        synchronized (states) {
            all.addAll(states);
        }
        return all.size();
    }

    /** Begins; an exhaustive search is one, in one thread. */
    void start(int threads) {
        int count = strategies.kind() == StrategyName.Kind.EXHAUSTIVE ? 1 : threads;
        for (int number = 0; number < count; number++) {
            Job job = new Job(number);
            jobs.add(job);
            job.start();
        }
    }

    /** Waits so long at the most; whether all have ended. */
    boolean await(long millis) throws InterruptedException {
        for (Job job : jobs) {
            job.join(millis);
            if (job.isAlive()) {
                return false;
            }
        }
        return true;
    }

    Totals totals() {
        return new Totals(runs.get(), points.get(), delivered.get(), distinct(), faults.get(), undecided.get());
    }

    /** The failed run with the lowest number, or null. */
    RunResult failed() {
        return failed;
    }

    /** The run that ended last, or null. */
    RunResult last() {
        return last;
    }

    /** Whether an exhaustive search has come to its end. */
    boolean isComplete() {
        return complete;
    }

    /** How many executions an exhaustive search has seen that differ. */
    long executions() {
        return executions;
    }

    /** How many of these were cut off. */
    long cut() {
        return cut;
    }

    /** What ended a job, or null. */
    Throwable broken() {
        return broken;
    }

    /** The seed of the run that {@link #stuck} has told. */
    long stuckSeed() {
        return stuckSeed;
    }

    /** A run that has not come to its end for so long, with where it is; or null. */
    String stuck(long nanos) {
        for (Job job : jobs) {
            if (job.isStuck(nanos)) {
                stuckSeed = job.seed;
                StringBuilder text = new StringBuilder("the run of seed ").append(job.seed)
                    .append(" comes to no point: a module waits or spins, in ");
                text.append(String.join(" < ", Arrays.stream(job.getStackTrace()).limit(STUCK_FRAMES)
                    .map(StackTraceElement::toString).toList()));
                return text.toString();
            }
        }
        return null;
    }
}
