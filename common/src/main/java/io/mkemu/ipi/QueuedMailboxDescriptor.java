// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

/**
 * An instance's IPI area in queued mode: for each of the instance's CPUs one block, in it one lane for each physical
 * CPU that may send. A lane has one producer, so a producer that dies in mid-publish can hold up nobody else, and
 * publishing needs no atomic operation.
 *
 * <pre>
 *  area                  block of one receiving CPU       lane of one sending CPU
 *  +0   +--------------+  +0   +---------------------+    +0    head u64, written by the receiver
 *       | magic        |       | rung lanes: bit n = |    +128  tail u64, written by the sender
 *       | nr_cpus u32  |       | physical CPU n      |    +256  slots
 *       | slots u32    |       | 16 x u64            |
 *       | cpus u32     |  +128 +---------------------+    slot, 320 bytes = 5 cache lines
 *  +128 +--------------+       | lane of CPU 0       |     0         8                          280
 *       | block, CPU 0 |       +---------------------+    +---------+---------------------------+
 *       +--------------+       | lane of CPU 1       |    | ready   | mk_ipi_data               |
 *       | block, CPU 1 |       +---------------------+    +---------+---------------------------+
 *       +--------------+       | ...                 |
 *
 *  Positions only grow; a position's slot is its value modulo slots. Message p is published by storing p + 1 into
 *  its slot's ready word, with release, after all else; the receiver never writes a slot. It is consumed by storing
 *  p + 1 into head, with release, after its callbacks. A lane is full when tail - head = slots.
 * </pre>
 */
public final class QueuedMailboxDescriptor {
    /** Says that this is a queued IPI area. */
    public static final int MAGIC_OFFSET = 0;
    /** {@link #MAGIC_OFFSET}'s value: "MKQUEUED" read as a little-endian word. */
    public static final long MAGIC = 0x4445_5545_5551_4b4dL;
    /** Lanes per block. */
    public static final int NR_CPUS_OFFSET = 8;
    /** Slots per lane. */
    public static final int SLOTS_OFFSET = 12;
    /** Blocks. */
    public static final int CPUS_OFFSET = 16;
    /** First block. */
    public static final int BLOCKS_OFFSET = 128;

    /** Bitmap of lanes that were rung, in a block. */
    public static final int RUNG_OFFSET = 0;
    /** First lane, in a block. */
    public static final int LANES_OFFSET = 128;

    /** Next position to consume, in a lane. */
    public static final int HEAD_OFFSET = 0;
    /** Next position to publish, in a lane. */
    public static final int TAIL_OFFSET = 128;
    /** First slot, in a lane. */
    public static final int SLOTS_AT_OFFSET = 256;

    /** Position + 1 once the slot's message is whole, in a slot. */
    public static final int READY_OFFSET = 0;
    /** The message, in a slot. */
    public static final int DATA_OFFSET = 8;
    /** Bytes of a slot. */
    public static final int SLOT_LENGTH = 320;

    private QueuedMailboxDescriptor() {
    }

    /** Bytes of a lane. */
    public static long laneLength(int slots) {
        return SLOTS_AT_OFFSET + (long) slots * SLOT_LENGTH;
    }

    /** Bytes of a block. */
    public static long blockLength(int nrCpus, int slots) {
        return LANES_OFFSET + nrCpus * laneLength(slots);
    }

    /** Bytes of the area of an instance with so many CPUs. */
    public static long areaLength(int nrCpus, int slots, int cpus) {
        return BLOCKS_OFFSET + cpus * blockLength(nrCpus, slots);
    }

    /** Offset in the area of the block of the instance's CPU with this logical id. */
    static long blockAt(int nrCpus, int slots, int logicalCpu) {
        return BLOCKS_OFFSET + logicalCpu * blockLength(nrCpus, slots);
    }

    /** Offset in the area of a lane. */
    static long laneAt(int nrCpus, int slots, int logicalCpu, int senderCpu) {
        return blockAt(nrCpus, slots, logicalCpu) + LANES_OFFSET + senderCpu * laneLength(slots);
    }
}
