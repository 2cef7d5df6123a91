// SPDX-License-Identifier: Apache-2.0
package io.mkemu.message;

import static io.mkemu.message.MessageDescriptor.*;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes a message where it is sent from. Stateless. */
final class MessageWriter {
    private MessageWriter() {
    }

    /**
     * Writes header and payload.
     *
     * @param at     where in to
     * @param life   of the receiver, low 32 bits; 0: any
     * @param client whose call it is
     */
    static void write(UnsafeBuffer to, int at, int kind, int type, int subtype, long id, int life, int client,
        DirectBuffer payload, int offset, int length) {
        to.putInt(at + TYPE_OFFSET, type, ByteOrder.LITTLE_ENDIAN);
        to.putInt(at + SUBTYPE_OFFSET, subtype, ByteOrder.LITTLE_ENDIAN);
        to.putLong(at + ID_OFFSET, id, ByteOrder.LITTLE_ENDIAN);
        to.putInt(at + LENGTH_OFFSET, length, ByteOrder.LITTLE_ENDIAN);
        to.putInt(at + KIND_OFFSET, kind, ByteOrder.LITTLE_ENDIAN);
        to.putInt(at + LIFE_OFFSET, life, ByteOrder.LITTLE_ENDIAN);
        to.putInt(at + CLIENT_OFFSET, client, ByteOrder.LITTLE_ENDIAN);
        if (length > 0) {
            payload.boundsCheck(offset, length);
            to.boundsCheck(at + PAYLOAD_OFFSET, length);
            copy(payload.byteArray(), payload.addressOffset() + offset, to.byteArray(),
                to.addressOffset() + at + PAYLOAD_OFFSET, length);
        }
    }

    /* By words: a payload is short, and a call that copies memory costs more than it. */
    private static void copy(byte[] source, long from, byte[] target, long to, int length) {
        int words = length & -Long.BYTES;
        for (int done = 0; done < words; done += Long.BYTES) {
            UnsafeApi.putLong(target, to + done, UnsafeApi.getLong(source, from + done));
        }
        for (int done = words; done < length; done++) {
            UnsafeApi.putByte(target, to + done, UnsafeApi.getByte(source, from + done));
        }
    }
}
