// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A time on the command line, for {@code --since} and {@code --until}.
 *
 * @param kind  what it counts from
 * @param nanos since then
 */
public record TimePoint(Kind kind, long nanos) {
    /** What a time counts from. */
    public enum Kind {
        /** When the machine was made: 12.5, as a trace prints it. */
        MACHINE,
        /** The end of what is recorded now: -5s. */
        END,
        /** 1970, UTC: 2026-11-24T02:00:00Z. */
        UNIX
    }

    private static final int NANO_PLACES = 9;
    private static final long GIGA = 1_000_000_000L;

    /** For picocli. */
    public static final class Converter implements ITypeConverter<TimePoint> {
        @Override
        public TimePoint convert(String text) {
            if (text.matches("-?[0-9]{1,9}(\\.[0-9]{1,9})?s?")) {
                long nanos = new BigDecimal(text.replace("s", "")).movePointRight(NANO_PLACES).longValueExact();
                return new TimePoint(text.startsWith("-") ? Kind.END : Kind.MACHINE, nanos);
            }
            try {
                Instant instant = text.matches(".*(Z|[+-]\\d\\d:\\d\\d)") ? Instant.parse(text)
                    : LocalDateTime.parse(text).atZone(ZoneId.systemDefault()).toInstant();
                return new TimePoint(Kind.UNIX, Math.addExact(Math.multiplyExact(instant.getEpochSecond(), GIGA),
                    instant.getNano()));
            } catch (DateTimeParseException | ArithmeticException none) {
                throw new TypeConversionException("'" + text + "': expected seconds as the trace prints them (12.5), "
                    + "seconds before its end (-5s), or a time (2026-11-24T12:00:00)");
            } catch (DateTimeException none) {
                throw new TypeConversionException("'" + text + "': no such time");
            }
        }
    }

    /**
     * CLOCK_MONOTONIC, ns.
     *
     * @param created      when the machine was made, on that clock
     * @param createdUnix when that was, ns since 1970
     * @param end          of what is recorded, on that clock
     */
    public long monotonic(long created, long createdUnix, long end) {
        return switch (kind) {
            case MACHINE -> created + nanos;
            case END -> end + nanos;
            case UNIX -> created + nanos - createdUnix;
        };
    }
}
