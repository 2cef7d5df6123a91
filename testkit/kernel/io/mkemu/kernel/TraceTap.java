// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceReader;
import io.mkemu.trace.TraceRecord;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** What a test reads from one CPU's trace ring, in the place of the host. */
public final class TraceTap {
    /** A record that was read. */
    public record Seen(TraceEvent event, long time, long id, int type, int size, int arg0, int arg1, boolean first,
        boolean fault, boolean payload, String text) {
        /** When a callback's interrupt was. */
        long interrupt() {
            return time - Integer.toUnsignedLong(arg1);
        }

        long end() {
            return time + Integer.toUnsignedLong(arg0);
        }

        String message() {
            return MessageId.text(id);
        }
    }

    private final TraceReader reader;
    private final UnsafeBuffer bytes = new UnsafeBuffer(new byte[1 << 20]);

    public TraceTap(PhysicalMemory memory, int cpu) {
        reader = new TraceReader(memory, cpu);
    }

    /** All records since the last look. */
    public List<Seen> all() {
        List<Seen> seen = new ArrayList<>();
        TraceRecord record = new TraceRecord();
        int length = reader.drain(bytes, 0, bytes.capacity());
        for (int at = 0; at < length; at += record.slots() * TraceRecordDescriptor.LENGTH) {
            if (!record.wrap(bytes, at, length)) {
                throw new AssertionError("damaged at " + at + " of " + length);
            }
            seen.add(new Seen(record.event(), record.time(), record.id(), record.type(), record.size(), record.arg0(),
                record.arg1(), record.has(TraceRecordDescriptor.FIRST), record.has(TraceRecordDescriptor.FAULT),
                record.has(TraceRecordDescriptor.PAYLOAD), record.text()));
        }
        return seen;
    }

    /** Those of some events. */
    public List<Seen> of(TraceEvent first, TraceEvent... others) {
        Set<TraceEvent> events = EnumSet.of(first, others);
        return all().stream().filter(seen -> events.contains(seen.event())).toList();
    }
}
