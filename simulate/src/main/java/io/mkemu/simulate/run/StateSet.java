// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

/**
 * Which states runs have reached, about: a bit for each, in a table that is too small for all. The same runs give the
 * same set, in whatever order and on however many threads they ran. One thread.
 */
public final class StateSet {
    private static final int BITS = 1 << 22;

    private final long[] words = new long[BITS / Long.SIZE];

    /** Adds a state. */
    void add(long state) {
        int bit = (int) (Bench.mix(state, 7) >>> 32) & BITS - 1;
        words[bit >>> 6] |= 1L << bit;
    }

    /** Adds all of another set. */
    public void addAll(StateSet other) {
        for (int word = 0; word < words.length; word++) {
            words[word] |= other.words[word];
        }
    }

    /** How many different states it has, about. */
    public long size() {
        int set = 0;
        for (long word : words) {
            set += Long.bitCount(word);
        }
        /* Linear counting: those that fell onto a bit that was set already are estimated. */
        double free = BITS - set;
        return free <= 0 ? BITS : (long) (BITS * StrictMath.log(BITS / free));
    }
}
