// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

/**
 * What {@link RoundVictim} and {@link RoundSurvivor} tell each other and the test, all 64-bit words.
 *
 * <pre>
 *  message  0          8             16           24         32
 *          +----------+-------------+------------+----------+---------------+
 *          | sequence | sender's    | target's   | checksum | 0..224 bytes  |
 *          | number   | epoch       | epoch      |          | of payload    |
 *          +----------+-------------+------------+----------+---------------+
 *  page     magic | owner's id | owner's epoch | target's epoch | number | filling to the end
 *  record   what an instance counted, in pages of its own pool: see the constants
 * </pre>
 */
public final class RoundsDescriptor {
    /** Instance ids. */
    public static final int VICTIM = 1;
    /** The first survivor. */
    public static final int SURVIVOR_A = 2;
    /** The second. */
    public static final int SURVIVOR_B = 3;

    static final int DATA = 0x524e4401;
    /** "I have unmapped your page": its PFN. */
    static final int RELEASED = 0x524e4402;

    static final int SEQUENCE_OFFSET = 0;
    static final int SENDER_EPOCH_OFFSET = 8;
    static final int TARGET_EPOCH_OFFSET = 16;
    static final int CHECKSUM_OFFSET = 24;
    static final int PAYLOAD_OFFSET = 32;
    static final int MAX_PAYLOAD = 224;

    static final long PAGE_MAGIC = 0x726f756e64732121L;
    static final int PAGE_MAGIC_OFFSET = 0;
    static final int PAGE_OWNER_OFFSET = 8;
    static final int PAGE_OWNER_EPOCH_OFFSET = 16;
    static final int PAGE_TARGET_EPOCH_OFFSET = 24;
    static final int PAGE_NUMBER_OFFSET = 32;
    static final int PAGE_FILLING_OFFSET = 40;

    /** Bytes of a record. */
    public static final int RECORD_LENGTH = 3 * 4096;
    /** Written by the test: 1: send no more, unmap everything; 0: go on. */
    public static final int STOP_OFFSET = 0;
    /** What has been done of that. */
    public static final int STOPPED_OFFSET = 8;
    /** Messages sent to an instance id, 0 returned: 4 words. */
    public static final int SENT_OFFSET = 16;
    /** Messages received from an instance id: 4 words. */
    public static final int RECEIVED_OFFSET = 48;
    /** The instance id that a message is just being sent to, 0 for none. */
    public static final int IN_FLIGHT_OFFSET = 80;
    /** Messages whose bytes are not those that were sent. */
    public static final int TORN_OFFSET = 88;
    /** Messages that had been received before, or that should have come before another. */
    public static final int REPEATED_OFFSET = 96;
    /** Messages that never came although their successors did. */
    public static final int LOST_OFFSET = 104;
    /** Messages of a life of the victim after one of a later life; at the victim: for another life than this one. */
    public static final int FOREIGN_OFFSET = 112;
    /** Sends that returned what no send may return here. */
    public static final int BAD_RESULT_OFFSET = 120;
    /** Pages mapped. */
    public static final int PAGES_MAPPED_OFFSET = 128;
    /** Pages refused: their owner was dead, or had begun another life, by then. */
    public static final int PAGES_REFUSED_OFFSET = 136;
    /** Pages that did not hold what their owner wrote when it shared them, or while they were mapped. */
    public static final int PAGES_WRONG_OFFSET = 144;
    /** Pages shared. */
    public static final int PAGES_SHARED_OFFSET = 152;
    /** At a survivor: pages shared with the victim while its epoch changed. */
    public static final int PAGES_AMBIGUOUS_OFFSET = 160;
    /** Entries of the list below. */
    public static final int LISTED_OFFSET = 168;
    /** Sends to the victim that found its lane full. */
    public static final int FULL_OFFSET = 176;
    /**
     * At a survivor: messages to the victim whose send saw the victim's epoch change. At the victim: sender id << 48 |
     * sequence number of messages for another life.
     */
    public static final int LIST_OFFSET = 192;
    /** Entries. */
    public static final int LIST_LENGTH = 400;
    /** Messages received from each life of the victim, by its epoch. */
    public static final int LIVES_OFFSET = 4096;
    /** Epochs that fit. */
    public static final int LIVES_LENGTH = (RECORD_LENGTH - LIVES_OFFSET) / Long.BYTES;

    private RoundsDescriptor() {
    }
}
