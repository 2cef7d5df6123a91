// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.journal.event.TraceNames;

/** The first line of a trace: what it is of. */
final class TraceHeader {
    private TraceHeader() {
    }

    static String of(TraceNames names) {
        return names.isKnown() ? "machine " + names.machine() + ", ipi=" + names.mailbox() + ", trace=" + names.mode()
            + ", time in s since it was made"
            : "machine unknown: the beginning of the journal is gone; time in s of CLOCK_MONOTONIC";
    }
}
