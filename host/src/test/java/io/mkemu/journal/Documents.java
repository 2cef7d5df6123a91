// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static io.mkemu.journal.JournalDescriptor.*;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.trace.TraceRecord;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Documents whose records tell whether they are whole and in order: each has a number, and a checksum as payload. */
final class Documents {
    /** CPU of all of them. */
    static final int CPU = 3;
    private static final int PAYLOAD = Long.BYTES;

    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[JournalWriter.MAX_DOCUMENT]);
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[PAYLOAD]);
    private final CRC32 crc = new CRC32();

    /** Bytes of a document of so many records. */
    static int length(int records) {
        return SEGMENTS_OFFSET + RECORDS_OFFSET + records * recordLength();
    }

    private static int recordLength() {
        return TraceRecordDescriptor.slots(PAYLOAD) * TraceRecordDescriptor.LENGTH;
    }

    /** The records from one on, in one segment. */
    MutableDirectBuffer of(long first, int records) {
        int bytes = records * recordLength();
        buffer.putInt(MAGIC_OFFSET, MAGIC, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(FLAGS_OFFSET, 0, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(WATERMARK_OFFSET, first, ByteOrder.LITTLE_ENDIAN);
        int at = SEGMENTS_OFFSET;
        buffer.putInt(at + CPU_OFFSET, CPU, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(at + INSTANCE_OFFSET, 1, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(at + LIFE_OFFSET, 2, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(at + BYTES_OFFSET, bytes, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(at + POSITION_OFFSET, first * 2, ByteOrder.LITTLE_ENDIAN);
        for (int index = 0; index < records; index++) {
            int record = at + RECORDS_OFFSET + index * recordLength();
            long number = first + index;
            TraceRecord.put(buffer, record, TraceEvent.SEND, TraceRecordDescriptor.PAYLOAD, number, number, 7, PAYLOAD,
                0, 0);
            buffer.putLong(record + TraceRecordDescriptor.LENGTH, checksum(number));
        }
        return buffer;
    }

    /** A document of one record of the host. */
    MutableDirectBuffer ofHost(TraceEvent event) {
        of(0, 1);
        buffer.putInt(SEGMENTS_OFFSET + CPU_OFFSET, -1, ByteOrder.LITTLE_ENDIAN);
        TraceRecord.put(buffer, SEGMENTS_OFFSET + RECORDS_OFFSET, event, TraceRecordDescriptor.PAYLOAD, 1, 0, 0,
            PAYLOAD, 0, 0);
        return buffer;
    }

    private long checksum(long number) {
        payload.putLong(0, number);
        crc.reset();
        crc.update(payload.byteArray());
        return crc.getValue() << 32 | number & 0xffff_ffffL;
    }

    /** The numbers of a segment's records; a record that is not as {@link #of} wrote it fails. */
    List<Long> numbers(Segment segment) {
        TraceRecord record = new TraceRecord();
        List<Long> numbers = new ArrayList<>();
        int end = segment.offset() + segment.length();
        for (int at = segment.offset(); at < end; at += record.slots() * TraceRecordDescriptor.LENGTH) {
            if (!record.wrap(segment.buffer(), at, end) || record.payloadLength() != PAYLOAD
                || new UnsafeBuffer(record.payload()).getLong(0) != checksum(record.id())) {
                throw new AssertionError("record " + numbers.size() + " of the segment at " + segment.position()
                    + " is not whole");
            }
            numbers.add(record.id());
        }
        return numbers;
    }
}
