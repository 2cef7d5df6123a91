// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.strategy;

import java.util.SplittableRandom;

/** Chooses who goes on, where more than one could. One object for each thread that runs machines. */
public interface Strategy {
    /**
     * A run begins.
     *
     * @param random from its seed
     * @param actors how many there are
     */
    void begins(SplittableRandom random, int actors);

    /**
     * Chooses.
     *
     * @param ready numbers of those that can go on, ascending
     * @param count how many they are, 2 or more; 1 too if {@link #isCoarse}
     * @param last  who went on last, also if he cannot now
     * @return an index below {@code count}
     */
    int choose(int[] ready, int count, int last);

    /**
     * Whether a send is one step, time stands still while anybody can go on, and all kernels have booted before the
     * first choice.
     */
    default boolean isCoarse() {
        return false;
    }

    /**
     * The step of who was chosen is done.
     *
     * @param instances what it had to do with: a bit for each instance
     */
    default void stepped(long instances) {
    }

    /** Whether the run need not go on: another one shows the same. */
    default boolean isOver() {
        return false;
    }

    /** Who went on last waits for another one to do something. */
    default void spins(int actor) {
    }
}
