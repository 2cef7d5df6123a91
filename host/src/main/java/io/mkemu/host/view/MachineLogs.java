// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.log.KernelLogReader;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.log.LogLevel;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Follows the kernel logs of a machine, all levels, those too of instances that are created later. Only reads. Not
 * thread-safe.
 */
public final class MachineLogs {
    /** A life that no line tells. */
    public static final long UNKNOWN_LIFE = 0;
    /* What a kernel logs first: see InstanceMain. */
    private static final Pattern BEGINS = Pattern.compile("Command line: (?:.* )?mk_life=(\\d{1,18})(?: .*)?");

    /**
     * A line of a log.
     *
     * @param kernel      id of the kernel whose log it is
     * @param name        name of that kernel when the line was read
     * @param life        number of its life that the line is of, or {@link #UNKNOWN_LIFE}: of a log whose beginning was
     *                    overwritten
     * @param position    bytes of that log up to and with this line; grows with each line of it
     * @param missedBytes of that log that were overwritten before they could be read, right before this line
     * @param nanos       since the machine was made
     * @param level       its level
     * @param cpu         physical id of the CPU that spoke, -1 for none
     * @param text        as the kernel wrote it, without a line end: anything, also what steers a terminal
     */
    public record Entry(int kernel, String name, long life, long position, long missedBytes, long nanos,
                        LogLevel level, int cpu, String text) {
    }

    private static final class Source {
        private final KernelLogReader reader;
        private String name;
        private long life = UNKNOWN_LIFE;
        /* Of the instance, when all that was there had been read. */
        private long lifeThen = UNKNOWN_LIFE;
        private long missed;

        Source(KernelLogReader reader) {
            this.reader = reader;
        }
    }

    private final MappedMachine machine;
    private final Map<Integer, Source> sources = new HashMap<>();

    /** A follower that begins at the oldest lines that are there. */
    public MachineLogs(MappedMachine machine) {
        this.machine = machine;
    }

    /** What has come since the last call, of all logs in the order of time. */
    public List<Entry> poll() {
        List<Entry> entries = new ArrayList<>();
        for (InstanceEntry kernel : InstanceNames.all(machine)) {
            Source source = sources.get(kernel.id());
            String name = kernel.name();
            if (source == null) {
                source = new Source(new KernelLogReader(machine.memory(), kernel.id()));
                /* The host has one life: the machine's. */
                source.life = kernel.id() == 0 ? kernel.life() : UNKNOWN_LIFE;
                sources.put(kernel.id(), source);
            } else if (!source.name.equals(name)) {
                /* Another instance has the id now, and a log that was cleared. */
                source.life = UNKNOWN_LIFE;
                source.lifeThen = UNKNOWN_LIFE;
            }
            source.name = name;
            poll(kernel, source, entries);
        }
        entries.sort(Comparator.comparingLong(Entry::nanos));
        return entries;
    }

    private static void poll(InstanceEntry kernel, Source source, List<Entry> entries) {
        int from = entries.size();
        for (Line line = source.reader.poll(); line != null; line = source.reader.poll()) {
            long missed = source.reader.missedBytes();
            Matcher begins = BEGINS.matcher(line.text());
            if (kernel.id() != 0 && begins.matches()) {
                source.life = Long.parseLong(begins.group(1));
            } else if (kernel.id() != 0 && missed != source.missed) {
                source.life = UNKNOWN_LIFE;
            }
            entries.add(new Entry(kernel.id(), source.name, source.life, source.reader.position(),
                missed - source.missed, line.nanos(), LogLevel.of(line.level()), line.physicalCpu(), line.text()));
            source.missed = missed;
        }
        long life = kernel.life();
        if (source.life == UNKNOWN_LIFE && life == source.lifeThen) {
            /* No life began between the two looks. */
            source.life = life;
            entries.subList(from, entries.size()).replaceAll(entry -> new Entry(entry.kernel, entry.name, life,
                entry.position, entry.missedBytes, entry.nanos, entry.level, entry.cpu, entry.text));
        }
        source.lifeThen = life;
    }
}
