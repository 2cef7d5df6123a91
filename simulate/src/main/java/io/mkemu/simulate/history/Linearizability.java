// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.history;

import io.mkemu.module.SequentialModel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.collections.IntArrayList;

/**
 * Decides whether a history is linearizable: whether the operations on each object have an order in which none comes
 * before one that had ended when it began, and in which the model gives all of their results.
 *
 * <p>It is the search of Wing and Gong (Testing and verifying concurrent objects, 1993) with the memory of Lowe
 * (Testing for linearizability, 2017): what has been reached once, a set of operations that are done and a state, is
 * not gone through again. Of n operations that overlap that can still be 2^n, so there is a bound; a history that
 * reaches it is told as not decided.
 *
 * <p>One thread. What a model throws comes out.
 */
public final class Linearizability {
    /** What is known of a history. */
    public enum Verdict {
        LINEARIZABLE,
        NOT_LINEARIZABLE,
        /** The bound was reached before it was known: neither right nor wrong. */
        UNDECIDED
    }

    /**
     * What came out.
     *
     * @param verdict     of the whole history: not linearizable if one object's is not, linearizable if each one's is
     * @param operations  how many operations of the history the model covers; with 0 nothing was checked
     * @param states      how many states were visited to decide that
     * @param step        not linearizable: the step of the end that no order gives, so a run that is over after that
     *                    step is wrong too; else -1
     * @param explanation linearizable: empty; else lines for a person
     */
    public record Result(Verdict verdict, int operations, long states, long step, List<String> explanation) {
    }

    private final int mostStates;

    /**
     * One for any number of histories.
     *
     * @param mostStates how many states to visit at the most for one object, 1 or more; each takes about 100 bytes
     */
    public Linearizability(int mostStates) {
        if (mostStates < 1) {
            throw new IllegalArgumentException("a bound of " + mostStates + " states; it must be 1 or more");
        }
        this.mostStates = mostStates;
    }

    /** Checks what of a history the model covers. The history stays as it is. */
    public <S> Result check(History history, SequentialModel<S> model) {
        Map<Long, IntArrayList> objects = new LinkedHashMap<>();
        int operations = 0;
        for (int operation = 0; operation < history.size(); operation++) {
            String name = history.name(operation);
            if (!history.isRemoved(operation) && model.covers(name)) {
                operations++;
                objects.computeIfAbsent(model.objectOf(name, history.argument(operation)), any -> new IntArrayList())
                    .addInt(operation);
            }
        }
        long states = 0;
        Explanation first = null;
        List<String> undecided = List.of();
        for (Map.Entry<Long, IntArrayList> object : objects.entrySet()) {
            int[] itsOperations = object.getValue().toIntArray();
            Search<S> search = new Search<>(history, itsOperations, model, object.getKey(), mostStates);
            Verdict verdict = search.run(Search.WHOLE);
            states += search.states();
            String which = objects.size() == 1 ? "" : "object " + object.getKey() + ": ";
            if (verdict == Verdict.NOT_LINEARIZABLE) {
                Explanation wrong = shortest(history, itsOperations, search, which);
                first = first == null || wrong.end() < first.end() ? wrong : first;
            } else if (verdict == Verdict.UNDECIDED && undecided.isEmpty()) {
                undecided = List.of(which + "not decided: more than " + mostStates + " states of "
                    + itsOperations.length + " operations, " + pending(history, itsOperations) + " of them pending");
            }
        }
        if (first != null) {
            return new Result(Verdict.NOT_LINEARIZABLE, operations, states, first.step(), first.lines());
        }
        return new Result(undecided.isEmpty() ? Verdict.LINEARIZABLE : Verdict.UNDECIDED, operations, states, -1,
            undecided);
    }

    private static int pending(History history, int[] operations) {
        int pending = 0;
        for (int operation : operations) {
            pending += history.end(operation) == History.NONE ? 1 : 0;
        }
        return pending;
    }

    /**
     * Explains by the shortest prefix that is wrong already. What has not ended by then is pending in it, so a prefix
     * has more ways to be right than the whole: the end at which the search of the whole came no further is the first
     * that it can be, and nearly always is.
     */
    private static Explanation shortest(History history, int[] operations, Search<?> search, String which) {
        int[] ends = search.ends();
        int low = Arrays.binarySearch(ends, search.furthest());
        int high = ends.length - 1;
        int probe = low;
        while (low < high) {
            if (search.run(ends[probe]) == Verdict.NOT_LINEARIZABLE) {
                high = probe;
            } else {
                low = probe + 1;
            }
            probe = low + high >>> 1;
        }
        search.run(ends[high]);
        return new Explanation(history, operations, ends[high], search.furthestStates(), which);
    }
}
