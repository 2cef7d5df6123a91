// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.journal.JournalReader;
import io.mkemu.journal.Segment;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a recording says of messages, counted record by record without the reader side of {@code mk trace}. */
final class JournalBooks {
    /** Numbers that came of each lane: the last one, and how many were left out. */
    private static final class Lanes {
        private final Map<Long, Long> last = new HashMap<>();
        private long count;
        private long skipped;
        private long disordered;

        void note(long id) {
            long lane = id >>> Integer.SIZE;
            long before = last.getOrDefault(lane, 0L);
            long number = MessageId.number(id);
            count++;
            skipped += Math.max(0, number - before - 1);
            disordered += number <= before ? 1 : 0;
            last.put(lane, Math.max(before, number));
        }
    }

    final List<String> problems = new ArrayList<>();
    private final Lanes sends = new Lanes();
    private final Lanes deliveries = new Lanes();
    private final Map<Integer, Long> positions = new HashMap<>();
    private final long[] gaps = new long[3];
    private long records;
    private long documentsOutOfOrder;
    private long holes;
    private boolean complete;

    /** Reads the newest recording of a journal from its beginning to what is there now. */
    static JournalBooks of(Path journal) throws IOException {
        JournalBooks books = new JournalBooks();
        try (JournalReader reader = JournalReader.open(journal, books.problems::add)) {
            long watermark = Long.MIN_VALUE;
            while (reader.next()) {
                Segment segment = reader.segment();
                books.documentsOutOfOrder += segment.watermark() < watermark ? 1 : 0;
                watermark = segment.watermark();
                books.read(segment);
            }
            books.complete = reader.isComplete();
        }
        return books;
    }

    private void read(Segment segment) {
        TraceRecord record = new TraceRecord();
        int end = segment.offset() + segment.length();
        int slots = segment.length() / TraceRecordDescriptor.LENGTH;
        boolean fromRing = segment.cpu() >= 0;
        for (int at = segment.offset(); at < end; at += record.slots() * TraceRecordDescriptor.LENGTH) {
            if (!record.wrap(segment.buffer(), at, end)) {
                problems.add("a damaged record");
                return;
            }
            records++;
            note(record);
            /* Written by the host about the CPU: they have no place in its ring. */
            fromRing &= record.event() != TraceEvent.GAP && !isUnfinished(record);
        }
        if (fromRing) {
            holes += segment.position() == positions.getOrDefault(segment.cpu(), segment.position()) ? 0 : 1;
            positions.put(segment.cpu(), segment.position() + slots);
        }
    }

    private static boolean isUnfinished(TraceRecord record) {
        return record.event() == TraceEvent.CALLBACK && record.has(TraceRecordDescriptor.UNFINISHED);
    }

    private void note(TraceRecord record) {
        switch (record.event()) {
            case SEND -> sends.note(record.id());
            case UNHANDLED -> deliveries.note(record.id());
            case CALLBACK -> {
                if (record.has(TraceRecordDescriptor.FIRST) && !isUnfinished(record)) {
                    deliveries.note(record.id());
                }
            }
            case GAP -> {
                gaps[0] += Integer.toUnsignedLong(record.arg0());
                gaps[1] += Integer.toUnsignedLong(record.arg1());
                gaps[2] += record.id();
            }
            default -> { }
        }
    }

    /** Messages sent, and that were dropped from the record. */
    long sends() {
        return sends.count;
    }

    long droppedSends() {
        return gaps[0];
    }

    long deliveries() {
        return deliveries.count;
    }

    long droppedDeliveries() {
        return gaps[1];
    }

    long droppedOthers() {
        return gaps[2];
    }

    long records() {
        return records;
    }

    boolean isComplete() {
        return complete;
    }

    /** What must never be: records in disorder, out of the ring's order, or missing without a gap that says so. */
    String faults() {
        return "disordered " + (sends.disordered + deliveries.disordered) + ", documents out of order "
            + documentsOutOfOrder + ", holes " + holes + ", missing without a gap "
            + (Math.max(0, sends.skipped - gaps[0]) + Math.max(0, deliveries.skipped - gaps[1])) + ", problems "
            + problems;
    }

    /** What {@link #faults} says of a recording that has none. */
    static final String NO_FAULTS =
        "disordered 0, documents out of order 0, holes 0, missing without a gap 0, problems []";
}
