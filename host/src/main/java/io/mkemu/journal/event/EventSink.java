// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import java.io.IOException;

/** Takes the events of a trace, in order. */
@FunctionalInterface
public interface EventSink {
    /**
     * Takes the next event.
     *
     * @param name  what happened
     * @param time  when, CLOCK_MONOTONIC in ns
     * @param entry the record that says so
     */
    void event(EventName name, long time, TraceEntry entry) throws IOException;
}
