// SPDX-License-Identifier: Apache-2.0
package io.mkemu.message;

import io.mkemu.abi.MkIpiDataDescriptor;

/**
 * A message in the payload of an IPI, little-endian: struct mk_message of the RFC's messaging layer (patch 14/16), and
 * what a call needs behind it.
 *
 * <pre>
 *   0       4         8       16       20      24      28       32
 *  +-------+---------+-------+--------+-------+-------+--------+----------------------
 *  | type  | subtype | id    | bytes  | kind  | life  | client | payload, 224 at most
 *  | u32   | u32     | u64   | u32    | u32   | u32   | u32    |
 *  +-------+---------+-------+--------+-------+-------+--------+----------------------
 * </pre>
 *
 * The IPI's type is {@link #IPI_TYPE} | type, so that traces can be filtered by it; an answer's is
 * {@link #ANSWER_TYPE}.
 */
final class MessageDescriptor {
    /** msg_type, 1..0xffff; u32. */
    static final int TYPE_OFFSET = 0;
    /** msg_subtype; u32. */
    static final int SUBTYPE_OFFSET = 4;
    /** msg_id: of a call, ascending from 1 for each client and instance; 0 where nobody waits for an answer; u64. */
    static final int ID_OFFSET = 8;
    /** payload_len; u32. */
    static final int LENGTH_OFFSET = 16;
    /** {@link #ONE_WAY}, {@link #REQUEST} or {@link #ANSWER}; u32. */
    static final int KIND_OFFSET = 20;
    /** The life of the receiver that it is for, low 32 bits; 0: any; u32. */
    static final int LIFE_OFFSET = 24;
    /** Whose call it is, among those of one CPU; u32. */
    static final int CLIENT_OFFSET = 28;
    /** The payload. */
    static final int PAYLOAD_OFFSET = 32;
    /** Bytes of payload at the most. */
    static final int MAX_PAYLOAD = MkIpiDataDescriptor.MAX_DATA_SIZE - PAYLOAD_OFFSET;
    /** Nobody waits for an answer. */
    static final int ONE_WAY = 0;
    /** Somebody does. */
    static final int REQUEST = 1;
    /** The answer. */
    static final int ANSWER = 2;
    /** With the type in its low 16 bits the type of the IPI. */
    static final int IPI_TYPE = 0x4d4b_0000;
    /** Type of the IPI that is an answer. */
    static final int ANSWER_TYPE = IPI_TYPE;
    /** Highest type. */
    static final int MAX_TYPE = 0xffff;

    private MessageDescriptor() {
    }
}
