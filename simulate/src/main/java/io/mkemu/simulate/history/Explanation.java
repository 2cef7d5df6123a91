// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/** A prefix of a history that is not linearizable, for a person: its operations on one object, the last one marked. */
final class Explanation {
    private static final int MOST_OPERATIONS = 20;
    private static final String MARK = "  <-- wrong";

    private final History history;
    private final int end;
    private final List<String> lines = new ArrayList<>();
    private long step;

    /**
     * Of a prefix that is wrong.
     *
     * @param operations on the object
     * @param end        the last event of the prefix: an end that no order gives
     * @param states     in which the object can be before it
     * @param which      what to say of the object, or ""
     */
    Explanation(History history, int[] operations, int end, List<String> states, String which) {
        this.history = history;
        this.end = end;
        List<Integer> shown = new ArrayList<>(Arrays.stream(operations)
            .filter(operation -> history.begin(operation) < end).boxed()
            .sorted(Comparator.comparingInt(this::relevance)).toList());
        int leftOut = Math.max(0, shown.size() - MOST_OPERATIONS);
        shown.subList(0, leftOut).clear();
        Collections.sort(shown);
        lines.add(which + "no order of these operations gives the result that is marked");
        if (leftOut > 0) {
            lines.add("  (" + leftOut + " that were over or given up before are left out)");
        }
        int callers = width(shown.stream().map(operation -> history.caller(operation).toString()).toList());
        int calls = width(shown.stream().map(this::call).toList());
        for (int operation : shown) {
            lines.add("  " + padded(history.caller(operation).toString(), callers) + "  "
                + padded(call(operation), calls) + "  " + when(operation));
            step = history.end(operation) == end ? history.endStep(operation) : step;
        }
        lines.add("  before the marked one ends, the state is " + String.join(" or ", states));
    }

    /** The event that the prefix ends with. */
    int end() {
        return end;
    }

    /** The step of that event. */
    long step() {
        return step;
    }

    List<String> lines() {
        return List.copyOf(lines);
    }

    private boolean hasEnded(int operation) {
        return history.end(operation) != History.NONE && history.end(operation) <= end;
    }

    /** When it last mattered, as an event. */
    private int relevance(int operation) {
        return hasEnded(operation) ? history.end(operation) : history.begin(operation);
    }

    private String call(int operation) {
        return hasEnded(operation) ? history.callAndResult(operation) : history.call(operation);
    }

    private String when(int operation) {
        long from = history.beginStep(operation);
        if (!hasEnded(operation)) {
            return "from step " + from + ", not ended";
        }
        return "steps " + from + " to " + history.endStep(operation) + (history.end(operation) == end ? MARK : "");
    }

    private static int width(List<String> column) {
        return column.stream().mapToInt(String::length).max().orElse(0);
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(width - text.length());
    }
}
