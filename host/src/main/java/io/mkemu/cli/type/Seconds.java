// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import java.math.BigDecimal;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A time limit on the command line: seconds, with or without a fraction.
 *
 * @param millis 1 ms to a day
 */
public record Seconds(long millis) {
    private static final BigDecimal MAX = BigDecimal.valueOf(86_400);

    /** For picocli. */
    public static final class Converter implements ITypeConverter<Seconds> {
        @Override
        public Seconds convert(String text) {
            if (!text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
                throw wrong(text);
            }
            BigDecimal seconds = new BigDecimal(text);
            long millis = seconds.min(MAX).movePointRight(3).longValue();
            if (millis == 0 || seconds.compareTo(MAX) > 0) {
                throw wrong(text);
            }
            return new Seconds(millis);
        }

        private static TypeConversionException wrong(String text) {
            return new TypeConversionException("'" + text + "': expected seconds, 0.001 to " + MAX + ", as 30");
        }
    }
}
