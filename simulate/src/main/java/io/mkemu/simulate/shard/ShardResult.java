// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.shard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * What a shard printed of its sweep with --json: one object, on one line.
 *
 * @param shard     which one
 * @param sweep     the command that does such runs, without seed and shard: shards of one sweep have the same
 * @param firstSeed of the whole
 * @param sums      of its runs
 * @param failure   what it told of the failed run with its lowest number: {@code seed}, {@code kind}, {@code text},
 *                  {@code again} and more; null if none failed
 */
record ShardResult(Shard shard, String sweep, long firstSeed, SweepSums sums, ObjectNode failure) {
    /**
     * Reads a line.
     *
     * @throws IllegalArgumentException with what is wrong, for users
     */
    static ShardResult parse(String line) {
        JsonNode node = read(line);
        if (!node.isObject()) {
            throw new IllegalArgumentException("it is no JSON object");
        }
        Shard shard = new Shard((int) number(node, "shard", 0, Shard.MOST - 1),
            (int) number(node, "shards", 1, Shard.MOST));
        SweepSums sums = SweepSums.of(node);
        long firstSeed = number(node, "firstSeed", Long.MIN_VALUE, Long.MAX_VALUE);
        if (!node.path("failed").isBoolean()) {
            throw new IllegalArgumentException("'failed' is not true or false");
        }
        return new ShardResult(shard, text(node, "sweep"), firstSeed, sums, node.get("failed").booleanValue()
            ? failure(node, shard, firstSeed) : null);
    }

    private static JsonNode read(String line) {
        try {
            return Json.read(line.getBytes(StandardCharsets.UTF_8));
        } catch (IOException wrong) {
            throw new IllegalArgumentException("it is no JSON object", wrong);
        }
    }

    private static ObjectNode failure(JsonNode node, Shard shard, long firstSeed) {
        long number = number(node, "seed", Long.MIN_VALUE, Long.MAX_VALUE) - firstSeed;
        if (number < 0 || number % shard.count() != shard.index()) {
            throw new IllegalArgumentException("seed " + node.get("seed").longValue() + " is none of shard " + shard
                + " from seed " + firstSeed);
        }
        ObjectNode failure = Json.object().put("seed", node.get("seed").longValue()).put("kind", text(node, "kind"))
            .put("text", text(node, "text"));
        for (String part : new String[] {"run", "smaller"}) {
            JsonNode size = node.path(part);
            number(size, "steps", 0, Long.MAX_VALUE);
            number(size, "points", 0, Long.MAX_VALUE);
            if (!size.path("done").isArray()) {
                throw new IllegalArgumentException("'done' of '" + part + "' is no list");
            }
            failure.set(part, size);
        }
        return failure.put("again", text(node, "again"));
    }

    private static long number(JsonNode node, String name, long least, long most) {
        JsonNode value = node.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < least
            || value.longValue() > most) {
            throw new IllegalArgumentException("'" + name + "' is " + (value.isMissingNode() ? "missing"
                : "no such number"));
        }
        return value.longValue();
    }

    private static String text(JsonNode node, String name) {
        JsonNode value = node.path(name);
        if (!value.isTextual()) {
            throw new IllegalArgumentException("'" + name + "' is " + (value.isMissingNode() ? "missing" : "no text"));
        }
        return value.textValue();
    }

    /** The number of the run that failed, in the whole; {@link Long#MAX_VALUE} if none did. */
    long failedNumber() {
        return failure == null ? Long.MAX_VALUE : failure.get("seed").longValue() - firstSeed;
    }

    /** What cannot be of the same sweep as another one, for users; null if nothing. */
    String differs(ShardResult other) {
        if (shard.count() != other.shard.count()) {
            return "it is one of " + shard.count() + " shards, the ones before are of " + other.shard.count();
        }
        if (firstSeed != other.firstSeed) {
            return "its sweep begins at seed " + firstSeed + ", the ones before begin at " + other.firstSeed;
        }
        return sweep.equals(other.sweep) ? null : "it did '" + sweep + "', the ones before did '" + other.sweep + "'";
    }
}
