// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Numbers as a narrow column shows them. Stateless; any thread. */
final class Units {
    private static final double PERCENT = 100;
    private static final int TEN = 10;
    private static final int THOUSAND = 1000;
    private static final String SUFFIXES = " kMGTP";

    private Units() {
    }

    /** A rate or a count, at most six characters: 0, 0.3, 42, 12.3k, 4.5M. */
    static String rate(double number) {
        if (!(number > 0)) {
            return "0";
        }
        if (number < TEN && number != Math.rint(number)) {
            return String.format(Locale.ROOT, "%.1f", number);
        }
        double scaled = number;
        int suffix = 0;
        while (Math.round(scaled) >= THOUSAND && suffix < SUFFIXES.length() - 1) {
            scaled /= THOUSAND;
            suffix++;
        }
        return suffix == 0 ? Long.toString(Math.round(scaled))
            : String.format(Locale.ROOT, "%.1f%c", scaled, SUFFIXES.charAt(suffix));
    }

    /** A share of 0..1 in per cent, without the sign. */
    static String percent(double share) {
        return Long.toString(Math.round(share * PERCENT));
    }

    /** How long something has lasted: 3.2 s, 4 min 12 s, 5 h 3 min, 2 d 4 h. */
    static String duration(long nanos) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(nanos);
        if (seconds < TimeUnit.MINUTES.toSeconds(1)) {
            return String.format(Locale.ROOT, "%.1f s", nanos / (double) TimeUnit.SECONDS.toNanos(1));
        }
        if (seconds < TimeUnit.HOURS.toSeconds(1)) {
            return TimeUnit.SECONDS.toMinutes(seconds) + " min " + seconds % TimeUnit.MINUTES.toSeconds(1) + " s";
        }
        long minutes = TimeUnit.SECONDS.toMinutes(seconds);
        if (seconds < TimeUnit.DAYS.toSeconds(1)) {
            return TimeUnit.SECONDS.toHours(seconds) + " h " + minutes % TimeUnit.HOURS.toMinutes(1) + " min";
        }
        return TimeUnit.SECONDS.toDays(seconds) + " d "
            + TimeUnit.SECONDS.toHours(seconds) % TimeUnit.DAYS.toHours(1) + " h";
    }

    /** Seconds with as many decimals as they need, at most three: 2, 0.5, 0.125. */
    static String seconds(long millis) {
        return millis % THOUSAND == 0 ? Long.toString(millis / THOUSAND)
            : String.format(Locale.ROOT, "%.3f", millis / (double) THOUSAND).replaceFirst("0+$", "");
    }
}
