// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.shard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/**
 * What is added up of a sweep's runs. Immutable; any thread.
 *
 * @param runs      that have ended
 * @param points    how many times something went on to its next point, in all runs
 * @param messages  delivered
 * @param faults    that were done
 * @param states    different ones, about; what two threads or shards saw both counts twice
 * @param undecided histories too tangled to decide
 */
public record SweepSums(long runs, long points, long messages, long faults, long states, long undecided) {
    /** Of no run. */
    public static final SweepSums NONE = new SweepSums(0, 0, 0, 0, 0, 0);

    /**
     * Reads them from the object of a shard.
     *
     * @throws IllegalArgumentException if one is missing, no number, or negative
     */
    static SweepSums of(JsonNode sweep) {
        return new SweepSums(count(sweep, "runs"), count(sweep, "points"), count(sweep, "messages"),
            count(sweep, "faults"), count(sweep, "states"), count(sweep, "undecided"));
    }

    private static long count(JsonNode sweep, String name) {
        JsonNode value = sweep.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
            throw new IllegalArgumentException("'" + name + "' is " + (value.isMissingNode() ? "missing" : "no count"));
        }
        return value.longValue();
    }

    /**
     * The sums of both.
     *
     * @throws ArithmeticException if one is beyond 2^63
     */
    public SweepSums plus(SweepSums other) {
        return new SweepSums(Math.addExact(runs, other.runs), Math.addExact(points, other.points),
            Math.addExact(messages, other.messages), Math.addExact(faults, other.faults),
            Math.addExact(states, other.states), Math.addExact(undecided, other.undecided));
    }

    /** Puts them into an object. */
    public void put(ObjectNode sweep) {
        sweep.put("runs", runs).put("points", points).put("messages", messages).put("faults", faults)
            .put("states", states).put("undecided", undecided);
    }

    /**
     * What is told of a sweep in which no run failed; one line, or two.
     *
     * @param seeds which the runs had, as text
     */
    public String passed(String seeds) {
        if (runs == 0) {
            return "simulate: no run has come to its end";
        }
        String line = String.format(Locale.ROOT, "simulate: no run of %,d failed (%s): %,d points, %,d messages, "
            + "%,d faults, about %,d different states", runs, seeds, points, messages, faults, states);
        return undecided == 0 ? line : line + System.lineSeparator() + "simulate: " + undecided
            + " histories were too tangled to decide";
    }
}
