// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Makes begins and ends of slices, of which a reader sees that an end is that of the slice of its track that began
 * last. Slices are held back until all that begin at their time are known: of those of a track the longest is the
 * outermost, in whichever order they were recorded, and a send comes before its delivery. Memory: the slices that are
 * open, and those that begin now.
 *
 * @param <T> what a slice is
 */
final class SliceNest<T> {
    /** Takes begins and ends. Those of a track come by time, but for slices that were told late. */
    interface Sink<T> {
        /** A slice begins. */
        void begin(T slice) throws IOException;

        /** The slice of a track that began last and has not ended ends. */
        void end(long track, long time) throws IOException;
    }

    /**
     * A slice.
     *
     * @param track where it is shown
     * @param from  when it begins
     * @param to    when it ends
     * @param sends the message that it sends, 0 for none
     * @param takes the message that it delivers, 0 for none
     * @param what  what it is
     */
    record Slice<T>(long track, long from, long to, long sends, long takes, T what) {
    }

    /** The slices of a track that are open, and when the last of them began. */
    private static final class Open {
        private final Deque<Long> ends = new ArrayDeque<>();
        private long latest = Long.MIN_VALUE;
    }

    private record Held<T>(Slice<T> slice, long order) {
    }

    /** So many at one time are the garbage of a damaged journal. */
    private static final int MOST_HELD = 1000;

    private final Sink<T> sink;
    private final PriorityQueue<Held<T>> held = new PriorityQueue<>(
        Comparator.comparingLong((Held<T> each) -> each.slice.from).thenComparingLong(Held::order));
    private final Map<Long, Open> tracks = new HashMap<>();
    private long added;

    SliceNest(Sink<T> sink) {
        this.sink = sink;
    }

    /** Adds a slice. */
    void add(Slice<T> slice) throws IOException {
        if (held.size() == MOST_HELD) {
            passOn(Long.MAX_VALUE);
        }
        held.add(new Held<>(slice, added++));
    }

    /** There are no more slices. */
    void end() throws IOException {
        passOn(Long.MAX_VALUE);
        for (Map.Entry<Long, Open> track : tracks.entrySet()) {
            endUntil(Long.MAX_VALUE, track.getKey(), track.getValue());
        }
    }

    /** Passes on what began before a time: nothing that did is to be expected any more. */
    void passOn(long time) throws IOException {
        while (!held.isEmpty() && held.peek().slice.from < time) {
            Slice<T> first = held.remove().slice;
            if (held.isEmpty() || held.peek().slice.from > first.from) {
                begin(first);
            } else {
                List<Slice<T>> together = new ArrayList<>(List.of(first));
                while (!held.isEmpty() && held.peek().slice.from == first.from) {
                    together.add(held.remove().slice);
                }
                together.sort(Comparator.comparingLong((Slice<T> slice) -> slice.to).reversed());
                Set<Slice<T>> begun = Collections.newSetFromMap(new IdentityHashMap<>());
                for (Slice<T> slice : together) {
                    begin(slice, together, begun);
                }
            }
        }
    }

    /** Begins a slice behind what it lies in, and behind what sends it what it delivers. */
    private void begin(Slice<T> slice, List<Slice<T>> together, Set<Slice<T>> begun) throws IOException {
        if (begun.add(slice)) {
            for (Slice<T> other : together) {
                if (other.track == slice.track && other.to > slice.to
                    || slice.takes != 0 && other.sends == slice.takes) {
                    begin(other, together, begun);
                }
            }
            begin(slice);
        }
    }

    private void begin(Slice<T> slice) throws IOException {
        Open open = tracks.computeIfAbsent(slice.track, any -> new Open());
        endUntil(slice.from, slice.track, open);
        sink.begin(slice.what);
        if (slice.from < open.latest) {
            /* It was told behind what began later: it encloses that, and a reader sorts by time. */
            sink.end(slice.track, slice.to);
        } else {
            open.latest = slice.from;
            /* One that crosses the end of another would end that one: only damaged records have such times. */
            open.ends.push(open.ends.isEmpty() ? slice.to : Math.min(slice.to, open.ends.peek()));
        }
    }

    private void endUntil(long time, long track, Open open) throws IOException {
        while (!open.ends.isEmpty() && open.ends.peek() <= time) {
            sink.end(track, open.ends.pop());
        }
    }
}
