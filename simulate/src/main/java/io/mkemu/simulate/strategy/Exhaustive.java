// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.strategy;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * All executions, one after another, of a machine that is small enough: a depth-first search that begins each execution
 * anew and follows the one before up to where it turns off. Of executions that differ only in the order of steps that
 * have nothing to do with each other it takes one (sleep sets: Godefroid, "Partial-Order Methods for the Verification
 * of Concurrent Systems", 1996); every state that can be reached is reached.
 *
 * <p>Its steps are coarse: what a module does up to its next call of the kernel is one, and a send is one. Time stands
 * still while anybody can go on.
 */
public final class Exhaustive implements Strategy {
    private final int most;
    private long[] ready = new long[64];
    /* Of each node: who need not be chosen there, and what the steps of those touch. */
    private long[] sleep = new long[64];
    private long[][] touched = new long[64][];
    private int[] chosen = new int[64];
    private int length;
    private int depth;
    private int actors;
    private boolean redundant;
    private boolean cut;
    private long executions;
    private long cuts;

    /**
     * A search that has not begun.
     *
     * @param most choices of an execution, 1 or more; one that has more is cut off there
     */
    public Exhaustive(int most) {
        this.most = most;
    }

    @Override
    public void begins(SplittableRandom random, int count) {
        if (count > Long.SIZE) {
            throw new IllegalArgumentException(count + " CPUs are too many for an exhaustive search, which takes "
                + (Long.SIZE - 1) + " at the most");
        }
        actors = count;
        depth = 0;
        redundant = false;
        cut = false;
    }

    @Override
    public boolean isCoarse() {
        return true;
    }

    @Override
    public int choose(int[] who, int count, int last) {
        if (depth == length && !redundant && !cut) {
            node(who, count, last);
        }
        return redundant || cut ? 0 : indexOf(who, count, chosen[depth++]);
    }

    private void node(int[] who, int count, int last) {
        if (length == ready.length) {
            grow();
        }
        long all = 0;
        for (int index = 0; index < count; index++) {
            all |= 1L << who[index];
        }
        long[] steps = new long[actors];
        long asleep = length == 0 ? 0 : inherited(length - 1, steps) & all;
        long awake = all & ~asleep;
        redundant = awake == 0;
        cut = !redundant && length == most;
        if (redundant || cut) {
            return;
        }
        ready[length] = all;
        sleep[length] = asleep;
        touched[length] = steps;
        chosen[length] = last >= 0 && (awake & 1L << last) != 0 ? last : Long.numberOfTrailingZeros(awake);
        length++;
    }

    /** Those who were asleep at a node, or chosen there before, and whose step has nothing to do with the one taken. */
    private long inherited(int node, long[] steps) {
        long asleep = 0;
        long taken = touched[node][chosen[node]];
        for (long left = sleep[node] & ~(1L << chosen[node]); left != 0; left &= left - 1) {
            int actor = Long.numberOfTrailingZeros(left);
            if ((touched[node][actor] & taken) == 0) {
                asleep |= 1L << actor;
                steps[actor] = touched[node][actor];
            }
        }
        return asleep;
    }

    @Override
    public void stepped(long instances) {
        if (depth > 0 && !redundant && !cut) {
            touched[depth - 1][chosen[depth - 1]] |= instances;
        }
    }

    @Override
    public boolean isOver() {
        return redundant || cut;
    }

    /**
     * The execution has ended: goes to the next one.
     *
     * @return false if there is none
     */
    public boolean next() {
        executions += redundant ? 0 : 1;
        cuts += cut ? 1 : 0;
        while (length > 0) {
            int node = length - 1;
            sleep[node] |= 1L << chosen[node];
            long awake = ready[node] & ~sleep[node];
            if (awake != 0) {
                chosen[node] = Long.numberOfTrailingZeros(awake);
                touched[node][chosen[node]] = 0;
                return true;
            }
            length--;
        }
        return false;
    }

    /** How many executions there were that were not one of another order; those that were cut off count. */
    public long executions() {
        return executions;
    }

    /** How many were cut off. */
    public long cuts() {
        return cuts;
    }

    private void grow() {
        int more = 2 * ready.length;
        ready = Arrays.copyOf(ready, more);
        sleep = Arrays.copyOf(sleep, more);
        touched = Arrays.copyOf(touched, more);
        chosen = Arrays.copyOf(chosen, more);
    }

    private static int indexOf(int[] who, int count, int actor) {
        for (int index = 0; index < count; index++) {
            if (who[index] == actor) {
                return index;
            }
        }
        throw new IllegalStateException("actor " + actor + " could go on in the execution before, and cannot in this "
            + "one: a module has state that its kernel does not make anew");
    }
}
