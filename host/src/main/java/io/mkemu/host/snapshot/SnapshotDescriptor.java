// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.snapshot;

/**
 * A snapshot's file: what a machine's host says of it, and those pages of its RAM that are not all zero. All numbers
 * are little-endian; each check is the CRC-32C of the bytes that are named with it.
 *
 * <pre>
 *  +0   +----------------------------------+   run
 *       | magic                        u64 |   +0   +----------------------------------+
 *       | version                      u32 |        | number of its first page     u64 |
 *       | ABI version of the RAM       u32 |        | pages, 1 or more             u32 |
 *       | bytes of the RAM             u64 |        | check of the above and data  u32 |
 *       | bytes of what is said        u32 |   +16  | data                             |
 *       | check of the above           u32 |        +----------------------------------+
 *  +32  +----------------------------------+
 *       | what is said, JSON in UTF-8      |   end
 *       | check of it                  u32 |   +0   +----------------------------------+
 *       +----------------------------------+        | runs                         u64 |
 *       | runs, in ascending order         |        | 0                            u32 |
 *       +----------------------------------+        | check of the above           u32 |
 *       | end                              |        | check of the whole file, u32     |
 *       +----------------------------------+        |   but for these four bytes       |
 *                                                   +----------------------------------+
 * </pre>
 */
final class SnapshotDescriptor {
    /** {@link #MAGIC_OFFSET}'s value: "MKSNAPSH" read as a little-endian word. */
    static final long MAGIC = 0x4853_5041_4e53_4b4dL;
    /** Of this format. */
    static final int VERSION = 1;
    /** Where the header says that it is a snapshot. */
    static final int MAGIC_OFFSET = 0;
    /** Version of the format. */
    static final int VERSION_OFFSET = 8;
    /** ABI version of the RAM. */
    static final int ABI_OFFSET = 12;
    /** Bytes of the RAM. */
    static final int RAM_SIZE_OFFSET = 16;
    /** Bytes of what is said. */
    static final int SAID_LENGTH_OFFSET = 24;
    /** Check of the header before it. */
    static final int HEADER_CHECK_OFFSET = 28;
    /** Bytes of the header. */
    static final int HEADER_LENGTH = 32;
    /** Bytes of a check. */
    static final int CHECK_LENGTH = Integer.BYTES;

    /** Number of the first page, in a run; at the end: how many runs there were. */
    static final int RUN_FIRST_OFFSET = 0;
    /** Pages, in a run; 0 at the end. */
    static final int RUN_PAGES_OFFSET = 8;
    /** Check of a run. */
    static final int RUN_CHECK_OFFSET = 12;
    /** Bytes of a run before its data. */
    static final int RUN_LENGTH = 16;

    /** Most pages of a run: 256 KiB. */
    static final int MOST_PAGES = 64;
    /** Most bytes of what is said. */
    static final int MOST_SAID = 8 << 20;

    private SnapshotDescriptor() {
    }
}
