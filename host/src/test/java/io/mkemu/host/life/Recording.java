// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.journal.JournalReader;
import io.mkemu.journal.Segment;
import io.mkemu.trace.TraceRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * All of a recording that has ended.
 *
 * @param records  in the order they were written
 * @param problems what could not be read
 * @param complete whether it was ended in order
 */
public record Recording(List<Entry> records, List<String> problems, boolean complete) {
    /** A record with what its segment says of it. */
    public record Entry(int cpu, int instance, int life, long position, long watermark, TraceEvent event, int flags,
        long time, long id, int type, int size, int arg0, int arg1, String text) {
    }

    public static Recording read(Path journal) throws IOException {
        List<Entry> records = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        TraceRecord record = new TraceRecord();
        try (JournalReader reader = JournalReader.open(journal, problems::add)) {
            while (reader.next()) {
                Segment segment = reader.segment();
                int end = segment.offset() + segment.length();
                long position = segment.position();
                for (int at = segment.offset(); at < end; at += record.slots() * TraceRecordDescriptor.LENGTH) {
                    record.wrap(segment.buffer(), at, end);
                    records.add(new Entry(segment.cpu(), segment.instance(), segment.life(), position,
                        segment.watermark(), record.event(), segment.buffer()
                            .getByte(at + TraceRecordDescriptor.FLAGS_OFFSET) & 0xff, record.time(), record.id(),
                        record.type(), record.size(), record.arg0(), record.arg1(), record.text()));
                    position += record.slots();
                }
            }
            return new Recording(records, problems, reader.isComplete());
        }
    }

    List<Entry> all(TraceEvent event) {
        return all(entry -> entry.event() == event);
    }

    List<Entry> all(Predicate<Entry> which) {
        return records.stream().filter(which).toList();
    }

    Entry one(TraceEvent event) {
        List<Entry> found = all(event);
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " records of " + event + ": " + found);
        }
        return found.getFirst();
    }
}
