// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.trace.TraceReader.Lost;
import io.mkemu.trace.TraceRecord;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What could not be written because the disk had no room: counted per CPU, until a gap record can tell it. What the
 * host itself saw is kept, as far as it is not too much: no reader can do without it. One thread.
 */
final class Drops {
    private static final int MOST_KEPT = 4096;

    private record Kept(int instance, long life, byte[] record) {
    }

    private final Segment segment = new Segment();
    private final TraceRecord record = new TraceRecord();
    private final Lost[] perCpu;
    private final Deque<Kept> kept = new ArrayDeque<>();
    private long hostRecords;
    private long total;

    Drops(int nrCpus) {
        this.perCpu = new Lost[nrCpus];
        clear();
    }

    private void clear() {
        Arrays.fill(perCpu, new Lost(0, 0, 0));
        hostRecords = 0;
        total = 0;
    }

    /** Whether there is anything to tell. */
    boolean any() {
        return total > 0 || !kept.isEmpty();
    }

    /** How many records are lost. */
    long total() {
        return total;
    }

    /** Counts what is in a document that cannot be written. */
    void count(DirectBuffer document, int length) {
        segment.wrap(new UnsafeBuffer(document, 0, length));
        while (segment.next()) {
            int end = segment.offset() + segment.length();
            for (int at = segment.offset(); at < end && record.wrap(segment.buffer(), at, end);
                at += record.slots() * TraceRecordDescriptor.LENGTH) {
                if (segment.cpu() >= 0) {
                    add(segment.cpu(), lostBy(record));
                } else {
                    keep(at);
                }
            }
        }
    }

    private void keep(int at) {
        boolean isGap = record.event() == TraceEvent.GAP;
        if (isGap || record.event() == TraceEvent.LOG || kept.size() >= MOST_KEPT) {
            long lost = isGap ? record.id() : 1;
            hostRecords += lost;
            total += lost;
        } else {
            byte[] copy = new byte[record.slots() * TraceRecordDescriptor.LENGTH];
            segment.buffer().getBytes(at, copy);
            kept.add(new Kept(segment.instance(), segment.life(), copy));
        }
    }

    /** What a record that is lost counts for: a gap record counts for all that it tells. */
    private static Lost lostBy(TraceRecord record) {
        return switch (record.event()) {
            case SEND -> new Lost(1, 0, 0);
            case UNHANDLED -> new Lost(0, 1, 0);
            case CALLBACK -> record.has(TraceRecordDescriptor.FIRST) ? new Lost(0, 1, 0) : new Lost(0, 0, 1);
            case GAP -> new Lost(Integer.toUnsignedLong(record.arg0()), Integer.toUnsignedLong(record.arg1()),
                record.id());
            default -> new Lost(0, 0, 1);
        };
    }

    private void add(int cpu, Lost lost) {
        Lost before = perCpu[cpu];
        perCpu[cpu] = new Lost(before.sends() + lost.sends(), before.deliveries() + lost.deliveries(),
            before.others() + lost.others());
        total += lost.sends() + lost.deliveries() + lost.others();
    }

    /** Moves what was kept into a document, as much as fits; whether that was all. */
    boolean tellKept(DocumentBuilder document) {
        while (!kept.isEmpty() && document.hasRoom()) {
            Kept next = kept.removeFirst();
            document.record(next.instance(), next.life(), next.record());
        }
        return kept.isEmpty();
    }

    /** Counts what was kept as lost: what a document holds that cannot be written, and what did not fit into it. */
    void forget(DirectBuffer document, int length) {
        count(document, length);
        hostRecords += kept.size();
        total += kept.size();
        kept.clear();
    }

    /** What is lost of a CPU's records. */
    Lost lost(int cpu) {
        return perCpu[cpu];
    }

    /** How many of the host's own records are lost. */
    long lostOfHost() {
        return hostRecords;
    }

    /** All that is lost has been told. */
    void told() {
        clear();
    }
}
