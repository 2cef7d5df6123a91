// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.history;

import io.mkemu.module.SequentialModel;
import io.mkemu.simulate.history.Linearizability.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Looks for an order of the operations on one object, of the whole history or of a prefix.
 *
 * <p>Two lists in the order of events: the operations that have ended, each with its beginning and its end, and those
 * that are pending, with their beginnings. An operation can be next if it began before the first end that is still in
 * the list. It is taken out, and the search goes on with the state after it; if nothing can be next, the operation that
 * was taken last is put back, and the one behind it is tried. All that have ended must be taken in the end; one that is
 * pending is tried only after them, and need not be taken.
 */
final class Search<S> {
    /** As the last event of a prefix: all. */
    static final int WHOLE = Integer.MAX_VALUE;
    private static final int MOST_STATES_TOLD = 4;
    private static final String MORE = "...";
    /** Entries: the heads of the two lists, which are their ends too, then the events. */
    private static final int ENDED = 0;
    private static final int PENDING = 1;
    private static final int FIRST = 2;

    private final History history;
    private final int[] operations;
    private final SequentialModel<S> model;
    private final S initial;
    private final int mostStates;
    private final Set<Configuration> seen = new HashSet<>();
    /** Of an entry: its event, the operation's number, the entry of its end or of nothing. */
    private final int[] eventOf;
    private final int[] operationOf;
    private final int[] endOf;
    private final boolean[] isEnd;
    private final int[] next;
    private final int[] previous;
    /** Of an operation that was begun: its bit among those that have ended or those that are pending. */
    private final int[] bitOf;
    private final List<S> taken = new ArrayList<>();
    private final int[] takenEntries;
    private final int[] takenWays;
    private long[] doneEnded;
    private long[] donePending;
    private int left;
    private int lastEvent;
    private int furthest;
    private final List<S> furthestStates = new ArrayList<>();

    Search(History history, int[] operations, SequentialModel<S> model, long object, int mostStates) {
        this.history = history;
        this.operations = operations;
        this.model = model;
        this.initial = model.initial(object);
        if (initial == null) {
            throw new IllegalStateException("the initial state of object " + object + " is null; null means that an "
                + "operation is not possible, so a state must be something else");
        }
        this.mostStates = mostStates;
        int entries = FIRST + 2 * operations.length;
        this.eventOf = new int[entries];
        this.operationOf = new int[entries];
        this.endOf = new int[entries];
        this.isEnd = new boolean[entries];
        this.next = new int[entries];
        this.previous = new int[entries];
        this.bitOf = new int[entries];
        this.takenEntries = new int[operations.length];
        this.takenWays = new int[operations.length];
    }

    /** How many states the last search has visited. */
    int states() {
        return seen.size();
    }

    /** The end that the last search could not get over, the last one of those; an event. */
    int furthest() {
        return furthest;
    }

    /** The states in which the last search stood before that end, in the order of their discovery; some of them. */
    List<String> furthestStates() {
        List<String> told = new ArrayList<>();
        furthestStates.forEach(state -> told.add(told.size() < MOST_STATES_TOLD ? state.toString() : MORE));
        return told;
    }

    /** All ends, as events, ascending. */
    int[] ends() {
        return Arrays.stream(operations).map(history::end).filter(end -> end != History.NONE).sorted().toArray();
    }

    /**
     * Searches.
     *
     * @param last the last event of the prefix, {@link #WHOLE} for all
     */
    Verdict run(int last) {
        prepare(last);
        S state = initial;
        int at = next[ENDED];
        int way = 0;
        while (left > 0) {
            if (isEnd[at]) {
                at = next[PENDING];
            }
            if (at == PENDING || isPending(at) && eventOf[at] > eventOf[firstEnd()]) {
                blocked(eventOf[firstEnd()], state);
                if (taken.isEmpty()) {
                    return Verdict.NOT_LINEARIZABLE;
                }
                state = taken.removeLast();
                at = takenEntries[taken.size()];
                way = takenWays[taken.size()];
                putBack(at);
            } else {
                S after = after(state, at, way);
                if (after != null && isNew(at, after)) {
                    if (seen.size() > mostStates) {
                        return Verdict.UNDECIDED;
                    }
                    takenEntries[taken.size()] = at;
                    takenWays[taken.size()] = way;
                    taken.add(state);
                    takeOut(at);
                    state = after;
                    at = next[ENDED];
                    way = 0;
                    continue;
                }
            }
            way++;
            if (way == ways(at)) {
                way = 0;
                at = next[at];
            }
        }
        return Verdict.LINEARIZABLE;
    }

