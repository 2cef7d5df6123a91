// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.cli.type.LineOutput;
import io.mkemu.journal.event.EventFilter;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.EventSink;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TracePlayer;
import java.io.IOException;

/** Passes the events that a filter shows on to who prints them, until nobody reads them any more. */
final class TracePrinter implements EventSink, TracePlayer.Watcher {
    private final EventFilter filter;
    private final TraceLines lines;
    private final LineOutput out;
    private final Runnable begins;
    private boolean prepared;
    private boolean begun;
    private boolean isPast;
    private long printed;

    /**
     * A printer.
     *
     * @param begins run before the first event, when the journal has said which machine it is of
     */
    TracePrinter(EventFilter filter, TraceLines lines, LineOutput out, Runnable begins) {
        this.filter = filter;
        this.lines = lines;
        this.out = out;
        this.begins = begins;
    }

    @Override
    public void event(EventName name, long time, TraceEntry entry) throws IOException {
        prepare();
        isPast |= time >= filter.until();
        if (!out.isBroken() && filter.shows(name, time, entry)) {
            begin();
            lines.event(name, time, entry);
            printed++;
        }
    }

    private void prepare() {
        if (!prepared) {
            prepared = true;
            begins.run();
        }
    }

    private void begin() throws IOException {
        if (!begun) {
            begun = true;
            lines.begin();
        }
    }

    @Override
    public boolean goesOn() {
        return !out.isBroken() && !isPast;
    }

    @Override
    public void caughtUp() {
        out.idle();
    }

    /** Events printed. */
    long printed() {
        return printed;
    }

    /** Says that there are no more events. */
    void end() throws IOException {
        begin();
        lines.end();
        out.flush();
    }
}
