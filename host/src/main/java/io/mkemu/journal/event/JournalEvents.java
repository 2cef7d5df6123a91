// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.journal.SegmentSource;
import io.mkemu.trace.TraceRecord;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Reads a journal, record by record in the order they were written, a document's worth at a time. Not thread-safe. */
public final class JournalEvents {
    /** Takes the records of a journal as they were written: those of a CPU in order, those of several mixed. */
    @FunctionalInterface
    public interface Records {
        /** Takes the next one. */
        void record(TraceEntry entry) throws IOException;
    }

    /** So much later than its document's watermark no record can be: the host would have slept for a day. */
    private static final long FAR_NANOS = TimeUnit.DAYS.toNanos(1);

    private final SegmentSource source;
    private final TraceNames names;
    private final Records records;
    private final TraceRecord flyweight = new TraceRecord();
    private long reading = Long.MIN_VALUE;
    private long watermark = Long.MIN_VALUE;
    private boolean ended;

    /**
     * A reader at the beginning.
     *
     * @param names   learns who is who
     * @param records takes what is read
     */
    public JournalEvents(SegmentSource source, TraceNames names, Records records) {
        this.source = source;
        this.names = names;
        this.records = records;
    }

    /** Reads the next segment; false if there is none now. */
    public boolean poll() throws IOException {
        if (!source.next()) {
            watermark = Math.max(watermark, reading);
            return false;
        }
        SegmentSource.Content segment = source.segment();
        if (segment.watermark() != reading) {
            watermark = Math.max(watermark, reading);
            reading = segment.watermark();
        }
        names.owns(segment.cpu(), segment.instance());
        int at = segment.offset();
        int end = at + segment.length();
        long time = segment.watermark();
        while (at < end) {
            if (!flyweight.wrap(segment.buffer(), at, end)) {
                records.record(TraceEntry.damaged(segment.cpu(), segment.instance(), segment.life(), time, end - at));
                break;
            }
            TraceEntry entry = TraceEntry.of(segment.cpu(), segment.instance(), segment.life(), flyweight);
            int slots = flyweight.slots();
            at += slots * TraceRecordDescriptor.LENGTH;
            if (!canBe(entry, segment.watermark())) {
                records.record(TraceEntry.damaged(segment.cpu(), segment.instance(), segment.life(), time,
                    slots * TraceRecordDescriptor.LENGTH));
                continue;
            }
            time = entry.time();
            ended = entry.event() == TraceEvent.END || ended && entry.event() != TraceEvent.MACHINE;
            names.learn(entry);
            records.record(entry);
        }
        return true;
    }

    /** A kernel can write anything into its ring: also times that no clock has shown yet. */
    private static boolean canBe(TraceEntry entry, long mark) {
        long latest = mark > 0 && mark < Long.MAX_VALUE - FAR_NANOS ? mark + FAR_NANOS : Long.MAX_VALUE;
        long over = entry.timeOf(entry.events() - 1);
        return entry.time() >= 0 && over >= entry.time() && over <= latest;
    }

    /**
     * What was written before this time has been read: the watermark of the last document that was read to its end.
     * CLOCK_MONOTONIC in ns; the least long before that.
     */
    public long watermark() {
        return watermark;
    }

    /** Whether the recording that was read last has ended in order. */
    public boolean ended() {
        return ended;
    }
}
