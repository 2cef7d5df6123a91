// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import static io.mkemu.abi.TraceRecordDescriptor.*;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A flyweight on one trace record, wherever it lies. Not thread-safe. */
public final class TraceRecord {
    private static final int U16 = 0xffff;
    private static final int U8 = 0xff;

    private final UnsafeBuffer buffer = new UnsafeBuffer(0L, 0);

    /**
     * Points it at a record.
     *
     * @param end where the bytes that may belong to it end
     * @return whether a whole record of a known event begins there
     */
    public boolean wrap(DirectBuffer bytes, int offset, int end) {
        if (end - offset < LENGTH) {
            return false;
        }
        buffer.wrap(bytes, offset, LENGTH);
        int payload = payloadLength();
        if (event() == TraceEvent.NONE || end - offset < TraceRecordDescriptor.slots(payload) * LENGTH) {
            return false;
        }
        buffer.wrap(bytes, offset, LENGTH + payload);
        return true;
    }

    /** Writes a record without its payload. */
    public static void put(MutableDirectBuffer to, int offset, TraceEvent event, int flags, long time, long id,
        int type, int size, int arg0, int arg1) {
        to.putLong(offset + TIME_OFFSET, time, ByteOrder.LITTLE_ENDIAN);
        to.putLong(offset + ID_OFFSET, id, ByteOrder.LITTLE_ENDIAN);
        to.putLong(offset + TYPE_OFFSET, type & 0xffff_ffffL | (long) size << Integer.SIZE
            | (long) event.ordinal() << EVENT_OFFSET % Long.BYTES * Byte.SIZE
            | (long) flags << FLAGS_OFFSET % Long.BYTES * Byte.SIZE, ByteOrder.LITTLE_ENDIAN);
        to.putLong(offset + ARG0_OFFSET, arg0 & 0xffff_ffffL | (long) arg1 << Integer.SIZE, ByteOrder.LITTLE_ENDIAN);
    }

    /** Slots it takes. */
    public int slots() {
        return TraceRecordDescriptor.slots(payloadLength());
    }

    /** What it tells. */
    public TraceEvent event() {
        return TraceEvent.of(buffer.getByte(EVENT_OFFSET) & U8);
    }

    /** CLOCK_MONOTONIC, ns. */
    public long time() {
        return buffer.getLong(TIME_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    /** The message, or what the event says. */
    public long id() {
        return buffer.getLong(ID_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    /** Type of the message. */
    public int type() {
        return buffer.getInt(TYPE_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    /** Bytes of the message. */
    public int size() {
        return buffer.getShort(SIZE_OFFSET, ByteOrder.LITTLE_ENDIAN) & U16;
    }

    /** Whether it has a flag. */
    public boolean has(int flag) {
        return (buffer.getByte(FLAGS_OFFSET) & flag) != 0;
    }

    /** What the event says. */
    public int arg0() {
        return buffer.getInt(ARG0_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    /** What the event says. */
    public int arg1() {
        return buffer.getInt(ARG1_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    /** Bytes of payload that follow. */
    public int payloadLength() {
        return has(PAYLOAD) ? size() : 0;
    }

    /** The payload. */
    public byte[] payload() {
        byte[] bytes = new byte[payloadLength()];
        buffer.getBytes(LENGTH, bytes);
        return bytes;
    }

    /** The payload as text. */
    public String text() {
        return new String(payload(), StandardCharsets.UTF_8);
    }
}
