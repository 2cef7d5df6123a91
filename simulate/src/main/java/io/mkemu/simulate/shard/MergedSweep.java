// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.shard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The sweep that shards have done together, added up from what they printed. A shard that comes twice, for its pod was
 * started twice, counts once. For one thread.
 */
final class MergedSweep {
    /** What mk says on stderr begins so; the log of a pod has both. */
    private static final String NOTE = "mk: ";

    private final Map<Integer, ShardResult> shards = new TreeMap<>();
    private final TreeSet<Integer> doubled = new TreeSet<>();
    private final List<ShardResult> failures = new ArrayList<>();
    private ShardResult first;
    private long bad;

    /**
     * Reads all lines of a file. One that cannot be used is told and left out.
     *
     * @param name     of the file, for what is told
     * @param problems takes what is told, a line each
     * @throws IOException if it cannot be read
     */
    void read(String name, BufferedReader lines, Consumer<String> problems) throws IOException {
        long number = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            if (line.isBlank() || line.startsWith(NOTE)) {
                continue;
            }
            try {
                add(ShardResult.parse(line));
            } catch (IllegalArgumentException wrong) {
                bad++;
                problems.accept(name + ":" + number + ": left out: " + wrong.getMessage());
            }
        }
    }

    private void add(ShardResult result) {
        String differs = first == null ? null : result.differs(first);
        if (differs != null) {
            throw new IllegalArgumentException(differs);
        }
        first = first == null ? result : first;
        boolean again = shards.putIfAbsent(result.shard().index(), result) != null;
        if (again) {
            doubled.add(result.shard().index());
        }
        /* A failure is one, in whichever of two lives of a shard it was found. */
        if (result.failure() != null && failures.stream().noneMatch(
            known -> known.failedNumber() == result.failedNumber())) {
            failures.add(result);
        }
    }

    /** Whether nothing at all was read that can be used. */
    boolean isEmpty() {
        return first == null;
    }

    /** Whether a run of a shard failed. */
    boolean hasFailed() {
        return !failures.isEmpty();
    }

    /** Whether all shards are there, and every line could be used. */
    boolean isComplete() {
        return bad == 0 && first != null && shards.size() == first.shard().count();
    }

    private SweepSums sums() {
        return shards.values().stream().map(ShardResult::sums).reduce(SweepSums.NONE, SweepSums::plus);
    }

    private List<Integer> missing() {
        List<Integer> missing = new ArrayList<>();
        for (int index = 0; index < first.shard().count(); index++) {
            if (!shards.containsKey(index)) {
                missing.add(index);
            }
        }
        return missing;
    }

    private List<ShardResult> byNumber() {
        return failures.stream().sorted(Comparator.comparingLong(ShardResult::failedNumber)).toList();
    }

    /** Prints what a sweep prints, and how complete it is. There must be a shard. */
    void print(PrintStream out) {
        if (hasFailed()) {
            failed(byNumber(), out);
        } else {
            out.println(sums().passed(seeds()));
        }
        if (!doubled.isEmpty()) {
            out.println("simulate: " + shards(doubled) + " came more than once; each is counted once");
        }
        List<Integer> missing = missing();
        if (!missing.isEmpty()) {
            out.println("simulate: of " + first.shard().count() + " shards " + shards.size() + (shards.size() == 1
                ? " is" : " are") + " here; missing: " + shards(missing) + ". Do such a one: " + first.sweep()
                + " --seed " + first.firstSeed() + " --shard " + missing.getFirst() + "/" + first.shard().count()
                + " --json, with the --runs or --time of the others");
        }
    }

    /** Which seeds were done. They leave no gap if each shard did its part of all runs. */
    private String seeds() {
        SweepSums sums = sums();
        boolean whole = missing().isEmpty() && shards.values().stream()
            .allMatch(result -> result.sums().runs() == result.shard().runs(sums.runs()));
        return whole ? Shard.WHOLE.seeds(first.firstSeed(), sums.runs())
            : "from seed " + first.firstSeed() + ", with gaps";
    }

    private static void failed(List<ShardResult> failures, PrintStream out) {
        JsonNode failure = failures.getFirst().failure();
        out.println("simulate: seed " + failure.get("seed").longValue() + " fails: " + failure.get("kind").textValue()
            + ": " + failure.get("text").textValue());
        size("  after ", failure.get("run"), out);
        size("smaller: ", failure.get("smaller"), out);
        out.println("again: " + failure.get("again").textValue() + " -v");
        if (failures.size() > 1) {
            out.println("simulate: other shards found more: "
                + String.join(", ", failures.stream().skip(1).map(other -> "seed "
                    + other.failure().get("seed").longValue() + " (" + other.failure().get("kind").textValue()
                    + ")").toList()));
        }
    }

    private static void size(String label, JsonNode run, PrintStream out) {
        int faults = run.get("done").size();
        out.println(label + String.format(Locale.ROOT, "%,d steps, %d fault%s, %,d points",
            run.get("steps").longValue(), faults, faults == 1 ? "" : "s", run.get("points").longValue()));
        run.get("done").forEach(fault -> out.println("  " + fault.asText()));
    }

    /** The same as one object, which has all that the object of a shard has. There must be a shard. */
    ObjectNode json() {
        ObjectNode node = Json.object().put("sweep", first.sweep()).put("firstSeed", first.firstSeed());
        sums().put(node);
        node.put("shards", first.shard().count());
        missing().forEach(node.putArray("missing")::add);
        doubled.forEach(node.putArray("doubled")::add);
        node.put("failed", hasFailed());
        if (hasFailed()) {
            List<ShardResult> all = byNumber();
            node.setAll(all.getFirst().failure());
            all.stream().skip(1).forEach(other -> node.withArray("others").add(other.failure().get("seed")));
        }
        return node;
    }

    /** Indices as text: neighbours are drawn together. */
    static String shards(Iterable<Integer> indices) {
        List<int[]> ranges = new ArrayList<>();
        for (int index : indices) {
            if (!ranges.isEmpty() && ranges.getLast()[1] == index - 1) {
                ranges.getLast()[1] = index;
            } else {
                ranges.add(new int[] {index, index});
            }
        }
        boolean one = ranges.size() == 1 && ranges.getFirst()[0] == ranges.getFirst()[1];
        return (one ? "shard " : "shards ") + String.join(", ", ranges.stream().map(range -> range[0] == range[1]
            ? Integer.toString(range[0]) : range[0] + (range[1] == range[0] + 1 ? ", " : " to ") + range[1]).toList());
    }
}
