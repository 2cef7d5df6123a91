// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import org.HdrHistogram.Histogram;

/**
 * Times of round trips. Where the clock's step is coarse against a trip, percentiles are told between its steps: each
 * sample stands for all times that would have been read as it, evenly.
 */
final class TripHistogram {
    private static final long MOST_NANOS = 0xffff_ffffL;
    private static final int DIGITS = 3;
    private static final int FINE_NANOS = 1 << 14;
    private static final double PERCENT = 100;

    private final int step;
    private final Histogram all = new Histogram(MOST_NANOS, DIGITS);
    private final long[] fine = new long[FINE_NANOS];

    /**
     * An empty one.
     *
     * @param step of the clock, ns
     */
    TripHistogram(int step) {
        this.step = step;
    }

    void add(long nanos) {
        all.recordValue(nanos);
        if (nanos < FINE_NANOS) {
            fine[(int) nanos]++;
        }
    }

    void add(TripHistogram other) {
        all.add(other.all);
        for (int nanos = 0; nanos < FINE_NANOS; nanos++) {
            fine[nanos] += other.fine[nanos];
        }
    }

    long count() {
        return all.getTotalCount();
    }

    long max() {
        return all.getMaxValue();
    }

    /** The time that so many per cent of the trips do not exceed, ns. */
    long percentile(double percent) {
        long coarse = all.getValueAtPercentile(percent);
        if (coarse + step >= FINE_NANOS) {
            return coarse;
        }
        double wanted = all.getTotalCount() * percent / PERCENT * step;
        int half = step / 2;
        /* Of the cell [nanos, nanos + 1), or half a ns before it if the step is odd: the samples that reach into it. */
        long near = 0;
        /* The cells before it; those below 0 belong to samples shorter than half a step. */
        double passed = 0;
        for (int nanos = 0; nanos < half; nanos++) {
            near += fine[nanos];
            passed += fine[nanos] * (double) (half - nanos);
        }
        for (int nanos = 0; nanos < FINE_NANOS - step; nanos++) {
            near += fine[nanos + half];
            if (passed + near >= wanted && near > 0) {
                double cell = step % 2 == 0 ? nanos : nanos - 0.5;
                return Math.max(0, Math.round(cell + (wanted - passed) / near));
            }
            passed += near;
            int leaves = nanos + half - step + 1;
            near -= leaves >= 0 ? fine[leaves] : 0;
        }
        return coarse;
    }
}
