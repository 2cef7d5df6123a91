// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.journal.SegmentSource;
import io.mkemu.trace.TraceRecord;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A journal in memory, written record by record. */
public class FakeJournal implements SegmentSource {
    private record Part(long watermark, int cpu, int instance, int life, DirectBuffer buffer)
        implements SegmentSource.Content {
        @Override
        public int offset() {
            return 0;
        }

        @Override
        public int length() {
            return buffer.capacity();
        }
    }

    /** The records of a segment in the making. */
    public static final class Records {
        private final ExpandableArrayBuffer bytes = new ExpandableArrayBuffer();
        private int length;

        /** Adds a record without payload. */
        public Records add(TraceEvent event, int flags, long time, long id, int type, int size, int arg0, int arg1) {
            TraceRecord.put(bytes, length, event, flags, time, id, type, size, arg0, arg1);
            length += TraceRecordDescriptor.LENGTH;
            return this;
        }

        /** Adds a record with payload. */
        public Records add(TraceEvent event, int flags, long time, long id, int type, int arg0, int arg1,
            byte[] payload) {
            add(event, flags | TraceRecordDescriptor.PAYLOAD, time, id, type, payload.length, arg0, arg1);
            bytes.putBytes(length, payload);
            length += (TraceRecordDescriptor.slots(payload.length) - 1) * TraceRecordDescriptor.LENGTH;
            return this;
        }

        /** Adds bytes that are no record. */
        public Records garbage(int count) {
            bytes.setMemory(length, count, (byte) 0xff);
            length += count;
            return this;
        }

        boolean isEmpty() {
            return length == 0;
        }

        byte[] take() {
            byte[] taken = new byte[length];
            bytes.getBytes(0, taken);
            length = 0;
            return taken;
        }
    }

    private final List<Part> segments = new ArrayList<>();
    private int next;

    /** Adds a segment. */
    public FakeJournal add(long watermark, int cpu, int instance, Records records) {
        segments.add(new Part(watermark, cpu, instance, 1, new UnsafeBuffer(records.take())));
        return this;
    }

    @Override
    public boolean next() {
        if (next == segments.size()) {
            return false;
        }
        next++;
        return true;
    }

    @Override
    public Content segment() {
        return segments.get(next - 1);
    }

    @Override
    public boolean hasEnded() {
        return next == segments.size();
    }
}
