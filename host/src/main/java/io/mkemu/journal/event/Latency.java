// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import org.HdrHistogram.Histogram;

/** How long something took: ns. Not thread-safe. */
public final class Latency {
    private static final int SIGNIFICANT_DIGITS = 3;

    private final Histogram histogram = new Histogram(SIGNIFICANT_DIGITS);
    private long max;

    /** Takes another one; clocks that disagree make it 0. */
    void add(long nanos) {
        long value = Math.max(0, nanos);
        histogram.recordValue(value);
        max = Math.max(max, value);
    }

    void add(Latency other) {
        histogram.add(other.histogram);
        max = Math.max(max, other.max);
    }

    /** How many. */
    public long count() {
        return histogram.getTotalCount();
    }

    /** Ns that so many of a hundred did not exceed, to three digits; 0 if there are none. */
    public long percentile(double percent) {
        return Math.min(histogram.getValueAtPercentile(percent), max);
    }

    /** Ns of the longest; 0 if there are none. */
    public long max() {
        return max;
    }
}
