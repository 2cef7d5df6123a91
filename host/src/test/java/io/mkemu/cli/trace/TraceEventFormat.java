// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * A strict checker of the Trace Event Format, as far as mkemu writes it: what the format wants of each phase, and what
 * the Perfetto UI would drop or draw wrong.
 */
public final class TraceEventFormat {
    private static final Set<String> SCOPES = Set.of("g", "p", "t");
    private static final Set<String> METADATA = Set.of("process_name", "process_sort_index", "thread_name",
        "thread_sort_index");

    private record Track(int process, int thread) {
    }

    private record Slice(BigDecimal from, BigDecimal to, int order) {
    }

    private final Map<Track, List<Slice>> slices = new HashMap<>();
    private final Map<Track, NavigableMap<BigDecimal, BigDecimal>> latestEnds = new HashMap<>();
    private final Map<Integer, JsonNode> starts = new TreeMap<>();
    private final Map<Integer, JsonNode> ends = new TreeMap<>();
    private final Map<String, Integer> names = new TreeMap<>();
    private final Set<Track> named = new HashSet<>();
    private final Set<Integer> namedProcesses = new HashSet<>();
    private final List<String> faults = new ArrayList<>();
    private final ShownTrace shown = new ShownTrace();
    private int events;

    /**
     * Checks a whole file.
     *
     * @throws IOException if it is no JSON
     */
    public TraceEventFormat(String json) throws IOException {
        ObjectMapper mapper = new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
        JsonNode root = mapper.readTree(json);
        want(root.isObject() && Set.of("ns", "ms").contains(root.path("displayTimeUnit").asText()), root, "head");
        want(root.path("traceEvents").isArray(), root, "no traceEvents");
        for (JsonNode event : root.path("traceEvents")) {
            events++;
            event(event);
        }
        slices.forEach(this::nest);
        arrows();
    }

    /** What the UI shows of it. */
    public ShownTrace shown() {
        return shown;
    }

    /** What is wrong, in words. */
    public List<String> faults() {
        return faults;
    }

    /** How many events there are of a name. */
    public int count(String name) {
        return names.getOrDefault(name, 0);
    }

    /** How many events there are. */
    public int events() {
        return events;
    }

    /** How many arrows there are. */
    public int arrowCount() {
        return ends.size();
    }

    private void want(boolean good, JsonNode event, String what) {
        if (!good) {
            String text = event.toString();
            faults.add(what + ": " + text.substring(0, Math.min(text.length(), 200)));
        }
    }

    private void event(JsonNode event) {
        want(event.path("name").isTextual() && event.path("pid").isInt() && event.path("tid").isInt(), event,
            "name, pid, tid");
        names.merge(event.path("name").asText(), 1, Integer::sum);
        String phase = event.path("ph").asText();
        Track track = new Track(event.path("pid").asInt(), event.path("tid").asInt());
        if (phase.equals("M")) {
            metadata(event, track);
            return;
        }
        want(isTime(event.path("ts")), event, "ts");
        want(event.path("cat").isTextual(), event, "cat");
        want(named.contains(track) && namedProcesses.contains(track.process), event, "a track without a name");
        switch (phase) {
            case "X" -> {
                want(isTime(event.path("dur")), event, "dur");
                BigDecimal from = event.path("ts").decimalValue();
                slices.computeIfAbsent(track, any -> new ArrayList<>())
                    .add(new Slice(from, from.add(event.path("dur").decimalValue()), events));
                shown.slice(track.process, track.thread, nanos(event.path("ts")), nanos(event.path("dur")),
                    told(event));
            }
            case "i" -> {
                want(SCOPES.contains(event.path("s").asText()), event, "scope");
                shown.instant(track.process, event.path("s").asText().equals("p") ? 0 : track.thread,
                    nanos(event.path("ts")), told(event));
            }
            case "s" -> want(starts.put(event.path("id").asInt(-1), event) == null, event, "a second start");
            case "f" -> {
                want(event.path("bp").asText().equals("e"), event, "bp");
                want(ends.put(event.path("id").asInt(-1), event) == null, event, "a second end");
            }
            default -> want(false, event, "phase");
        }
    }

