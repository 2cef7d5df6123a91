// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.journal.event.EventSink;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.agrona.ExpandableArrayBuffer;

/** Records of a journal, as if they had been read. */
final class Entries {
    private static final int LIFE = 1;

    private Entries() {
    }

    private static TraceEntry entry(int cpu, int instance, TraceEvent event, int flags, long time, long id, int type,
        int size, int arg0, int arg1, byte[] payload) {
        ExpandableArrayBuffer bytes = new ExpandableArrayBuffer();
        boolean more = payload.length > 0;
        TraceRecord.put(bytes, 0, event, flags | (more ? TraceRecordDescriptor.PAYLOAD : 0), time, id, type,
            more ? payload.length : size, arg0, arg1);
        bytes.putBytes(TraceRecordDescriptor.LENGTH, payload);
        TraceRecord record = new TraceRecord();
        int end = (more ? TraceRecordDescriptor.slots(payload.length) : 1) * TraceRecordDescriptor.LENGTH;
        if (!record.wrap(bytes, 0, end)) {
            throw new AssertionError("no record");
        }
        return TraceEntry.of(cpu, instance, LIFE, record);
    }

    private static void tell(EventSink sink, TraceEntry entry) {
        try {
            for (int i = 0; i < entry.events(); i++) {
                sink.event(entry.name(i), entry.timeOf(i), entry);
            }
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** A message from an instance on the CPU of its id to another one. */
    static void send(EventSink sink, int from, int to, int number, long time) {
        tell(sink, entry(from, from, TraceEvent.SEND, TraceRecordDescriptor.RUNG, time,
            MessageId.of(from, to, LIFE, number), 7, 64, to, 0, new byte[0]));
    }

    /** Its callback. */
    static void callback(EventSink sink, int from, int to, int number, long time, int took) {
        tell(sink, entry(to, to, TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST, time,
            MessageId.of(from, to, LIFE, number), 7, 64, took, 5, new byte[0]));
    }

    static void state(EventSink sink, int instance, InstanceState state, String reason, long time) {
        tell(sink, entry(-1, instance, TraceEvent.STATE, 0, time, 0, 0, 0, state.ordinal(), 0,
            reason.getBytes(StandardCharsets.UTF_8)));
    }

    static void log(EventSink sink, int instance, int level, String text, long time) {
        tell(sink, entry(-1, instance, TraceEvent.LOG, 0, time, 0, level, 0, 0, 0,
            text.getBytes(StandardCharsets.UTF_8)));
    }
}
