// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

/**
 * A document of the journal: what one pass over the trace rings brought, and what the host itself saw meanwhile.
 * Little-endian; the bytes of one raw document of a Chronicle Queue.
 *
 * <pre>
 *  document
 *   0         4          8           16        20         24
 *  +---------+----------+-----------+---------+----------+----------
 *  | magic   | flags    | watermark | number  | checksum | segments
 *  +---------+----------+-----------+---------+----------+----------
 *  segment
 *   0         4          8           12        16         24
 *  +---------+----------+-----------+---------+----------+----------
 *  | cpu     | instance | life      | bytes   | position | records
 *  +---------+----------+-----------+---------+----------+----------
 * </pre>
 */
public final class JournalDescriptor {
    /** Says that this is a document of an mkemu journal, of this format; u32. */
    public static final int MAGIC_OFFSET = 0;
    /** {@link #MAGIC_OFFSET}'s value: "MKJ2" read as a little-endian word. */
    public static final int MAGIC = 0x324a_4b4d;
    /** Flags; u32. */
    public static final int FLAGS_OFFSET = 4;
    /**
     * At the head of each queue file but a recording's first: what earlier files told once and every reader must know,
     * told again, for the day when they are deleted. {@link JournalReader} hides it from whoever read it before.
     */
    public static final int REPEATED = 1;
    /**
     * CLOCK_MONOTONIC in ns when the pass began: what any CPU stamped before it is in this document or an earlier one,
     * unless that CPU was held up between stamping and writing; u64.
     */
    public static final int WATERMARK_OFFSET = 8;
    /** Which of its recording's documents it is, from 1; 0 for what is {@link #REPEATED}; u32. */
    public static final int NUMBER_OFFSET = 16;
    /** CRC-32C of all other bytes of the document; u32. */
    public static final int CHECKSUM_OFFSET = 20;
    /** First segment. */
    public static final int SEGMENTS_OFFSET = 24;

    /** Physical CPU whose ring the records come from, -1 for records of the host itself; i32. */
    public static final int CPU_OFFSET = 0;
    /** The instance that owned the CPU, or that the host's records are about; -1 for the machine; i32. */
    public static final int INSTANCE_OFFSET = 4;
    /** Its life; u32. */
    public static final int LIFE_OFFSET = 8;
    /** Bytes of records; u32. */
    public static final int BYTES_OFFSET = 12;
    /** Position of the first record in its ring, in slots; 0 for records of the host; u64. */
    public static final int POSITION_OFFSET = 16;
    /** First record, in a segment: see {@link io.mkemu.abi.TraceRecordDescriptor}. */
    public static final int RECORDS_OFFSET = 24;

    private JournalDescriptor() {
    }
}
