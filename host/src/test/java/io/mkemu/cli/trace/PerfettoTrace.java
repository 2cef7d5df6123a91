// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.InflaterInputStream;

/**
 * Reads Perfetto's format as its trace processor does, and knows nothing of mkemu's own description of it: by the field
 * numbers of Perfetto's protos alone. Packets in the order of the file build up what is interned; then events are
 * sorted by time, an end is that of the slice of its track that began last, an id that comes again is an arrow.
 */
public final class PerfettoTrace {
    private static final int TRACE_PACKET = 1;
    private static final int TIMESTAMP = 8;
    private static final int SEQUENCE_ID = 10;
    private static final int TRACK_EVENT = 11;
    private static final int INTERNED_DATA = 12;
    private static final int SEQUENCE_FLAGS = 13;
    private static final int COMPRESSED_PACKETS = 50;
    private static final int TRACK_DESCRIPTOR = 60;
    private static final int MOST_COMPRESSED = 512 * 1024;
    private static final int CATEGORIES = 1;
    private static final int EVENT_NAMES = 2;
    private static final int ANNOTATION_NAMES = 3;
    private static final int STRING_VALUES = 29;
    private static final int CLEARED = 1;
    private static final int NEEDS = 2;

    private record Event(long time, long track, long type, String told, List<Long> flows, List<Long> ends) {
    }

    private record End(int process, int thread, long time) {
    }

    private final Map<Integer, Map<Long, String>> interned = new HashMap<>();
    private final Map<Long, int[]> tracks = new HashMap<>();
    private final List<Event> events = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private final ShownTrace shown = new ShownTrace();
    private boolean begun;
    private int clears;

    /**
     * Reads a whole file.
     *
     * @throws IOException if it is not in this format
     */
    public PerfettoTrace(byte[] file) throws IOException {
        read(file, 0);
        events.sort(Comparator.comparingLong(Event::time));
        Map<Long, Deque<Event>> open = new HashMap<>();
        Map<Long, End> flying = new HashMap<>();
        for (Event event : events) {
            play(event, open.computeIfAbsent(event.track, any -> new ArrayDeque<>()), flying);
        }
        open.forEach((track, slices) -> want(slices.isEmpty(), slices.size() + " slices without an end on " + track));
    }

    /** What the UI shows of it. */
    public ShownTrace shown() {
        return shown;
    }

    /** What is wrong, in words. */
    public List<String> faults() {
        return faults;
    }

    /** How often what is interned was forgotten. */
    public int clears() {
        return clears;
    }

    private void want(boolean good, String what) {
        if (!good) {
            faults.add(what);
        }
    }

