// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * The RFC's struct mk_ipi_data as a C compiler lays it out on x86-64, little-endian.
 *
 * <pre>
 *   0            4        8             16                         272
 *  +------------+--------+-------------+--------------------------+
 *  | sender_cpu | type   | data_size   | buffer, 256 bytes        |
 *  | i32        | u32    | u64         |                          |
 *  +------------+--------+-------------+--------------------------+
 * </pre>
 */
public final class MkIpiDataDescriptor {
    /** Physical CPU id of the sender. */
    public static final int SENDER_CPU_OFFSET = 0;
    /** User-defined type. */
    public static final int TYPE_OFFSET = 4;
    /** Bytes of the buffer that are meant. */
    public static final int DATA_SIZE_OFFSET = 8;
    /** Payload. */
    public static final int BUFFER_OFFSET = 16;
    /** MK_MAX_DATA_SIZE: bytes of payload at the most. */
    public static final int MAX_DATA_SIZE = 256;
    /** Bytes of the struct. */
    public static final int LENGTH = BUFFER_OFFSET + MAX_DATA_SIZE;
    /** MK_PFN_IPI_TYPE: the payload is a page frame number, u64. */
    public static final int PFN_IPI_TYPE = 0x8000_0001;
    /** Bytes of a PFN message. */
    public static final int PFN_SIZE = Long.BYTES;
    /** MK_PAGES_IPI_TYPE, not in the RFC: the payload is a range of pages. */
    public static final int PAGES_IPI_TYPE = 0x8000_0002;
    /** Of such a payload: PFN of the first page, u64. */
    public static final int PAGES_PFN_OFFSET = 0;
    /** How many pages, one behind the other; u64. */
    public static final int PAGES_COUNT_OFFSET = 8;
    /** What the sender says with them; u64. */
    public static final int PAGES_TAG_OFFSET = 16;
    /** Bytes of such a payload. */
    public static final int PAGES_SIZE = 24;

    private MkIpiDataDescriptor() {
    }
}
