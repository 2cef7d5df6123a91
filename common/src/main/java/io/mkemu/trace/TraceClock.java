// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import java.util.function.LongSupplier;

/**
 * The time of a CPU's trace records. Reading the clock costs as much as a fifth of a round trip, so a CPU that polls
 * reads it once in so many looks for work and counts the looks in between: what they take it has measured from one such
 * reading to the next. Used by that CPU's thread only; never goes back.
 */
public final class TraceClock {
    private static final int LOOKS_SHIFT = 5;
    /** Looks from one reading to the next: some 100 to 200 ns. */
    static final int LOOKS = 1 << LOOKS_SHIFT;
    /* So that a moment without a CPU counts for little, and looks that have become slower are learnt all the same. */
    private static final int WEIGHT_SHIFT = 3;
    private static final long MOST_GROWTH_NANOS = 64;

    private final LongSupplier source;
    private boolean stale = true;
    private long nanos;
    private int looks;
    private long nanosOfLooks;

    /**
     * A clock.
     *
     * @param source CLOCK_MONOTONIC, ns
     */
    public TraceClock(LongSupplier source) {
        this.source = source;
    }

    /** The last time it knew, ns. */
    public long nanos() {
        return nanos;
    }

    /** Reads it. */
    public void read() {
        nanos = Math.max(nanos, source.getAsLong());
        looks = 0;
        stale = false;
    }

    /** Time passes that is not counted. */
    public void goesStale() {
        stale = true;
    }

    /** Reads it if time has passed that was not counted. */
    public void refresh() {
        if (stale) {
            read();
        } else if (looks > 0) {
            nanos += looks * nanosOfLooks >> LOOKS_SHIFT;
            looks = 0;
        }
    }

    /** The CPU has looked for work in vain, and does nothing but look again. */
    public void look() {
        if (++looks < LOOKS) {
            return;
        }
        boolean counted = !stale;
        long before = nanos;
        read();
        if (counted) {
            long took = Math.min(nanos - before, 2 * nanosOfLooks + MOST_GROWTH_NANOS);
            nanosOfLooks += took - nanosOfLooks >> WEIGHT_SHIFT;
        }
    }
}