    private static long nanos(JsonNode micros) {
        return micros.decimalValue().movePointRight(3).longValueExact();
    }

    private static String told(JsonNode event) {
        Map<String, String> told = new TreeMap<>();
        flatten("args", event.path("args"), told);
        return event.path("name").asText() + " (" + event.path("cat").asText() + ") " + told;
    }

    private static void flatten(String key, JsonNode value, Map<String, String> told) {
        if (value.isContainerNode()) {
            int index = 0;
            for (JsonNode each : value.isArray() ? value : List.<JsonNode>of()) {
                flatten(key + "[" + index++ + "]", each, told);
            }
            value.properties().forEach(each -> flatten(key + "." + each.getKey(), each.getValue(), told));
        } else if (!value.isNull()) {
            told.put(key, value.asText());
        }
    }

    private void metadata(JsonNode event, Track track) {
        String name = event.path("name").asText();
        if (name.endsWith("_name")) {
            shown.name(track.process, name.equals("process_name") ? 0 : track.thread,
                event.at("/args/name").asText());
        }
        want(METADATA.contains(name), event, "metadata");
        want(name.endsWith("_name") ? event.at("/args/name").isTextual() : event.at("/args/sort_index").isInt(), event,
            "args");
        if (name.equals("process_name")) {
            namedProcesses.add(track.process);
        } else if (name.equals("thread_name")) {
            named.add(track);
        }
    }

    /** Microseconds, not negative, down to the nanosecond. */
    private static boolean isTime(JsonNode time) {
        return time.isNumber() && time.decimalValue().signum() >= 0 && time.decimalValue().scale() <= 3;
    }

    /** Slices of a track lie beside or inside each other. */
    private void nest(Track track, List<Slice> of) {
        of.sort(Comparator.comparing(Slice::from).thenComparing(Slice::to, Comparator.reverseOrder()));
        List<Slice> open = new ArrayList<>();
        for (Slice slice : of) {
            while (!open.isEmpty() && open.getLast().to.compareTo(slice.from) <= 0) {
                open.removeLast();
            }
            if (!open.isEmpty() && slice.to.compareTo(open.getLast().to) > 0) {
                faults.add(track + ": " + slice + " crosses the end of " + open.getLast());
            }
            open.add(slice);
        }
    }

    private void arrows() {
        if (!starts.keySet().equals(ends.keySet())) {
            faults.add("arrows without a start or an end: " + starts.keySet() + " " + ends.keySet());
            return;
        }
        for (Map.Entry<Integer, JsonNode> arrow : ends.entrySet()) {
            JsonNode from = starts.get(arrow.getKey());
            JsonNode to = arrow.getValue();
            want(from.path("name").equals(to.path("name")) && from.path("cat").equals(to.path("cat")), to,
                "an arrow's ends differ");
            want(from.path("ts").decimalValue().compareTo(to.path("ts").decimalValue()) <= 0, to, "backwards");
            want(isInSlice(from), from, "begins in no slice");
            want(isInSlice(to), to, "ends in no slice");
            shown.arrow(from.path("pid").asInt(), from.path("tid").asInt(), nanos(from.path("ts")),
                to.path("pid").asInt(), to.path("tid").asInt(), nanos(to.path("ts")));
        }
    }

    private boolean isInSlice(JsonNode event) {
        BigDecimal time = event.path("ts").decimalValue();
        Map.Entry<BigDecimal, BigDecimal> before = latestEnds.computeIfAbsent(
            new Track(event.path("pid").asInt(), event.path("tid").asInt()), this::latestEnds).floorEntry(time);
        return before != null && before.getValue().compareTo(time) >= 0;
    }

    /** When the slices of a track end that began up to a time: the latest of their ends, by that time. */
    private NavigableMap<BigDecimal, BigDecimal> latestEnds(Track track) {
        NavigableMap<BigDecimal, BigDecimal> latest = new TreeMap<>();
        BigDecimal last = BigDecimal.ZERO;
        for (Slice slice : slices.getOrDefault(track, List.of())) {
            last = last.max(slice.to);
            latest.put(slice.from, last);
        }
        return latest;
    }
}
