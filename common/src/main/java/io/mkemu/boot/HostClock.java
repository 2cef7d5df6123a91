// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.os.TimeNamespace;
import java.math.BigDecimal;
import java.util.OptionalLong;

/**
 * Whether a kernel has the host's clock. Host and kernel may be in different time namespaces, and then each latency
 * between them is wrong by their difference. The host says its own offset on the command line, unless it is 0; the
 * kernel compares. No time that something took goes into that, so a slow system is no difference. Stateless.
 */
public final class HostClock {
    /** The boot parameter: seconds, or unknown. */
    public static final String PARAMETER = "mk_clock";
    private static final String UNKNOWN = "unknown";
    private static final int NANO_DIGITS = 9;

    private HostClock() {
    }

    /** What the host adds to the command line of a kernel: a space and a boot parameter, or nothing. */
    public static String parameter() {
        return parameter(TimeNamespace.offsetNanos());
    }

    static String parameter(OptionalLong offset) {
        return offset.isPresent() && offset.getAsLong() == 0 ? "" : " " + PARAMETER + "="
            + (offset.isPresent() ? seconds(offset.getAsLong()) : UNKNOWN);
    }

    /**
     * Checks the parameter, if there is one.
     *
     * @throws IllegalArgumentException with one line that names its value
     */
    public static void check(BootParameters parameters) {
        host(parameters);
    }

    private static OptionalLong host(BootParameters parameters) {
        if (!parameters.has(PARAMETER)) {
            return OptionalLong.of(0);
        }
        String value = parameters.get(PARAMETER);
        if (value.equals(UNKNOWN)) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(new BigDecimal(value).movePointRight(NANO_DIGITS).longValueExact());
        } catch (ArithmeticException | NumberFormatException wrong) {
            throw new IllegalArgumentException("boot parameter " + PARAMETER + "=" + BootParameters.printable(value)
                + ": is not the seconds that the host's clock is ahead of the system's", wrong);
        }
    }

    /**
     * Refuses a kernel whose clock is not the host's.
     *
     * @param own  how far this process's clock is ahead of the system's, in ns, if that is known
     * @param exec when the host began this life, by its own clock
     * @param now  this process's clock, read after it was told of this life
     * @throws MachineException that names the difference and the remedy
     */
    public static void require(BootParameters parameters, OptionalLong own, long exec, long now) {
        OptionalLong host = host(parameters);
        if (host.isPresent() && own.isPresent()) {
            if (own.getAsLong() != host.getAsLong()) {
                throw refusal(own.getAsLong() - host.getAsLong(), "");
            }
        } else if (now - exec < 0) {
            /* The future of the host's clock: that much is sure without any namespace's help. */
            throw refusal(now - exec, "at least ");
        }
    }

    private static MachineException refusal(long ahead, String least) {
        return new MachineException(ExitCode.MACHINE, "the clock of this process (CLOCK_MONOTONIC) is " + least
            + seconds(Math.abs(ahead)) + " s " + (ahead > 0 ? "ahead of" : "behind") + " the host's, so all latencies "
            + "would be wrong: start it in the time namespace of the host, without unshare --time or --monotonic");
    }

    private static String seconds(long nanos) {
        return BigDecimal.valueOf(nanos, NANO_DIGITS).stripTrailingZeros().toPlainString();
    }
}
