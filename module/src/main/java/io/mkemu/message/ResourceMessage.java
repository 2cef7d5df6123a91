// SPDX-License-Identifier: Apache-2.0
package io.mkemu.message;

import static io.mkemu.message.MessageDescriptor.*;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The messages of MK_MSG_RESOURCE that kernels send each other: the host asks with type 0x2000 and the operation as
 * subtype, the kernel acknowledges with both 0x100 higher. The id is the number of the request. They say that something
 * has been asked or answered; what that is, and who decides it, lies in the instance table
 * ({@link io.mkemu.abi.ResourceDescriptor}). So one that is lost, late or repeated changes nothing. Stateless.
 *
 * <pre>
 *  payload of a request:           payload of an acknowledgement:
 *   0              8                0          4
 *  +--------------+--------------+  +----------+
 *  | first    u64 | second   u64 |  | result   |  0 or a negative errno, i32
 *  +--------------+--------------+  +----------+
 * </pre>
 */
public final class ResourceMessage {
    /** What an acknowledgement's type and subtype are higher than those of its request. */
    public static final int ACKNOWLEDGED = 0x100;
    /** Type of the IPI that is a request. */
    public static final int REQUEST_IPI = IPI_TYPE | MessageType.RESOURCE;
    /** Type of the IPI that is an acknowledgement. */
    public static final int ACKNOWLEDGEMENT_IPI = REQUEST_IPI + ACKNOWLEDGED;
    /** Bytes of a request. */
    public static final int REQUEST_LENGTH = PAYLOAD_OFFSET + 2 * Long.BYTES;
    /** Bytes of an acknowledgement. */
    public static final int ACKNOWLEDGEMENT_LENGTH = PAYLOAD_OFFSET + Integer.BYTES;

    private ResourceMessage() {
    }

    /** Whether an IPI's type is that of one of both. */
    public static boolean isResource(int ipiType) {
        return ipiType == REQUEST_IPI || ipiType == ACKNOWLEDGEMENT_IPI;
    }

    /**
     * A request.
     *
     * @param number    of the request
     * @param life      of the instance that it is for
     * @param operation its number, 1..
     * @return {@link #REQUEST_LENGTH} bytes
     */
    public static UnsafeBuffer request(long number, long life, int operation, long first, long second) {
        UnsafeBuffer payload = new UnsafeBuffer(new byte[2 * Long.BYTES]);
        payload.putLong(0, first, ByteOrder.LITTLE_ENDIAN);
        payload.putLong(Long.BYTES, second, ByteOrder.LITTLE_ENDIAN);
        return write(MessageType.RESOURCE, operation, number, life, payload);
    }

    /**
     * An acknowledgement.
     *
     * @param operation of the request
     * @param result    0 or a negative errno
     * @return {@link #ACKNOWLEDGEMENT_LENGTH} bytes
     */
    public static UnsafeBuffer acknowledgement(long number, int operation, int result) {
        UnsafeBuffer payload = new UnsafeBuffer(new byte[Integer.BYTES]);
        payload.putInt(0, result, ByteOrder.LITTLE_ENDIAN);
        return write(MessageType.RESOURCE + ACKNOWLEDGED, operation + ACKNOWLEDGED, number, 0, payload);
    }

    private static UnsafeBuffer write(int type, int operation, long number, long life, DirectBuffer payload) {
        UnsafeBuffer message = new UnsafeBuffer(new byte[PAYLOAD_OFFSET + payload.capacity()]);
        MessageWriter.write(message, 0, ONE_WAY, type, MessageType.RESOURCE + operation, number, (int) life, 0,
            payload, 0, payload.capacity());
        return message;
    }
}