    private void read(byte[] bytes, int depth) throws IOException {
        UnknownFieldSet trace = UnknownFieldSet.parseFrom(bytes);
        want(trace.asMap().keySet().stream().allMatch(field -> field == TRACE_PACKET), "fields " + trace.asMap()
            .keySet());
        for (ByteString each : trace.getField(TRACE_PACKET).getLengthDelimitedList()) {
            UnknownFieldSet packet = UnknownFieldSet.parseFrom(each);
            if (packet.hasField(COMPRESSED_PACKETS)) {
                want(depth == 0 && each.size() < MOST_COMPRESSED, "compressed packets of " + each.size());
                ByteString compressed = packet.getField(COMPRESSED_PACKETS).getLengthDelimitedList().getFirst();
                try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(compressed.toByteArray()))) {
                    read(in.readAllBytes(), depth + 1);
                }
            } else {
                packet(packet);
            }
        }
    }

    private void packet(UnknownFieldSet packet) throws IOException {
        want(number(packet, SEQUENCE_ID) == 1, "a second sequence");
        long flags = number(packet, SEQUENCE_FLAGS);
        if ((flags & CLEARED) != 0) {
            interned.values().forEach(Map::clear);
            begun = true;
            clears++;
        }
        want(begun && (flags & NEEDS) != 0, "a packet before the state is defined");
        if (packet.hasField(INTERNED_DATA)) {
            for (Map.Entry<Integer, Field> table : message(packet, INTERNED_DATA).asMap().entrySet()) {
                for (ByteString each : table.getValue().getLengthDelimitedList()) {
                    UnknownFieldSet entry = UnknownFieldSet.parseFrom(each);
                    want(interned.computeIfAbsent(table.getKey(), any -> new HashMap<>()).put(number(entry, 1),
                        text(entry, 2)) == null, "interned twice: " + text(entry, 2));
                }
            }
        }
        if (packet.hasField(TRACK_DESCRIPTOR)) {
            track(message(packet, TRACK_DESCRIPTOR));
        }
        if (packet.hasField(TRACK_EVENT)) {
            event(number(packet, TIMESTAMP), message(packet, TRACK_EVENT));
        }
    }

    private void track(UnknownFieldSet track) throws IOException {
        int process = 3;
        int thread = 4;
        long uuid = number(track, 1);
        if (track.hasField(process)) {
            UnknownFieldSet described = message(track, process);
            tracks.put(uuid, new int[] {(int) number(described, 1), 0});
            shown.name((int) number(described, 1), 0, text(described, 6));
        } else {
            UnknownFieldSet described = message(track, thread);
            tracks.put(uuid, new int[] {(int) number(described, 1), (int) number(described, 2)});
            shown.name((int) number(described, 1), (int) number(described, 2), text(described, 5));
        }
    }

    private void event(long time, UnknownFieldSet event) throws IOException {
        String told = "";
        if (event.hasField(10)) {
            Map<String, String> args = new TreeMap<>();
            for (ByteString each : event.getField(4).getLengthDelimitedList()) {
                UnknownFieldSet annotation = UnknownFieldSet.parseFrom(each);
                flatten("args." + known(ANNOTATION_NAMES, number(annotation, 1)), annotation, args);
            }
            told = known(EVENT_NAMES, number(event, 10)) + " (" + known(CATEGORIES, number(event, 3)) + ") " + args;
        }
        want(tracks.containsKey(number(event, 11)), "a track without a name: " + told);
        events.add(new Event(time, number(event, 11), number(event, 9), told, event.getField(47).getFixed64List(),
            event.getField(48).getFixed64List()));
    }

    private void flatten(String key, UnknownFieldSet annotation, Map<String, String> args) throws IOException {
        for (Map.Entry<Integer, Field> field : annotation.asMap().entrySet()) {
            switch (field.getKey()) {
                case 1 -> {
                }
                case 2 -> args.put(key, Boolean.toString(number(annotation, 2) != 0));
                case 3, 4, 7 -> args.put(key, Long.toString(number(annotation, field.getKey())));
                case 5 -> args.put(key, Double.toString(Double.longBitsToDouble(
                    field.getValue().getFixed64List().getFirst())));
                case 6 -> args.put(key, text(annotation, 6));
                case 17 -> args.put(key, known(STRING_VALUES, number(annotation, 17)));
                case 11 -> {
                    for (ByteString each : field.getValue().getLengthDelimitedList()) {
                        UnknownFieldSet entry = UnknownFieldSet.parseFrom(each);
                        flatten(key + "." + known(ANNOTATION_NAMES, number(entry, 1)), entry, args);
                    }
                }
                case 12 -> {
                    int index = 0;
                    for (ByteString each : field.getValue().getLengthDelimitedList()) {
                        flatten(key + "[" + index++ + "]", UnknownFieldSet.parseFrom(each), args);
                    }
                }
                default -> want(false, "an annotation with field " + field.getKey());
            }
        }
    }

    private String known(int table, long number) {
        String text = interned.getOrDefault(table, Map.of()).get(number);
        want(text != null, "nothing is interned as " + number + " in " + table);
        return text;
    }

    private void play(Event event, Deque<Event> open, Map<Long, End> flying) {
        int[] track = tracks.getOrDefault(event.track, new int[2]);
        if (event.type == 1) {
            open.push(event);
            for (long id : event.flows) {
                want(flying.put(id, new End(track[0], track[1], event.time)) == null, "an arrow begins twice");
            }
            for (long id : event.ends) {
                End from = flying.remove(id);
                if (from != null) {
                    shown.arrow(from.process, from.thread, from.time, track[0], track[1], event.time);
                }
            }
        } else if (event.type == 2) {
            want(!open.isEmpty(), "an end without a begin");
            if (!open.isEmpty()) {
                Event begin = open.pop();
                shown.slice(track[0], track[1], begin.time, event.time - begin.time, begin.told);
            }
        } else {
            want(event.type == 3, "type " + event.type);
            shown.instant(track[0], track[1], event.time, event.told);
        }
    }

    private static long number(UnknownFieldSet of, int field) {
        return of.hasField(field) ? of.getField(field).getVarintList().getFirst() : 0;
    }

    private static String text(UnknownFieldSet of, int field) {
        return of.getField(field).getLengthDelimitedList().getFirst().toStringUtf8();
    }

    private static UnknownFieldSet message(UnknownFieldSet of, int field) throws IOException {
        return UnknownFieldSet.parseFrom(of.getField(field).getLengthDelimitedList().getFirst());
    }
}
