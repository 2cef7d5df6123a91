// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

/**
 * What kernels of the traffic send each other, and the record of what they counted. All fields little-endian.
 *
 * <pre>
 *  DATA, 16..256 bytes
 *   0             4               6               8             16
 *  +-------------+---------------+---------------+-------------+-----------------------------+
 *  | number u32  | sender's life | target's life | checksum    | filling, from the checksum  |
 *  +-------------+---------------+---------------+-------------+-----------------------------+
 *  Numbers begin at 0 for each life of the sender and for each of the target. The checksum is over bytes 0..7, the
 *  sender's CPU and the size. Lives are 0 where nobody can tell them.
 *
 *  END  { messages sent in this pair }     8 bytes
 *
 *  record: for each instance id one block of 128 bytes, in memory of this instance's pool
 *   0      8         16     24         32     40     48         56        64
 *  +------+---------+------+----------+------+------+----------+---------+------+
 *  | sent | sending | full | received | lost | torn | repeated | foreign | life |
 *  +------+---------+------+----------+------+------+----------+---------+------+
 * </pre>
 */
public final class TrafficDescriptor {
    /** Type of the messages that count. */
    public static final int DATA = 0x7472_6166;
    static final int END = DATA + 1;

    static final int LEAST_SIZE = 16;
    static final int MOST_SIZE = 256;
    static final int HEAD_OFFSET = 0;
    static final int SENDER_LIFE_SHIFT = 32;
    static final int TARGET_LIFE_SHIFT = 48;
    static final long NUMBER_MASK = 0xffff_ffffL;
    static final long LIFE_MASK = 0xffff;
    static final int CHECKSUM_OFFSET = 8;
    static final int FILLING_OFFSET = 16;

    /** Bytes of a block. */
    public static final int BLOCK_LENGTH = 128;
    /** Bytes of the record. */
    public static final int RECORD_LENGTH = 256 * BLOCK_LENGTH;
    /** Messages sent to that instance: the send returned 0. */
    public static final int SENT_OFFSET = 0;
    /** 1 during a send to that instance, else 0. */
    public static final int SENDING_OFFSET = 8;
    /** Sends to it that found its lane full. */
    public static final int FULL_OFFSET = 16;
    /** Messages that came from its present life. */
    public static final int RECEIVED_OFFSET = 24;
    /** Messages of it that never came although their successors did. */
    public static final int LOST_OFFSET = 32;
    /** Messages of it whose bytes are not those that were sent. */
    public static final int TORN_OFFSET = 40;
    /** Messages of it that had come before, or should have come before another. */
    public static final int REPEATED_OFFSET = 48;
    /** Messages of an earlier life of it after one of a later life, and messages for another life than this one. */
    public static final int FOREIGN_OFFSET = 56;
    /** The life of it that the last message came from. */
    public static final int LIFE_OFFSET = 64;

    private TrafficDescriptor() {
    }
}
