// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.shard;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of a sweep that a process does: of the runs, which are numbered from 0, those whose number modulo the number
 * of shards is this shard's index. So all shards together do the runs of the whole, each once, wherever they run.
 * Immutable; any thread.
 *
 * @param index of this one, from 0
 * @param count how many there are, 1..{@value #MOST}; 1: this one is the whole
 */
public record Shard(int index, int count) {
    /** More are a mistake: no Job of Kubernetes that retries index by index has as many pods at once. */
    public static final int MOST = 100_000;
    /** The whole sweep. */
    public static final Shard WHOLE = new Shard(0, 1);
    /** What an Indexed Job gives each of its pods. */
    public static final String INDEX_VARIABLE = "JOB_COMPLETION_INDEX";
    /** What the manifest of the Job has to give: Kubernetes itself does not. */
    public static final String COUNT_VARIABLE = "JOB_COMPLETIONS";

    private static final Pattern TEXT = Pattern.compile("(\\d{1,9})/(\\d{1,9})");

    /**
     * A shard.
     *
     * @throws IllegalArgumentException with one line for users
     */
    public Shard {
        if (count < 1 || count > MOST) {
            throw new IllegalArgumentException(index + "/" + count + ": there can be 1 to " + MOST + " shards");
        }
        if (index < 0 || index >= count) {
            throw new IllegalArgumentException(index + "/" + count + ": the shards of " + count + " are 0 to "
                + (count - 1));
        }
    }

    /**
     * Reads I/N.
     *
     * @throws IllegalArgumentException with one line for users
     */
    public static Shard parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a shard: I/N with 0 <= I < N, as 0/3");
        }
        return new Shard(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)));
    }

    /**
     * The shard that a pod of an Indexed Job is, or null outside of one.
     *
     * @throws IllegalArgumentException with one line for users, if there is one variable without the other one, or they
     *                                  make no shard: all pods would do the same runs, and nobody would notice
     */
    public static Shard ofJob(Map<String, String> environment) {
        String index = environment.get(INDEX_VARIABLE);
        String count = environment.get(COUNT_VARIABLE);
        if (index == null && count == null) {
            return null;
        }
        if (count == null) {
            throw new IllegalArgumentException(INDEX_VARIABLE + " is set and " + COUNT_VARIABLE + " is not: set that "
                + "to the Job's completions in its manifest, or give --shard I/N (0/1: the whole)");
        }
        if (index == null) {
            throw new IllegalArgumentException(COUNT_VARIABLE + " is set and " + INDEX_VARIABLE + " is not: give the "
                + "Job completionMode: Indexed, or give --shard I/N (0/1: the whole)");
        }
        try {
            return parse(index + "/" + count);
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(INDEX_VARIABLE + "=" + index + " and " + COUNT_VARIABLE + "=" + count
                + " make no shard: " + wrong.getMessage() + "; or give --shard I/N (0/1: the whole)", wrong);
        }
    }

    /** Whether it does all runs. */
    public boolean isWhole() {
        return count == 1;
    }

    /**
     * How many runs of a sweep this shard does.
     *
     * @param all runs of the whole, 0 or more; {@link Long#MAX_VALUE} for no limit
     */
    public long runs(long all) {
        return all == Long.MAX_VALUE ? all : all <= index ? 0 : (all - 1 - index) / count + 1;
    }

    /**
     * The number, in the whole, of one of this shard's runs.
     *
     * @param own number of the run among this shard's, from 0
     */
    public long number(long own) {
        return index + own * count;
    }

    /**
     * Which seeds some runs of this shard have, as text.
     *
     * @param first seed of the whole's first run
     * @param runs  how many of this shard have been done
     */
    public String seeds(long first, long runs) {
        if (runs == 0) {
            return "no seed";
        }
        return String.format(Locale.ROOT, "seeds %d to %d%s", first + number(0), first + number(runs - 1),
            isWhole() ? "" : ", those of shard " + this);
    }

    @Override
    public String toString() {
        return index + "/" + count;
    }
}
