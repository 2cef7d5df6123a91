// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The levels of printk; the ordinal is the number. */
public enum LogLevel {
    /** The kernel cannot go on. */
    EMERG,
    /** Somebody must act now. */
    ALERT,
    /** A part has failed. */
    CRIT,
    /** An error. */
    ERR,
    /** Something to look at. */
    WARNING,
    /** Normal, and worth a line. */
    NOTICE,
    /** What goes on. */
    INFO,
    /** For the search for a fault. */
    DEBUG;

    private static final LogLevel[] ALL = values();

    /** The name dmesg has for it: emerg, alert, crit, err, warn, notice, info, debug. */
    public String label() {
        return this == WARNING ? "warn" : name().toLowerCase(Locale.ROOT);
    }

    /** The level of a number; DEBUG for a number that is none, since it came from shared memory. */
    public static LogLevel of(int number) {
        return number >= 0 && number < ALL.length ? ALL[number] : DEBUG;
    }

    /**
     * The level of a name or number as dmesg takes them.
     *
     * @param text a {@link #label}, or 0..7
     * @throws IllegalArgumentException in one line that lists them
     */
    public static LogLevel parse(String text) {
        return Arrays.stream(ALL)
            .filter(level -> level.label().equals(text) || Integer.toString(level.ordinal()).equals(text)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("'" + text + "' is no log level: use "
                + Arrays.stream(ALL).map(LogLevel::label).collect(Collectors.joining(", ")) + ", or 0 to 7"));
    }
}
