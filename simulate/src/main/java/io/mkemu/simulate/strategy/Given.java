// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.strategy;

import java.util.SplittableRandom;

/**
 * A schedule that is given: who goes on for how many choices. Where it does not fit, since another schedule led here,
 * whoever went on last does so, or the first that can.
 */
public final class Given implements Strategy {
    private int[] actors = {};
    private int[] lengths = {};
    private boolean coarse;
    private int stretch;
    private int done;

    /**
     * Sets the schedule of the next run.
     *
     * @param who  goes on, stretch by stretch
     * @param forSoLong for how many choices each
     * @param isCoarse  as the strategy that it is of
     */
    public void schedule(int[] who, int[] forSoLong, boolean isCoarse) {
        coarse = isCoarse;
        actors = who.clone();
        lengths = forSoLong.clone();
    }

    @Override
    public void begins(SplittableRandom random, int count) {
        stretch = 0;
        done = 0;
    }

    @Override
    public int choose(int[] ready, int count, int last) {
        while (stretch < actors.length && done >= lengths[stretch]) {
            stretch++;
            done = 0;
        }
        int wanted = stretch < actors.length ? actors[stretch] : last;
        done++;
        int index = indexOf(wanted, ready, count);
        if (index < 0) {
            index = indexOf(last, ready, count);
        }
        return Math.max(index, 0);
    }

    @Override
    public boolean isCoarse() {
        return coarse;
    }

    private static int indexOf(int actor, int[] ready, int count) {
        for (int index = 0; index < count; index++) {
            if (ready[index] == actor) {
                return index;
            }
        }
        return -1;
    }
}
