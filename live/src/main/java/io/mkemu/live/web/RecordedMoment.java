// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.abi.InstanceState;
import io.mkemu.json.Json;
import io.mkemu.live.web.FlightMatch.Flight;
import io.mkemu.live.web.Recording.Change;
import io.mkemu.live.web.Slices.Slice;
import io.mkemu.live.web.Slices.What;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What a recording tells of one moment, in the shapes that a machine that runs is told in. */
final class RecordedMoment {
    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int MOST_LINES = 600;
    private static final double GIGA = 1e9;
    private static final int SIGNIFICANT_DIGITS = 2;

    private final Recording recording;
    private final long created;
    private final long time;
    private final SortedMap<Integer, Integer> owners = new TreeMap<>();

    /**
     * A moment.
     *
     * @param time CLOCK_MONOTONIC in ns
     */
    RecordedMoment(Recording recording, long time) {
        this.recording = recording;
        this.created = recording.names().createdNanos();
        this.time = time;
    }

    ObjectNode tell() {
        ObjectNode all = Json.object();
        all.set("snapshot", snapshot());
        all.set("rates", rates());
        all.set("trace", trace());
        lines(all.putArray("lines"));
        return all;
    }

    private ObjectNode snapshot() {
        ObjectNode node = Json.object().put("machine", recording.names().machine()).put("state", "recorded")
            .put("pid", 0).put("takenNanos", time).put("upNanos", time - created)
            .put("ipi", recording.names().mailbox()).put("ipiSlots", 0).put("ramBytes", 0);
        ArrayNode kernels = node.putArray("kernels");
        recording.changes().forEach((id, changes) -> kernel(kernels.addObject(), id, changes));
        ArrayNode cpus = node.putArray("cpus");
        owners.forEach((cpu, kernel) -> cpus.addObject().put("id", cpu).put("number", cpu).put("hostCpu", -1)
            .put("sharedCore", false).put("kernel", kernel).put("state", "unknown"));
        node.putArray("lanes");
        node.putArray("memory");
        node.putArray("shares");
        node.putObject("trace").put("mode", recording.mode(time).label()).put("slots", 0)
            .put("lost", recording.missing());
        node.putArray("problems");
        return node;
    }

    private void kernel(ObjectNode node, int id, List<Change> changes) {
        InstanceState state = InstanceState.EMPTY;
        String reason = "";
        String cmdline = "";
        long life = 0;
        List<Integer> cpus = List.of();
        for (Change change : changes) {
            if (change.time() > time) {
                break;
            }
            if (change.state() != null) {
                state = change.state();
                reason = change.reason();
            } else {
                life = change.life();
                cpus = change.cpus();
                cmdline = change.cmdline();
            }
        }
        node.put("id", id).put("name", recording.names().name(id)).put("state", state.toString()).put("life", life)
            .put("pid", 0).put("reason", reason);
        cpus.forEach(node.putArray("cpus")::add);
        cpus.forEach(cpu -> owners.put(cpu, id));
        node.put("memoryBytes", 0).put("freeBytes", 0).put("ipiArea", 0).put("ipiAreaBytes", 0)
            .put("cmdline", cmdline).put("tasksStarted", 0).put("tasksEnded", 0).put("tasksFailed", 0);
    }

    private ObjectNode rates() {
        Slice slice = recording.slices().find(time);
        double seconds = recording.slices().width() / GIGA;
        ObjectNode node = Json.object().put("seconds", seconds);
        for (What what : List.of(What.SENT, What.RECEIVED, What.REFUSED, What.INTERRUPTS)) {
            node.put(key(what), slice.all(what) / seconds);
        }
        kernels(node.putArray("kernels"), recording, slice);
        node.putArray("cpus");
        node.putArray("lanes");
        ArrayNode pairs = node.putArray("pairs");
        slice.pairs.forEach((pair, count) -> pairs.addObject().put("from", Slices.from(pair))
            .put("to", Slices.to(pair)).put("delivered", count / seconds).put("waiting", 0));
        return node;
    }

    /** The rates of all kernels in a slice. */
    static void kernels(ArrayNode to, Recording recording, Slice slice) {
        double seconds = recording.slices().width() / GIGA;
        for (int kernel : recording.changes().keySet()) {
            ObjectNode node = to.addObject().put("id", kernel);
            for (What what : What.values()) {
                node.put(key(what), slice.of(kernel, what) / seconds);
            }
        }
    }

    private static String key(What what) {
        return what.name().toLowerCase(Locale.ROOT);
    }

    private ObjectNode trace() {
        List<Flight> before = recording.flights(time - WINDOW_NANOS, time);
        ObjectNode node = Json.object().put("state", "recorded").put("at", time - created)
            .put("missing", recording.missing()).put("every", recording.every())
            .put("numbered", recording.numbered())
            .put("window", (recording.numbered() ? "send" : "interrupt") + " to callback, the 5 s before"
                + (recording.every() == 1 ? "" : ", each " + recording.every() + "th message"));
        Map<Long, Histogram> pairs = new TreeMap<>();
        Map<Integer, Integer> known = new HashMap<>(owners);
        for (Flight flight : before) {
            int from = known.getOrDefault(flight.fromCpu(), recording.names().ownerOf(flight.fromCpu()));
            int to = known.getOrDefault(flight.toCpu(), recording.names().ownerOf(flight.toCpu()));
            pairs.computeIfAbsent((long) from << Integer.SIZE | to & 0xffff_ffffL,
                pair -> new Histogram(SIGNIFICANT_DIGITS)).recordValue(Math.max(0, flight.begun() - flight.sent()));
        }
        ArrayNode told = node.putArray("pairs");
        pairs.forEach((pair, times) -> Flights.latency(told.addObject().put("from", (int) (pair >> Integer.SIZE))
            .put("to", (int) (long) pair), times));
        Flights.flights(node.putArray("flights"),
            before.subList(Math.max(0, before.size() - Flights.MOST_SHOWN), before.size()), created);
        return node;
    }

    private void lines(ArrayNode to) {
        List<Recording.Line> before = new ArrayList<>();
        for (Recording.Line line : recording.lines()) {
            if (line.time() > time) {
                break;
            }
            before.add(line);
        }
        for (Recording.Line line : before.subList(Math.max(0, before.size() - MOST_LINES), before.size())) {
            to.addObject().put("kernel", line.kernel()).put("name", recording.names().name(line.kernel()))
                .put("nanos", line.time() - created).put("level", line.level().label()).put("text", line.text());
        }
    }
}
