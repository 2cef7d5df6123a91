// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import java.util.Locale;

/** A line of a kernel log as people read it, the way dmesg and the console print it. */
public final class LogText {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int FIRST_PRINTABLE = 0x20;
    private static final int DELETE = 0x7f;
    private static final int FIRST_PRINTABLE_OF_LATIN_1 = 0xa0;

    private LogText() {
    }

    /**
     * A line behind the time, as in {@code [    0.405037] text}.
     *
     * @param nanos since the machine was made
     * @param text  of the log; what would steer a terminal is shown as \xNN, as dmesg does
     */
    public static String of(long nanos, String text) {
        return String.format(Locale.ROOT, "[%5d.%06d] %s", nanos / NANOS_PER_SECOND,
            nanos / 1000 % 1_000_000, printable(text));
    }

    /** A text with what would steer a terminal shown as \\xNN. */
    public static String printable(String text) {
        if (text.chars().noneMatch(LogText::isControl)) {
            return text;
        }
        StringBuilder plain = new StringBuilder();
        text.chars().forEach(c -> {
            if (isControl(c)) {
                plain.append(String.format(Locale.ROOT, "\\x%02x", c));
            } else {
                plain.append((char) c);
            }
        });
        return plain.toString();
    }

    private static boolean isControl(int c) {
        return c < FIRST_PRINTABLE && c != '\t' || c >= DELETE && c < FIRST_PRINTABLE_OF_LATIN_1;
    }
}
