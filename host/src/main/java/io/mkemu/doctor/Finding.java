// SPDX-License-Identifier: Apache-2.0
package io.mkemu.doctor;

import java.util.Locale;

/**
 * What one check of the environment has found. Immutable.
 *
 * @param check  its name, one word
 * @param level  how bad it is
 * @param found  what is there, in one line
 * @param remedy what to do about it; null if nothing is to be done
 */
public record Finding(String check, Level level, String found, String remedy) {
    /** How bad it is. */
    public enum Level {
        /** Good, or of no importance. */
        OK,
        /** A machine runs, but slower, or not all of mkemu can be used. */
        WARNING,
        /** No machine can run. */
        PROBLEM;

        /** As it is printed. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Finding ok(String check, String found) {
        return new Finding(check, Level.OK, found, null);
    }

    static Finding warning(String check, String found, String remedy) {
        return new Finding(check, Level.WARNING, found, remedy);
    }

    static Finding problem(String check, String found, String remedy) {
        return new Finding(check, Level.PROBLEM, found, remedy);
    }
}
