// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.TraceMode;
import io.mkemu.journal.JournalText;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.EventSink;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.live.web.FlightMatch.Delivery;
import io.mkemu.live.web.FlightMatch.Flight;
import io.mkemu.live.web.Slices.What;
import io.mkemu.log.LogLevel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a journal tells, kept so that it can be shown as of any time: states and lives, log lines, counts in slices of
 * time, and messages, of which each second one is let go whenever there are too many. Takes events in order. Not
 * thread-safe; once all is read, any thread may read it.
 */
final class Recording implements EventSink {
    private static final int MOST_LINES = 200_000;
    private static final int MOST_FLIGHTS = 400_000;
    private static final int MOST_CHANGES = 20_000;

    /** What became of a kernel; cpus and cmdline are null where only the state is told. */
    record Change(long time, int kernel, InstanceState state, String reason, long life, List<Integer> cpus,
                  String cmdline) {
    }

    /** A line of a kernel log. */
    record Line(long time, int kernel, LogLevel level, String text) {
    }

    private final TraceNames names;
    private final SortedMap<Integer, List<Change>> changes = new TreeMap<>();
    private final SortedMap<Long, TraceMode> modes = new TreeMap<>();
    private final ArrayDeque<Line> lines = new ArrayDeque<>();
    private final List<Flight> flights = new ArrayList<>();
    private final FlightMatch match;
    private Slices slices;
    private int every = 1;
    private long messages;
    private int changesKept;
    private long begin = Long.MAX_VALUE;
    private long end = Long.MIN_VALUE;
    private long missing;
    private boolean numbered = true;

    Recording(TraceNames names) {
        this.names = names;
        this.match = new FlightMatch(names);
    }

    @Override
    public void event(EventName name, long time, TraceEntry entry) {
        if (slices == null) {
            slices = new Slices(time);
        }
        begin = Math.min(begin, time);
        end = Math.max(end, time);
        switch (name) {
            case SEND -> sent(entry);
            case FULL -> slices.count(time, entry.instance(), What.REFUSED);
            case VECTOR -> slices.count(time, entry.instance(), What.INTERRUPTS);
            case CALLBACK_BEGIN -> {
                slices.count(time, entry.instance(), What.CALLBACKS);
                delivered(entry);
            }
            case UNHANDLED -> delivered(entry);
            case STATE -> change(new Change(time, entry.instance(), InstanceState.of(entry.arg0()), text(entry),
                entry.life(), null, null));
            case LIFE -> life(time, entry);
            case MODE -> mode(time, entry.arg0());
            case LOG -> line(new Line(time, entry.instance(), LogLevel.of(entry.type()), text(entry)));
            case GAP -> missing += entry.missing();
            default -> {
            }
        }
    }

    private static String text(TraceEntry entry) {
        return new String(entry.payload(), StandardCharsets.UTF_8);
    }

    private void sent(TraceEntry entry) {
        slices.count(entry.time(), entry.instance(), What.SENT);
        match.sent(entry);
    }

    private void delivered(TraceEntry entry) {
        if (!entry.isDelivery()) {
            return;
        }
        Delivery delivery = match.delivered(entry);
        slices.count(entry.time(), entry.instance(), What.RECEIVED);
        slices.delivered(entry.time(), delivery.from(), entry.instance());
        numbered = entry.isNumbered();
        if (delivery.flight() == null || messages++ % every != 0) {
            return;
        }
        flights.add(delivery.flight());
        if (flights.size() >= MOST_FLIGHTS) {
            for (int i = 0; 2 * i < flights.size(); i++) {
                flights.set(i, flights.get(2 * i));
            }
            flights.subList((flights.size() + 1) / 2, flights.size()).clear();
            every *= 2;
        }
    }

    private void life(long time, TraceEntry entry) {
        JsonNode what = JournalText.object(entry.payload());
        List<Integer> cpus = new ArrayList<>();
        what.path("cpus").forEach(cpu -> cpus.add(cpu.asInt()));
        change(new Change(time, entry.instance(), null, "", what.path("life").asLong(), List.copyOf(cpus),
            what.path("cmdline").asText("")));
    }

    /** A journal can hold anything: so many are kept, the first ones, and no kernel beyond the known ones. */
    private void change(Change change) {
        if (change.kernel >= 0 && changesKept < MOST_CHANGES) {
            changesKept++;
            changes.computeIfAbsent(change.kernel, kernel -> new ArrayList<>()).add(change);
        }
    }

    private void mode(long time, int ordinal) {
        TraceMode[] all = TraceMode.values();
        if (ordinal >= 0 && ordinal < all.length && modes.size() < MOST_CHANGES) {
            modes.put(time, all[ordinal]);
        }
    }

    private void line(Line line) {
        lines.add(line);
        if (lines.size() > MOST_LINES) {
            lines.remove();
        }
    }

    /** Whether there was nothing in it. */
    boolean isEmpty() {
        return slices == null;
    }

    /** Time of its first event, CLOCK_MONOTONIC in ns. */
    long begin() {
        return begin;
    }

    /** Time of its last event. */
    long end() {
        return end;
    }

    Slices slices() {
        return slices;
    }

    /** All that became of kernels, by kernel, then time. */
    SortedMap<Integer, List<Change>> changes() {
        return changes;
    }

    TraceMode mode(long time) {
        SortedMap<Long, TraceMode> before = modes.headMap(time + 1);
        return before.isEmpty() ? TraceMode.OFF : before.get(before.lastKey());
    }

    /** In the order of time. */
    Collection<Line> lines() {
        return lines;
    }

    /** Messages whose callback began in a time, in that order. */
    List<Flight> flights(long from, long to) {
        return flights.subList(behind(from), behind(to + 1));
    }

    /** Index of the first one that began at a time or later. */
    private int behind(long time) {
        int low = 0;
        int high = flights.size();
        while (low < high) {
            int middle = low + high >>> 1;
            if (flights.get(middle).begun() < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Each how many-th message is kept. */
    int every() {
        return every;
    }

    /** Records that found no room when it was recorded. */
    long missing() {
        return missing;
    }

    /** Whether messages have numbers: where not, only their targets know how long they waited. */
    boolean numbered() {
        return numbered;
    }

    TraceNames names() {
        return names;
    }
}
