// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import java.util.Locale;

/**
 * A line that a kernel's console showed.
 *
 * @param kernel its name; "host" for the host's
 * @param nanos  since the machine was made, exact to 1000 ns
 * @param text   without time and name
 * @param number of the line among all of the machine's, from 0, in the order in which they were printed
 */
public record LogLine(String kernel, long nanos, String text, int number) {
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "[%5d.%06d] %s: %s", nanos / 1_000_000_000, nanos / 1000 % 1_000_000, kernel,
            text);
    }
}
