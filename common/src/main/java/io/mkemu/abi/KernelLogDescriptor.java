// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * An instance's kernel log: a ring of records in RAM that outlives the process that wrote it. Positions only grow; a
 * position's place is its value modulo the ring's bytes. A record lies whole in [head, tail): before the writer reuses
 * bytes it moves head past them, and it moves tail only once the record is complete.
 *
 * <pre>
 *   0          8          16         24                    64
 *  +----------+----------+----------+---------------------+---------
 *  | head     | tail     | lines    | reserved            | records
 *  +----------+----------+----------+---------------------+---------
 *
 *  record, 8-byte aligned
 *   0        4       5      6         8             16
 *  +--------+-------+------+---------+-------------+-----------
 *  | bytes  | level | 0    | cpu     | time in ns  | UTF-8 ...
 *  +--------+-------+------+---------+-------------+-----------
 * </pre>
 */
public final class KernelLogDescriptor {
    /** Oldest position that is still whole. */
    public static final int HEAD_OFFSET = 0;
    /** One past the newest record. */
    public static final int TAIL_OFFSET = 8;
    /** Lines ever written. */
    public static final int LINES_OFFSET = 16;
    /** First byte of the ring. */
    public static final int RECORDS_OFFSET = 64;
    /** Bytes of the ring. */
    public static final int RECORDS_LENGTH = 32768;
    /** Bytes of a log, rounded up to whole pages. */
    public static final int LENGTH = 9 * 4096;

    /** Bytes of a record, header included, before alignment; a value below {@link #HEADER_LENGTH} fills to the end. */
    public static final int RECORD_BYTES_OFFSET = 0;
    /** 0 emergency .. 7 debug, as printk has them. */
    public static final int RECORD_LEVEL_OFFSET = 4;
    /** Physical CPU that spoke, 0xffff for none. */
    public static final int RECORD_CPU_OFFSET = 6;
    /** CLOCK_MONOTONIC, ns. */
    public static final int RECORD_NANOS_OFFSET = 8;
    /** Text begins here. */
    public static final int HEADER_LENGTH = 16;
    /** Longest text; what is longer is cut, as printk does. */
    public static final int MAX_TEXT = 1000;
    /** Records begin on multiples of this. */
    public static final int ALIGNMENT = 8;

    private KernelLogDescriptor() {
    }
}
