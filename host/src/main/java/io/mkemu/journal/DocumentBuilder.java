// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static io.mkemu.journal.JournalDescriptor.*;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.trace.TraceReader;
import io.mkemu.trace.TraceRecord;
import java.nio.ByteOrder;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A document in the making, in a buffer that is used again and again. One thread. */
final class DocumentBuilder {
    /** CPU of segments whose records the host wrote itself. */
    static final int HOST = -1;
    private static final int LONGEST =
        RECORDS_OFFSET + TraceRecordDescriptor.slots(TraceRecordDescriptor.MAX_PAYLOAD) * TraceRecordDescriptor.LENGTH;

    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[JournalWriter.MAX_DOCUMENT]);
    private int segment;
    private int end;

    DocumentBuilder() {
        clear();
    }

    /** Begins anew. */
    void clear() {
        segment = 0;
        end = SEGMENTS_OFFSET;
    }

    /** Whether nothing is in it. */
    boolean isEmpty() {
        return end == SEGMENTS_OFFSET;
    }

    /** Whether a segment with any one record fits behind what is there. */
    boolean hasRoom() {
        return buffer.capacity() - end >= LONGEST;
    }

    /** The document as it is now, {@link #length} bytes of it. */
    MutableDirectBuffer bytes(long watermark) {
        buffer.putInt(MAGIC_OFFSET, MAGIC, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(FLAGS_OFFSET, 0, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(WATERMARK_OFFSET, watermark, ByteOrder.LITTLE_ENDIAN);
        return buffer;
    }

    /** Bytes of it. */
    int length() {
        return end;
    }

    /**
     * Moves records out of a ring into a segment of their own; {@link #hasRoom} must be so.
     *
     * @return bytes moved
     */
    int drain(TraceReader ring, int cpu, int instance, long life) {
        long position = ring.position();
        int at = end + RECORDS_OFFSET;
        int copied = ring.drain(buffer, at, buffer.capacity() - at);
        if (copied > 0) {
            begin(cpu, instance, life, position);
            grow(copied);
        }
        return copied;
    }

    /** Adds a record to the segment of this owner that is open, or to a new one; {@link #hasRoom} must be so. */
    void record(int cpu, int instance, long life, long position, TraceEvent event, int flags, long time, long id,
        int type, int size, int arg0, int arg1) {
        open(cpu, instance, life, position);
        TraceRecord.put(buffer, end, event, flags, time, id, type, size, arg0, arg1);
        grow(TraceRecordDescriptor.LENGTH);
    }

    /** Adds a record of the host with a payload, of which at most what a record can hold is taken. */
    void record(int instance, long life, TraceEvent event, long time, int type, int arg0, int arg1, byte[] payload) {
        int size = Math.min(payload.length, TraceRecordDescriptor.MAX_PAYLOAD);
        int length = TraceRecordDescriptor.slots(size) * TraceRecordDescriptor.LENGTH;
        open(HOST, instance, life, 0);
        TraceRecord.put(buffer, end, event, TraceRecordDescriptor.PAYLOAD, time, 0, type, size, arg0, arg1);
        buffer.setMemory(end + TraceRecordDescriptor.LENGTH, length - TraceRecordDescriptor.LENGTH, (byte) 0);
        buffer.putBytes(end + TraceRecordDescriptor.LENGTH, payload, 0, size);
        grow(length);
    }

    /** Adds a record of the host as it lies elsewhere, payload and all. */
    void record(int instance, long life, byte[] record) {
        open(HOST, instance, life, 0);
        buffer.putBytes(end, record);
        grow(record.length);
    }

    private void open(int cpu, int instance, long life, long position) {
        boolean same = segment != 0 && cpu == HOST
            && buffer.getInt(segment + CPU_OFFSET, ByteOrder.LITTLE_ENDIAN) == HOST
            && buffer.getInt(segment + INSTANCE_OFFSET, ByteOrder.LITTLE_ENDIAN) == instance
            && buffer.getInt(segment + LIFE_OFFSET, ByteOrder.LITTLE_ENDIAN) == (int) life;
        if (!same) {
            begin(cpu, instance, life, position);
        }
    }

    private void begin(int cpu, int instance, long life, long position) {
        segment = end;
        buffer.putInt(segment + CPU_OFFSET, cpu, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(segment + INSTANCE_OFFSET, instance, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(segment + LIFE_OFFSET, (int) life, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(segment + BYTES_OFFSET, 0, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(segment + POSITION_OFFSET, position, ByteOrder.LITTLE_ENDIAN);
        end = segment + RECORDS_OFFSET;
    }

    private void grow(int bytes) {
        end += bytes;
        buffer.putInt(segment + BYTES_OFFSET, end - segment - RECORDS_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }
}
