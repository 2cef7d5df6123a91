// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import io.mkemu.boot.BootParameters;

/**
 * Which lines of a kernel log go to the console: those of a level below console_loglevel. The ring keeps all. As on
 * Linux, the last one of {@code loglevel=}, {@code quiet} and {@code debug} counts, and {@code ignore_loglevel} shows
 * everything.
 */
public final class ConsoleLoglevel {
    /** CONSOLE_LOGLEVEL_DEFAULT: all but debug. */
    public static final int DEFAULT = 7;
    /** CONSOLE_LOGLEVEL_QUIET: errors and worse. */
    public static final int QUIET = 4;
    /** CONSOLE_LOGLEVEL_DEBUG: everything. */
    public static final int DEBUG = 10;

    private ConsoleLoglevel() {
    }

    /**
     * The console log level that a command line asks for.
     *
     * @return 0 (no line) .. 10; 8 and above are all lines
     * @throws IllegalArgumentException if its loglevel= is no integer in that range, in one line
     */
    public static int of(BootParameters parameters) {
        int level = DEFAULT;
        int named = (int) parameters.getLong("loglevel", DEFAULT, 0, DEBUG);
        for (String name : parameters.names()) {
            level = switch (name) {
                case "loglevel" -> named;
                case "quiet" -> QUIET;
                case "debug" -> DEBUG;
                default -> level;
            };
        }
        return parameters.has("ignore_loglevel") ? DEBUG : level;
    }

    /**
     * As {@link #of(BootParameters)}, for a command line that was read from shared memory.
     *
     * @return {@link #DEFAULT} if it asks for what is none
     */
    public static int ofUntrusted(String cmdline) {
        try {
            return of(BootParameters.parse(cmdline));
        } catch (IllegalArgumentException damaged) {
            return DEFAULT;
        }
    }
}
