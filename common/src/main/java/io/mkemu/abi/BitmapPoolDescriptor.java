// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * Layout of a bitmap pool in shared memory. All fields are little-endian; offsets are bytes from the start of
 * the pool's region, which starts on an 8-byte boundary.
 * <pre>
 *   0                   8         12        16                  24                  32                  40        64
 *  +-------------------+---------+---------+-------------------+-------------------+-------------------+---------+
 *  | magic (last)  u64 | order   | 0       | granules      u64 | base          u64 | size          u64 | 0       |
 *  |                   | u32     |         |                   | physical address  | bytes             |         |
 *  +-------------------+---------+---------+-------------------+-------------------+-------------------+---------+
 *  64
 *  +---------------------------------------+---------------------------------------+
 *  | word 0   bits 0..31: allocated bitmap | bits 32..63: first bitmap             |  granules 0..31
 *  | word 1                                                                        |  granules 32..63
 *  | ...                                                                           |  to a multiple of 64 bytes
 *  +-------------------------------------------------------------------------------+
 *
 *  state of granule g: bits g%32 and 32+g%32 of word g/32
 *     allocated first
 *        0       0    FREE
 *        0       1    CLAIMED  first granule of a range that is just being allocated or freed, or was left by a kill
 *        1       1    FIRST    first granule of an allocation
 *        1       0    NEXT     any further granule, of an allocation or of a claimed range
 * </pre>
 * The two bitmaps share words, 32 granules of each to a word, because only then can one compare-and-set move a granule
 * from one state to another. With a word of its own for each bitmap there would be a moment in every allocation and
 * every free when a range looks like the tail of the allocation before it; a kill in that moment would make it so for
 * good.
 */
public final class BitmapPoolDescriptor {
    /** First eight bytes of a region that is ready: "MKPOOL" and layout version 1. */
    public static final long MAGIC = 0x0001_4C4F_4F50_4B4DL;
    /** u64: {@link #MAGIC}, stored last. */
    public static final int MAGIC_OFFSET = 0;
    /** u32: log2 of the granule in bytes. */
    public static final int ORDER_OFFSET = 8;
    /** u64: number of granules. */
    public static final int GRANULES_OFFSET = 16;
    /** u64: physical address of granule 0. */
    public static final int BASE_OFFSET = 24;
    /** u64: bytes managed, always granules times granule. */
    public static final int SIZE_OFFSET = 32;
    /** Bytes before the first bitmap word. */
    public static final int HEADER_LENGTH = 64;
    /** Granules described by one 64-bit word. */
    public static final int GRANULES_PER_WORD = 32;
    /** log2 of {@link #GRANULES_PER_WORD}. */
    public static final int WORD_SHIFT = 5;
    /** Least order: the page shift. */
    public static final int MIN_ORDER = 12;
    /** Greatest order: 1 GiB. */
    public static final int MAX_ORDER = 30;
    /** Most granules of one pool, 4 TiB of pages; their bitmaps take 256 MiB. */
    public static final int MAX_GRANULES = 1 << 30;

    private BitmapPoolDescriptor() {
    }

    /**
     * Length of the region that a pool needs.
     *
     * @param poolSize bytes to manage: a positive multiple of the granule
     * @param order    log2 of the granule in bytes, {@value #MIN_ORDER}..{@value #MAX_ORDER}
     * @return bytes, a multiple of 64
     * @throws IllegalArgumentException if order or size is out of range
     */
    public static long bytesFor(final long poolSize, final int order) {
        if (order < MIN_ORDER || order > MAX_ORDER) {
            throw new IllegalArgumentException(
                "pool order " + order + " is outside " + MIN_ORDER + ".." + MAX_ORDER
                + ": 12 makes granules of one page");
        }
        if (poolSize <= 0 || (poolSize & (1L << order) - 1) != 0) {
            throw new IllegalArgumentException("pool size " + poolSize + " is not a positive multiple of the granule "
                + (1L << order) + ": round it to whole granules");
        }
        final long granules = poolSize >>> order;
        if (granules > MAX_GRANULES) {
            throw new IllegalArgumentException("pool size " + poolSize + " has " + granules + " granules of order "
                + order + ", the most is " + MAX_GRANULES + ": use a higher order or several pools");
        }
        final long words = (granules + GRANULES_PER_WORD - 1) >>> WORD_SHIFT;
        return HEADER_LENGTH + (words * Long.BYTES + 63 & ~63L);
    }
}
