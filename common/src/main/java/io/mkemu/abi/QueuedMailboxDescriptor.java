// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * An instance's IPI area in queued mode: for each of the instance's possible CPUs one block, in it one lane for each
 * physical CPU that may send. A lane has one producer, so a producer that dies in mid-publish can hold up nobody else,
 * and publishing needs no atomic operation.
 *
 * <pre>
 *  area                  block of one receiving CPU       lane of one sending CPU
 *  +0   +--------------+  +0   +---------------------+    +0    head u64, written by the receiver
 *       | magic        |       | rung lanes: bit n = |    +64   lives, 4 x { who u64, first u64 }
 *       | nr_cpus u32  |       | physical CPU n      |    +128  records, a few more than slots
 *       | slots u32    |       | 16 x u64            |          and one word more
 *       | cpus u32     |  +128 +---------------------+    record, a multiple of 8 bytes
 *  +128 +--------------+       | lane of CPU 0       |     0             8
 *       | block, CPU 0 |       +---------------------+    +-------------+-----------------+
 *       +--------------+       | lane of CPU 1       |    | ready u64   | payload         |
 *       | block, CPU 1 |       +---------------------+    +-------------+-----------------+
 *       +--------------+       | ...                 |
 *
 *  ready   63         62 .. 41            40 .. 32     31 .. 0        head   63 .. 20            19 .. 0
 *         +----------+-------------------+------------+----------+         +-------------------+------------------+
 *         | 1        | number, low bits  | size       | type     |         | messages consumed | next record / 8  |
 *         +----------+-------------------+------------+----------+         +-------------------+------------------+
 *
 *  Messages are numbered from 1. A record follows the one before it, so that small messages share cache lines, or it
 *  lies elsewhere: then a ready word whose size says JUMP stands in its place, with the record's offset for a type. A
 *  sender jumps to the first record where the next one does not fit before the end, or earlier when all is consumed,
 *  so that a conversation stays in a few cache lines; and over a jump that is not read yet. Before a record's ready
 *  word is stored, with release, after all else, the word behind the record is zeroed: so the receiver, which never
 *  writes a record, finds a zero where nothing is yet. A message is consumed by storing head, with release, after its
 *  callbacks. A lane is full when slots messages are not consumed; they and the gaps at two jumps always find room.
 *
 *  who: 256 times the sender's life, plus its instance. A life that begins to send by a lane stores the number of its
 *  first message, then who it is, in place of the oldest of the four: so a message tells which life has sent it.
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
    /** Blocks: as many as the instance has possible CPUs. */
    public static final int CPUS_OFFSET = 16;
    /** First block. */
    public static final int BLOCKS_OFFSET = 128;

    /** Bitmap of lanes that were rung, in a block. */
    public static final int RUNG_OFFSET = 0;
    /** First lane, in a block. */
    public static final int LANES_OFFSET = 128;

    /** How far the receiver is, in a lane. */
    public static final int HEAD_OFFSET = 0;
    /** Low bits of head: where the next record begins, in units of 8 bytes; above them the messages consumed. */
    public static final int HEAD_AT_BITS = 20;
    /** Who has sent by a lane, the last four lives, in a lane. */
    public static final int LIVES_OFFSET = 64;
    /** So many lives. */
    public static final int LIVES = 4;
    /** Bytes of one of them. */
    public static final int LIVES_LENGTH = 16;
    /** Who, in one of the lives; 0: nobody. */
    public static final int LIVES_WHO_OFFSET = 0;
    /** Low bits of who: the instance; above them its life. */
    public static final int LIVES_INSTANCE_BITS = 8;
    /** Number of its first message, in one of the lives. */
    public static final int LIVES_FIRST_OFFSET = 8;
    /** First record, in a lane. */
    public static final int RECORDS_OFFSET = 128;

    /** One word for what a message is and that it is whole, in a record; its low 32 bits are the type. */
    public static final int READY_OFFSET = 0;
    /** Bytes of payload in a ready word, from this bit on. */
    public static final int READY_SIZE_SHIFT = 32;
    /** So many bits. */
    public static final int READY_SIZE_BITS = 9;
    /** The size that says: the record is not here, but where the low 32 bits say, in bytes from the first. */
    public static final int READY_JUMP = 511;
    /** Low bits of the message's number in a ready word, from this bit on; bit 63 is always 1. */
    public static final int READY_NUMBER_SHIFT = 41;
    /** So many bits. */
    public static final int READY_NUMBER_BITS = 22;
    /** The payload, in a record. */
    public static final int PAYLOAD_OFFSET = 8;
    /** Bytes of a record with the largest payload. */
    public static final int MAX_RECORD_LENGTH = PAYLOAD_OFFSET + MkIpiDataDescriptor.MAX_DATA_SIZE;

    /** Records that a lane has room for beyond its slots: the gaps in front of two jumps, and the jumps. */
    public static final int SPARE_RECORDS = 3;
    /** Fewest slots of a lane in which a sender may jump before the end; shorter ones have one record to spare. */
    public static final int EARLY_JUMP_SLOTS = 8;

    private static final int LANE_ALIGNMENT = 64;
    private static final long NUMBER_MASK = (1L << READY_NUMBER_BITS) - 1;
    private static final long HEAD_AT_MASK = (1L << HEAD_AT_BITS) - 1;
    private static final long HEAD_COUNT_MASK = -1L >>> HEAD_AT_BITS;

    private QueuedMailboxDescriptor() {
    }

    /** Bytes of a lane's records, without the word behind them. */
    public static int recordsLength(int slots) {
        return (slots + (slots < EARLY_JUMP_SLOTS ? 1 : SPARE_RECORDS)) * MAX_RECORD_LENGTH;
    }

    /** Bytes of a lane. */
    public static long laneLength(int slots) {
        long length = RECORDS_OFFSET + recordsLength(slots) + (long) Long.BYTES;
        return (length + LANE_ALIGNMENT - 1) / LANE_ALIGNMENT * LANE_ALIGNMENT;
    }

    /** Bytes of a record. */
    public static int recordLength(int size) {
        return PAYLOAD_OFFSET + (size + Long.BYTES - 1 & -Long.BYTES);
    }

    /** The ready word of a message. */
    public static long ready(long number, int size, int type) {
        return tag(number) << READY_NUMBER_SHIFT | (long) size << READY_SIZE_SHIFT | Integer.toUnsignedLong(type);
    }

    /** What the ready word of the message of this number begins with, also where it says JUMP. */
    public static long tag(long number) {
        return NUMBER_MASK + 1 | number & NUMBER_MASK;
    }

    /** What a word begins with. */
    public static long tagOf(long word) {
        return word >>> READY_NUMBER_SHIFT;
    }

    /** The ready word that stands where the message of this number would be, and says where it is. */
    public static long jump(long number, int to) {
        return ready(number, READY_JUMP, to);
    }

    /** Whether a place that a jump leads to can have a record. */
    public static boolean isPlace(int at, int recordsLength) {
        return at >= 0 && at < recordsLength && at % Long.BYTES == 0;
    }

    /** The size in a ready word. */
    public static int sizeOf(long ready) {
        return (int) (ready >>> READY_SIZE_SHIFT) & (1 << READY_SIZE_BITS) - 1;
    }

    /** The head word of a receiver. */
    public static long head(long consumed, int at) {
        return consumed << HEAD_AT_BITS | at / Long.BYTES;
    }

    /** Where the next record begins, in the records; may be anything. */
    public static int atOf(long head) {
        return (int) (head & HEAD_AT_MASK) * Long.BYTES;
    }

    /** Messages consumed. */
    public static long consumedOf(long head) {
        return head >>> HEAD_AT_BITS;
    }

    /** Messages between two counts, of which each is known by as many bits as head has for it. */
    public static long between(long earlier, long later) {
        return later - earlier & HEAD_COUNT_MASK;
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
    public static long blockAt(int nrCpus, int slots, int logicalCpu) {
        return BLOCKS_OFFSET + logicalCpu * blockLength(nrCpus, slots);
    }

    /** Offset in the area of a lane. */
    public static long laneAt(int nrCpus, int slots, int logicalCpu, int senderCpu) {
        return blockAt(nrCpus, slots, logicalCpu) + LANES_OFFSET + senderCpu * laneLength(slots);
    }
}
