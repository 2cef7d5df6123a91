// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.strategy;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte: "A Randomized Scheduler with
 * Probabilistic Guarantees of Finding Bugs", ASPLOS 2010). Each actor has a priority, in random order; whoever has the
 * highest of those that can go on does so. At d - 1 points of the run, chosen beforehand, the priority of whoever goes
 * on becomes lower than all others.
 *
 * <p>A bug of depth d is one that d ordered pairs of events bring about. A run of n actors and k steps finds it with a
 * probability of at least 1 / (n * k^(d-1)), whatever the program is. k is the length of the longest run so far; a
 * program that spins breaks the bound, since an actor that waits has to give way here.
 */
public final class Pct implements Strategy {
    /* Who has gone on alone for so long is taken for one that spins. */
    private static final int ALONE = 512;

    private final int depth;
    private long longest;
    private long[] changes = {};
    private int[] priorities = {};
    private int lowest;
    private long step;
    private int next;
    private int alone;
    private int before = -1;

    /**
     * A scheduler.
     *
     * @param depth  of the bugs, 1 or more
     * @param length how many steps a run has, about
     */
    public Pct(int depth, long length) {
        this.depth = depth;
        this.longest = Math.max(1, length);
    }

    @Override
    public void begins(SplittableRandom random, int actors) {
        priorities = new int[actors];
        for (int actor = 0; actor < actors; actor++) {
            int at = random.nextInt(actor + 1);
            priorities[actor] = priorities[at];
            priorities[at] = depth + actor;
        }
        changes = random.longs(depth - 1L, 0, longest).sorted().toArray();
        lowest = depth - 1;
        step = 0;
        next = 0;
        alone = 0;
        before = -1;
    }

    @Override
    public int choose(int[] ready, int count, int last) {
        if (alone > ALONE) {
            lower(last);
            alone = 0;
        }
        int best = highest(ready, count);
        for (step++; next < changes.length && changes[next] < step; next++) {
            lower(ready[best]);
            best = highest(ready, count);
        }
        alone = ready[best] == before ? alone + 1 : 0;
        before = ready[best];
        return best;
    }

    private void lower(int actor) {
        priorities[actor] = lowest--;
    }

    private int highest(int[] ready, int count) {
        int best = 0;
        for (int index = 1; index < count; index++) {
            if (priorities[ready[index]] > priorities[ready[best]]) {
                best = index;
            }
        }
        return best;
    }

    @Override
    public void spins(int actor) {
        lower(actor);
    }

    @Override
    public String toString() {
        return "pct:" + depth + " " + Arrays.toString(changes);
    }
}
