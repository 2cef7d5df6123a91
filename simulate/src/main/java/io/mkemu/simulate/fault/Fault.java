// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.fault;

import java.util.Locale;

/**
 * One fault of a run. It is planned before the run begins, so that the same seed has the same.
 *
 * @param kind  KILL, MID_SEND, PAUSE, SLOW, BOOT or HOST
 * @param step  from this point of the run on, at the first moment at which it can be done
 * @param index which of those that it can strike: instances, or CPUs of instances
 * @param nanos for how long, or how late
 */
public record Fault(FaultKind kind, long step, int index, long nanos) {
    /**
     * As a failure tells it.
     *
     * @param whom it struck
     */
    public String text(String whom) {
        return switch (kind) {
            case KILL, HOST -> "kill -9 of " + whom;
            case MID_SEND -> "kill -9 of " + whom + " in the middle of a send";
            case PAUSE -> "pause of CPU " + whom + " for " + time(nanos);
            case SLOW -> "CPU " + whom + " is slow: " + time(nanos) + " more for each step";
            case BOOT -> whom + " boots " + time(nanos) + " late";
            case RESTART, FULL -> kind.label();
        };
    }

    private static String time(long nanos) {
        return String.format(Locale.ROOT, "%.1f us", nanos / 1e3);
    }
}
