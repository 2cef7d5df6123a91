// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.cli.type.LineOutput;
import io.mkemu.journal.event.EventFilter;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.EventSink;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TracePlayer;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/** Passes the events that a filter shows on to who prints them, until nobody reads them any more. */
final class TracePrinter implements EventSink, TracePlayer.Watcher {
    private static final Set<EventName> DECODED = EnumSet.of(EventName.SEND, EventName.FULL, EventName.REFUSED,
        EventName.CALLBACK_BEGIN);

    private final EventFilter filter;
    private final TraceLines lines;
    private final LineOutput out;
    private final Runnable begins;
    private final Consumer<TraceEntry> decode;
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
        this(filter, lines, out, begins, entry -> { });
    }

    /**
     * A printer of payloads in words.
     *
     * @param decode says what the payload of a record says, before its event is printed
     */
    TracePrinter(EventFilter filter, TraceLines lines, LineOutput out, Runnable begins, Consumer<TraceEntry> decode) {
        this.filter = filter;
        this.lines = lines;
        this.out = out;
        this.begins = begins;
        this.decode = decode;
    }

    @Override
    public void event(EventName name, long time, TraceEntry entry) throws IOException {
        prepare();
        isPast |= time >= filter.until();
        if (!out.isBroken() && filter.shows(name, time, entry)) {
            begin();
            if (DECODED.contains(name) && entry.payload().length > 0 && entry.decoded() == null) {
                decode.accept(entry);
            }
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
