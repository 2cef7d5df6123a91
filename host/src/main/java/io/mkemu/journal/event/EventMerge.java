// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Puts the records of all CPUs into one order: by time, each CPU's own order kept, and no message shown as delivered
 * before it was sent.
 *
 * <p>A send is stamped just after its message could be seen, an interrupt with the last clock its CPU has read before
 * it saw it, and that clock is the same for all a CPU takes in one turn. So stamps can say that a message was taken
 * before it was sent. Then the interrupt is shown right after the send, but not after its callback began; if the send
 * was stamped even after that, it is shown, with what its CPU did before it, when the callback began.
 *
 * <p>A record is written when what it tells is over, so what is pushed may have begun long before; it waits here until
 * {@link #drain} is told that nothing earlier will come. What comes too late all the same is passed on at once. Memory
 * is bounded: when too much waits, the earliest is passed on. Not thread-safe.
 */
public final class EventMerge {
    private static final long MAX_BYTES = 64L << 20;
    private static final Comparator<TraceEntry> ORDER = Comparator.<TraceEntry>comparingLong(entry -> entry.due)
        .thenComparingLong(entry -> entry.sequence);

    /** What waits of one CPU. */
    private static final class Stream {
        private final PriorityQueue<TraceEntry> waiting = new PriorityQueue<>(ORDER);
        private boolean pulled;

        long due() {
            TraceEntry first = waiting.peek();
            return first == null ? Long.MAX_VALUE : first.due;
        }
    }

    private final EventSink sink;
    private final long maxBytes;
    private final Map<Integer, Stream> byCpu = new HashMap<>();
    private final List<Stream> streams = new ArrayList<>();
    private final Map<Long, TraceEntry> sends = new HashMap<>();
    private long sequence;
    private long bytes;

    /** A merge that passes events on. */
    public EventMerge(EventSink sink) {
        this(sink, MAX_BYTES);
    }

    /** A merge that keeps at most so many bytes, about. */
    EventMerge(EventSink sink, long maxBytes) {
        this.sink = sink;
        this.maxBytes = maxBytes;
    }

    /** Takes the next record of a CPU, in the order of its ring. */
    public void push(TraceEntry entry) throws IOException {
        entry.sequence = sequence++;
        Stream stream = byCpu.get(entry.cpu());
        if (stream == null) {
            stream = new Stream();
            byCpu.put(entry.cpu(), stream);
            streams.add(stream);
        }
        stream.waiting.add(entry);
        if (isSend(entry)) {
            sends.put(entry.id(), entry);
        }
        bytes += entry.bytes();
        while (bytes > maxBytes) {
            step(earliest(), Long.MAX_VALUE);
        }
    }

    private static boolean isSend(TraceEntry entry) {
        return entry.name(0) == EventName.SEND && entry.isNumbered();
    }

    /** Whether nothing waits. */
    public boolean isEmpty() {
        return bytes == 0;
    }

    /**
     * Passes on what happened before a time.
     *
     * @param bound CLOCK_MONOTONIC in ns; no record that is pushed later tells of anything before it
     */
    public void drain(long bound) throws IOException {
        for (Stream next = earliest(); next != null && next.due() < bound; next = earliest()) {
            step(next, Long.MAX_VALUE);
        }
    }

    /** Passes on all that is left. */
    public void drain() throws IOException {
        for (Stream next = earliest(); next != null; next = earliest()) {
            step(next, Long.MAX_VALUE);
        }
    }

    private Stream earliest() {
        Stream earliest = null;
        for (Stream stream : streams) {
            if (!stream.waiting.isEmpty() && (earliest == null || stream.due() < earliest.due())) {
                earliest = stream;
            }
        }
        return earliest;
    }

    /** Passes on the first event of a CPU, or puts off its interrupt; shows nothing later than the limit. */
    private void step(Stream stream, long limit) throws IOException {
        TraceEntry entry = stream.waiting.poll();
        if (entry.stage == 0 && entry.isDelivery() && entry.isNumbered()) {
            TraceEntry send = sends.get(entry.id());
            if (send != null) {
                if (entry.due < entry.time()) {
                    /* Only there does it stand behind all its CPU did before: that may have led to the send. */
                    entry.due = entry.due <= send.due ? Math.min(send.due + 1, entry.time()) : entry.time();
                    stream.waiting.add(entry);
                    return;
                }
                pull(stream, send, Math.min(limit, entry.due));
            }
        }
        pass(stream, entry, limit);
    }

    /** Passes on what a sender did, up to a send that the first event of a CPU waits for. */
    private void pull(Stream waits, TraceEntry send, long limit) throws IOException {
        Stream sender = byCpu.get(send.cpu());
        waits.pulled = true;
        /* Two that wait for each other: clocks or records that cannot be true. Time alone has to do then. */
        while (!sender.pulled && sends.get(send.id()) == send) {
            step(sender, limit);
        }
        waits.pulled = false;
    }

    /** Passes on the events of a record that are due together. */
    private void pass(Stream stream, TraceEntry entry, long limit) throws IOException {
        long due = entry.due;
        if (entry.stage == 0 && isSend(entry)) {
            sends.remove(entry.id(), entry);
        }
        do {
            sink.event(entry.name(entry.stage), Math.min(due, limit), entry);
            entry.stage++;
        } while (entry.stage < entry.events() && entry.timeOf(entry.stage) <= due);
        if (entry.stage < entry.events()) {
            entry.due = entry.timeOf(entry.stage);
            stream.waiting.add(entry);
        } else {
            bytes -= entry.bytes();
        }
    }
}
