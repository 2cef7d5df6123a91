// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.cli.type.TimePoint;
import io.mkemu.journal.event.EventFilter;
import io.mkemu.journal.event.TraceNames;
import picocli.CommandLine.Option;

/** Which part of a recording is wanted. */
final class TraceWindowOptions {
    @Option(names = "--since", paramLabel = "TIME",
        description = "Only from this time on: as the trace prints it (12.5), before its end (-5s), or "
            + "2026-11-24T12:00:00, with Z for UTC.")
    private TimePoint since;

    @Option(names = "--until", paramLabel = "TIME",
        description = "Only before this time.")
    private TimePoint until;

    boolean isGiven() {
        return since != null || until != null;
    }

    /** Whether the end of what is recorded has to be known. */
    boolean needsEnd() {
        return since != null && since.kind() == TimePoint.Kind.END
            || until != null && until.kind() == TimePoint.Kind.END;
    }

    /**
     * Puts the window into a filter.
     *
     * @param end of what is recorded, CLOCK_MONOTONIC in ns, if {@link #needsEnd}
     * @throws MachineException if it is empty
     */
    void apply(EventFilter filter, TraceNames names, long end) {
        long from = since == null ? Long.MIN_VALUE : monotonic(since, names, end);
        long to = until == null ? Long.MAX_VALUE : monotonic(until, names, end);
        if (from >= to) {
            throw new MachineException(ExitCode.USAGE, "--until is not later than --since: there is nothing between "
                + "them");
        }
        filter.window(from, to);
    }

    private static long monotonic(TimePoint time, TraceNames names, long end) {
        return time.monotonic(names.createdNanos(), names.createdUnixNanos(), end);
    }
}
