// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the Perfetto UI shows of a file, whichever format that has: the same lines for the same tracks, events, nesting
 * and arrows. Process tracks have thread 0.
 */
public final class ShownTrace {
    private record Track(int process, int thread) {
    }

    private record Slice(long from, long nanos, String told) {
    }

    private record Arrow(Track from, long sent, Track to, long delivered) {
    }

    private final Map<Track, String> names = new HashMap<>();
    private final Map<Track, List<Slice>> slices = new HashMap<>();
    private final Map<Track, List<String>> instants = new HashMap<>();
    private final List<Arrow> arrows = new ArrayList<>();

    void name(int process, int thread, String name) {
        names.put(new Track(process, thread), name);
    }

    void slice(int process, int thread, long from, long nanos, String told) {
        slices.computeIfAbsent(new Track(process, thread), any -> new ArrayList<>())
            .add(new Slice(from, nanos, told));
    }

    void instant(int process, int thread, long time, String told) {
        instants.computeIfAbsent(new Track(process, thread), any -> new ArrayList<>()).add(time + " " + told);
    }

    void arrow(int fromProcess, int fromThread, long sent, int toProcess, int toThread, long delivered) {
        arrows.add(new Arrow(new Track(fromProcess, fromThread), sent, new Track(toProcess, toThread), delivered));
    }

    /** How many arrows there are. */
    public int arrowCount() {
        return arrows.size();
    }

    /** All of it, sorted: a line for each slice, with how deep it lies in others, each instant and each arrow. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        slices.forEach((track, of) -> {
            of.sort(Comparator.comparingLong(Slice::from).thenComparing(Slice::nanos, Comparator.reverseOrder())
                .thenComparing(Slice::told));
            List<Long> open = new ArrayList<>();
            for (Slice slice : of) {
                while (!open.isEmpty() && open.getLast() <= slice.from) {
                    open.removeLast();
                }
                lines.add(title(track) + ": " + slice.from + " +" + slice.nanos + " depth " + open.size() + " "
                    + slice.told);
                open.add(slice.from + slice.nanos);
            }
        });
        instants.forEach((track, of) -> of.forEach(told -> lines.add(title(track) + ": " + told)));
        arrows.forEach(arrow -> lines.add("arrow " + title(arrow.from) + " " + arrow.sent + " -> " + title(arrow.to)
            + " " + arrow.delivered));
        lines.sort(Comparator.naturalOrder());
        return lines;
    }

    /** Lines that only one of the two has, each with who has it. */
    public List<String> differences(ShownTrace other) {
        List<String> differences = new ArrayList<>();
        List<String> theirs = other.lines();
        Set<String> common = new HashSet<>(theirs);
        for (String line : lines()) {
            if (!common.contains(line)) {
                differences.add("this: " + line);
            }
        }
        Set<String> mine = new HashSet<>(lines());
        theirs.stream().filter(line -> !mine.contains(line)).forEach(line -> differences.add("other: " + line));
        if (differences.isEmpty() && lines().size() != theirs.size()) {
            differences.add(lines().size() + " and " + theirs.size() + " lines");
        }
        return differences;
    }

    private String title(Track track) {
        String process = names.get(new Track(track.process, 0)) + " #" + track.process;
        return track.thread == 0 ? process : process + " / " + names.get(track) + " #" + track.thread;
    }
}
