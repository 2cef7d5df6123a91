// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.builtin.DemoResult;
import java.io.PrintStream;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** Prints what the demo found, for people. */
final class DemoText {
    private static final double NANOS_PER_MICRO = 1e3;

    private DemoText() {
    }

    static void print(DemoResult result, boolean ok, PrintStream out) {
        if (result == null) {
            out.println("\nNOT VERIFIED: the demo did not get to its end");
            return;
        }
        Histogram roundTrips = RoundTrips.of(result);
        out.printf(Locale.ROOT, "%nmessages     %,d sent, %,d delivered, %,d lost, %,d torn, %,d repeated, "
                + "%,d reordered%n", result.sent(), result.delivered(), result.lost(), result.torn(),
            result.repeated(), result.reordered());
        out.printf(Locale.ROOT, "pages        %,d shared, %,d verified%n", result.pagesShared(),
            result.pagesVerified());
        out.printf(Locale.ROOT, "round trip   p50 %.1f us, p99 %.1f us, max %.1f us (%,d of 64 bytes, one pair at a "
                + "time)%n", roundTrips.getValueAtPercentile(50) / NANOS_PER_MICRO,
            roundTrips.getValueAtPercentile(99) / NANOS_PER_MICRO, roundTrips.getMaxValue() / NANOS_PER_MICRO,
            roundTrips.getTotalCount());
        result.failures().forEach(failure -> out.println("failure      " + failure));
        out.println(ok ? "VERIFIED" : "NOT VERIFIED");
    }
}