    private void prepare(int last) {
        lastEvent = last;
        seen.clear();
        taken.clear();
        furthest = History.NONE;
        furthestStates.clear();
        long[] events = new long[2 * operations.length];
        int count = 0;
        for (int operation : operations) {
            if (history.begin(operation) <= last) {
                events[count++] = (long) history.begin(operation) << Integer.SIZE | operation;
                if (hasEnded(operation)) {
                    events[count++] = (long) history.end(operation) << Integer.SIZE | operation;
                }
            }
        }
        Arrays.sort(events, 0, count);
        next[ENDED] = ENDED;
        previous[ENDED] = ENDED;
        next[PENDING] = PENDING;
        previous[PENDING] = PENDING;
        int[] begunAt = new int[history.size()];
        int ended = 0;
        int pending = 0;
        for (int index = 0; index < count; index++) {
            int entry = FIRST + index;
            int operation = (int) events[index];
            eventOf[entry] = (int) (events[index] >>> Integer.SIZE);
            operationOf[entry] = operation;
            isEnd[entry] = eventOf[entry] != history.begin(operation);
            endOf[entry] = 0;
            if (isEnd[entry]) {
                endOf[begunAt[operation]] = entry;
            } else {
                begunAt[operation] = entry;
                bitOf[entry] = hasEnded(operation) ? ended++ : pending++;
            }
            append(entry, hasEnded(operation) ? ENDED : PENDING);
        }
        left = ended;
        doneEnded = new long[ended + Long.SIZE - 1 >>> 6];
        donePending = new long[pending + Long.SIZE - 1 >>> 6];
    }

    private void append(int entry, int list) {
        next[entry] = list;
        previous[entry] = previous[list];
        next[previous[list]] = entry;
        previous[list] = entry;
    }

    /** Whether it has ended in the prefix. */
    private boolean hasEnded(int operation) {
        return history.end(operation) != History.NONE && history.end(operation) <= lastEvent;
    }

    /** Whether an entry is the beginning of one that has not ended in the prefix. */
    private boolean isPending(int entry) {
        return endOf[entry] == 0;
    }

    private int firstEnd() {
        int entry = next[ENDED];
        while (!isEnd[entry]) {
            entry = next[entry];
        }
        return entry;
    }

    /** An operation that ends only after the prefix can have done what it did in truth, or anything else. */
    private int ways(int entry) {
        return isPending(entry) && history.end(operationOf[entry]) != History.NONE ? 2 : 1;
    }

    /** The state after an operation, null if it cannot be the next or need not be. */
    private S after(S state, int entry, int way) {
        int operation = operationOf[entry];
        String name = history.name(operation);
        long argument = history.argument(operation);
        if (!isPending(entry)) {
            return model.apply(state, name, argument, history.result(operation));
        }
        S after = way == 1 || ways(entry) == 1 ? model.applyPending(state, name, argument)
            : model.apply(state, name, argument, history.result(operation));
        /* What changes nothing can as well come later, or not at all. */
        return state.equals(after) ? null : after;
    }

    private void flip(int entry) {
        long[] done = isPending(entry) ? donePending : doneEnded;
        done[bitOf[entry] >>> 6] ^= 1L << bitOf[entry];
    }

    private boolean isNew(int entry, S state) {
        flip(entry);
        boolean isNew = seen.add(Configuration.of(doneEnded, donePending, state));
        flip(entry);
        return isNew;
    }

    private void takeOut(int entry) {
        flip(entry);
        unlink(entry);
        if (!isPending(entry)) {
            unlink(endOf[entry]);
            left--;
        }
    }

    private void unlink(int entry) {
        next[previous[entry]] = next[entry];
        previous[next[entry]] = previous[entry];
    }

    /** The reverse, in reverse order. */
    private void putBack(int entry) {
        flip(entry);
        if (!isPending(entry)) {
            link(endOf[entry]);
            left++;
        }
        link(entry);
    }

    private void link(int entry) {
        next[previous[entry]] = entry;
        previous[next[entry]] = entry;
    }

    /** The search cannot get over an end in this state. */
    private void blocked(int end, S state) {
        if (end > furthest) {
            furthest = end;
            furthestStates.clear();
        }
        if (end == furthest && furthestStates.size() <= MOST_STATES_TOLD && !furthestStates.contains(state)) {
            furthestStates.add(state);
        }
    }

    /**
     * Which operations are done, and the state they lead to.
     *
     * @param done how many words of the ended are full, the pending, then the ended behind the full ones without zeros
     *             at the end: short while operations overlap little, however long the history is
     */
    private record Configuration(long[] done, Object state, int hash) {
        static Configuration of(long[] ended, long[] pending, Object state) {
            int full = 0;
            while (full < ended.length && ended[full] == -1) {
                full++;
            }
            int end = ended.length;
            while (end > full && ended[end - 1] == 0) {
                end--;
            }
            long[] done = new long[1 + pending.length + end - full];
            done[0] = full;
            System.arraycopy(pending, 0, done, 1, pending.length);
            System.arraycopy(ended, full, done, 1 + pending.length, end - full);
            return new Configuration(done, state, Arrays.hashCode(done) * 31 + state.hashCode());
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Configuration that && hash == that.hash && Arrays.equals(done, that.done)
                && state.equals(that.state);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }
}
