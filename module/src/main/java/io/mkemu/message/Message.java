// SPDX-License-Identifier: Apache-2.0
package io.mkemu.message;

import static io.mkemu.message.MessageDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A message as its {@link MessageHandler} sees it: a flyweight, valid during the handler's call only. */
public final class Message {
    private final Messages owner;
    private final UnsafeBuffer payload = new UnsafeBuffer(0L, 0);
    private MkIpiData data;
    private long ticket;
    private int type;
    private int subtype;
    private long id;

    Message(Messages owner) {
        this.owner = owner;
    }

    /** Points it at a message whose length has been checked. */
    void wrap(MkIpiData its, DirectBuffer bytes, int length) {
        data = its;
        type = bytes.getInt(TYPE_OFFSET, ByteOrder.LITTLE_ENDIAN);
        subtype = bytes.getInt(SUBTYPE_OFFSET, ByteOrder.LITTLE_ENDIAN);
        id = bytes.getLong(ID_OFFSET, ByteOrder.LITTLE_ENDIAN);
        payload.wrap(bytes, PAYLOAD_OFFSET, length);
        ticket = 0;
    }

    /** It is a request, and this is where its answer goes. */
    void request(long itsTicket) {
        ticket = itsTicket;
    }

    /** msg_type. */
    public int type() {
        return type;
    }

    /** msg_subtype. */
    public int subtype() {
        return subtype;
    }

    /** msg_id: the number of the call at its sender; 0 if it is no request. */
    public long id() {
        return id;
    }

    /** Whether its sender waits for an answer. */
    public boolean isRequest() {
        return ticket != 0;
    }

    /** The instance that sent it. */
    public int senderInstance() {
        return data.senderInstance();
    }

    /** The life of that instance. */
    public long senderLife() {
        return data.senderLife();
    }

    /** Physical id of the CPU that sent it. */
    public int senderCpu() {
        return data.senderCpu();
    }

    /** The payload; its capacity is its length. */
    public DirectBuffer payload() {
        return payload;
    }

    /**
     * Answers it.
     *
     * @param answer may be null if length is 0
     * @return 0; -EINVAL: it is no request, or the answer is longer than {@link Messages#MAX_PAYLOAD}; -EEXIST: it has
     *     been answered. An answer for which the sender's lane has no room goes out when the sender repeats the request
     */
    public int answer(DirectBuffer answer, int offset, int length) {
        return ticket == 0 ? -Errno.EINVAL : owner.answer(ticket, answer, offset, length);
    }

    /**
     * For an answer after the handler has returned: {@link Messages#answer}.
     *
     * @return what to give it; 0 if it is no request
     */
    public long ticket() {
        return ticket;
    }
}
