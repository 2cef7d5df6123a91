// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.builtin.DemoResult;
import org.HdrHistogram.Histogram;

/** The demo's round trips as a histogram, ns. */
final class RoundTrips {
    private static final int SIGNIFICANT_DIGITS = 3;

    private RoundTrips() {
    }

    static Histogram of(DemoResult result) {
        Histogram histogram = new Histogram(SIGNIFICANT_DIGITS);
        for (long nanos : result.roundTripNanos()) {
            histogram.recordValue(Math.max(0, nanos));
        }
        return histogram;
    }
}
