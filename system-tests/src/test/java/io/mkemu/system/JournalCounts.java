// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.journal.JournalReader;
import io.mkemu.journal.Segment;
import io.mkemu.trace.TraceRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a recording holds, counted. */
final class JournalCounts {
    private final Map<TraceEvent, Long> events = new EnumMap<>(TraceEvent.class);
    private final Map<Integer, long[]> cpus = new TreeMap<>();
    private final List<TraceMode> modes = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private boolean complete;
    private int deletedFiles;

    private JournalCounts() {
    }

    /** Of a recording, or of a journal's newest. */
    static JournalCounts of(Path journal) throws IOException {
        JournalCounts counts = new JournalCounts();
        try (JournalReader reader = JournalReader.open(journal, counts.problems::add)) {
            while (reader.next()) {
                counts.add(reader.segment());
            }
            counts.complete = reader.isComplete();
            counts.deletedFiles = reader.deletedFiles();
        }
        return counts;
    }

    private void add(Segment segment) {
        TraceRecord record = new TraceRecord();
        long[] cpu = cpus.computeIfAbsent(segment.cpu(), id -> new long[4]);
        int end = segment.offset() + segment.length();
        for (int at = segment.offset(); at < end; at += record.slots() * TraceRecordDescriptor.LENGTH) {
            record.wrap(segment.buffer(), at, end);
            events.merge(record.event(), 1L, Long::sum);
            switch (record.event()) {
                case SEND -> cpu[0]++;
                case UNHANDLED -> cpu[1]++;
                case CALLBACK -> cpu[1] += record.has(TraceRecordDescriptor.FIRST) ? 1 : 0;
                case GAP -> {
                    cpu[2] += Integer.toUnsignedLong(record.arg0());
                    cpu[3] += Integer.toUnsignedLong(record.arg1());
                }
                case MODE -> modes.add(TraceMode.values()[record.arg0()]);
                default -> {
                    continue;
                }
            }
        }
    }

    long of(TraceEvent event) {
        return events.getOrDefault(event, 0L);
    }

    long sends(int cpu) {
        return cpus.get(cpu)[0];
    }

    /** Messages whose first callback ran, or that nobody handled. */
    long deliveries(int cpu) {
        return cpus.get(cpu)[1];
    }

    long missingSends(int cpu) {
        return cpus.get(cpu)[2];
    }

    long missingDeliveries(int cpu) {
        return cpus.get(cpu)[3];
    }

    /** The modes that were set, in order. */
    List<TraceMode> modes() {
        return modes;
    }

    List<String> problems() {
        return problems;
    }

    boolean complete() {
        return complete;
    }

    int deletedFiles() {
        return deletedFiles;
    }
}
