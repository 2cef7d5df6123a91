// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.TraceEntry;
import java.io.IOException;

/** How a trace is printed. */
interface TraceLines {
    /** What comes before the first event, once it is known which machine it is. */
    default void begin() throws IOException {
    }

    /** An event. */
    void event(EventName name, long time, TraceEntry entry) throws IOException;

    /** What comes behind the last event. */
    default void end() throws IOException {
    }
}
