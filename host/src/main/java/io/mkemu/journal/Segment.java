// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static io.mkemu.journal.JournalDescriptor.*;

import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.trace.TraceRecord;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The records that one pass of the host brought from one CPU, or that the host wrote itself: a flyweight, valid until
 * its reader goes on. Its records are whole: each can be wrapped by a {@link TraceRecord}, up to the last.
 */
public final class Segment implements SegmentSource.Content {
    private final UnsafeBuffer document = new UnsafeBuffer(0L, 0);
    private final TraceRecord record = new TraceRecord();
    private int base;
    private int length;

    Segment() {
    }

    /** Points it at nothing: the next one is the first of a document. */
    void wrap(DirectBuffer bytes) {
        document.wrap(bytes);
        base = 0;
        length = 0;
    }

    /** Goes on to the next segment; false behind the last. */
    boolean next() {
        int at = base == 0 ? SEGMENTS_OFFSET : offset() + length;
        if (at == document.capacity()) {
            return false;
        }
        base = at;
        length = document.capacity() - at < RECORDS_OFFSET ? -1
            : document.getInt(at + BYTES_OFFSET, ByteOrder.LITTLE_ENDIAN);
        return true;
    }

    /** Whether it ends behind its document: nothing after it can be found. */
    boolean isCut() {
        return length < 0 || length > document.capacity() - offset();
    }

    /** Bytes from the first that is no record to the end: a kernel can write anything into its ring. */
    int damagedBytes() {
        int end = offset() + length;
        for (int at = offset(); at < end; at += record.slots() * TraceRecordDescriptor.LENGTH) {
            if (!record.wrap(document, at, end)) {
                return end - at;
            }
        }
        return 0;
    }

    @Override
    public long watermark() {
        return document.getLong(WATERMARK_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int cpu() {
        return document.getInt(base + CPU_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int instance() {
        return document.getInt(base + INSTANCE_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int life() {
        return document.getInt(base + LIFE_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    /** Position of the first record in its CPU's ring, in slots; 0 for records of the host. */
    public long position() {
        return document.getLong(base + POSITION_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public DirectBuffer buffer() {
        return document;
    }

    @Override
    public int offset() {
        return base + RECORDS_OFFSET;
    }

    @Override
    public int length() {
        return length;
    }
}
