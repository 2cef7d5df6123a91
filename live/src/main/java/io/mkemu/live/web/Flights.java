// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.EventSink;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.live.web.FlightMatch.Delivery;
import io.mkemu.live.web.FlightMatch.Flight;
import java.util.ArrayDeque;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * The newest messages of a trace, each from its send to its callback, and how long that took between each two kernels.
 * Takes events in order; bounded memory. Not thread-safe.
 */
final class Flights implements EventSink {
    /** Messages that are kept for the timeline. */
    static final int MOST_SHOWN = 400;
    private static final int MOST_PAIRS = 2048;
    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int SIGNIFICANT_DIGITS = 2;
    private static final int ID_BITS = 16;
    private static final int UNKNOWN = -1;

    /** Of two kernels, this window and the one before it. */
    private static final class Pair {
        private Histogram now = new Histogram(SIGNIFICANT_DIGITS);
        private Histogram before = new Histogram(SIGNIFICANT_DIGITS);
        private long begun;

        void add(long time, long nanos) {
            turn(time);
            now.recordValue(Math.max(0, nanos));
        }

        void turn(long time) {
            if (time - begun >= WINDOW_NANOS) {
                Histogram old = before;
                old.reset();
                before = time - begun < 2 * WINDOW_NANOS ? now : new Histogram(SIGNIFICANT_DIGITS);
                now = old;
                begun = time;
            }
        }
    }

    private final TraceNames names;
    private final FlightMatch match;
    private final ArrayDeque<Flight> newest = new ArrayDeque<>();
    private final SortedMap<Integer, Pair> pairs = new TreeMap<>();
    private long seen;
    private long missing;
    private boolean numbered = true;

    Flights(TraceNames names) {
        this.names = names;
        this.match = new FlightMatch(names);
    }

    @Override
    public void event(EventName name, long time, TraceEntry entry) {
        switch (name) {
            case SEND -> match.sent(entry);
            case CALLBACK_BEGIN, UNHANDLED -> {
                if (entry.isDelivery()) {
                    delivered(entry);
                }
            }
            case GAP -> missing += entry.missing();
            default -> {
            }
        }
    }

    private void delivered(TraceEntry entry) {
        Delivery delivery = match.delivered(entry);
        numbered = entry.isNumbered();
        if (delivery.flight() == null) {
            return;
        }
        int between = key(delivery.from(), entry.instance());
        Pair pair = pairs.size() < MOST_PAIRS || pairs.containsKey(between)
            ? pairs.computeIfAbsent(between, key -> new Pair()) : null;
        if (pair != null) {
            pair.add(entry.time(), entry.time() - delivery.flight().sent());
        }
        seen++;
        newest.add(delivery.flight());
        if (newest.size() > MOST_SHOWN) {
            newest.remove();
        }
    }

    private static int key(int from, int to) {
        return (from & 0xffff) << ID_BITS | to & 0xffff;
    }

    /**
     * What is known now. Times are in ns since the machine was made.
     *
     * @param now CLOCK_MONOTONIC in ns: latencies are those of the 5 to 10 s before it
     */
    ObjectNode tell(ObjectNode to, long now) {
        to.put("messages", seen).put("missing", missing).put("numbered", numbered);
        ArrayNode told = to.putArray("pairs");
        pairs.forEach((key, pair) -> {
            pair.turn(now);
            Histogram all = new Histogram(SIGNIFICANT_DIGITS);
            all.add(pair.before);
            all.add(pair.now);
            if (all.getTotalCount() > 0) {
                int from = (short) (key >> ID_BITS);
                latency(told.addObject().put("from", from < 0 ? UNKNOWN : from).put("to", (short) (int) key), all);
            }
        });
        flights(to.putArray("flights"), newest, names.createdNanos());
        return to;
    }

    /** The percentiles of some times. */
    static void latency(ObjectNode to, Histogram times) {
        to.put("count", times.getTotalCount()).put("p50", times.getValueAtPercentile(50))
            .put("p90", times.getValueAtPercentile(90)).put("p99", times.getValueAtPercentile(99))
            .put("max", times.getMaxValue());
    }

    /** Messages as arrays, to keep them short: sent, from CPU, to CPU, callback begun, took, type, bytes. */
    static void flights(ArrayNode to, Iterable<Flight> flights, long created) {
        for (Flight flight : flights) {
            to.addArray().add(flight.sent() - created).add(flight.fromCpu()).add(flight.toCpu())
                .add(flight.begun() - created).add(flight.took()).add(flight.type() & 0xffff_ffffL).add(flight.bytes());
        }
    }
}
