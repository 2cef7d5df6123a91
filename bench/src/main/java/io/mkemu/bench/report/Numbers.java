// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

import java.util.Locale;
import java.util.OptionalDouble;

/** Numbers as the tables show them. */
final class Numbers {
    private static final double THOUSAND = 1000;
    private static final double MILLION = 1e6;
    private static final double HUNDRED = 100;

    private Numbers() {
    }

    /** Nanoseconds, with a unit that fits. */
    static String nanos(long nanos) {
        if (nanos < 10_000) {
            return nanos + " ns";
        }
        if (nanos < 10_000_000) {
            return text("%.1f us", nanos / THOUSAND);
        }
        return text("%.1f ms", nanos / MILLION);
    }

    /** A multiple. */
    static String times(OptionalDouble ratio) {
        return ratio.isEmpty() ? "-" : ratio.getAsDouble() < HUNDRED ? text("%.2f", ratio.getAsDouble())
            : text("%.0f", ratio.getAsDouble());
    }

    /** Messages per second. */
    static String rate(OptionalDouble messagesPerSecond) {
        if (messagesPerSecond.isEmpty()) {
            return "-";
        }
        double rate = messagesPerSecond.getAsDouble();
        if (rate < THOUSAND) {
            return text("%.0f", rate);
        }
        return rate < MILLION ? text("%.0f k", rate / THOUSAND) : text("%.2f M", rate / MILLION);
    }

    static String percent(double share) {
        return text("%.1f %%", share * HUNDRED);
    }

    static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
