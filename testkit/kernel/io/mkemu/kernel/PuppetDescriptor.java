// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

/**
 * The page between a test and a CPU of a puppet: struct wire of instance/src/test/c/puppet.c.
 *
 * <pre>
 *  0        4    8      12       16        20      24   28       32        72         80       88
 * +--------+----+------+--------+---------+-------+----+--------+---------+----------+--------+-------+
 * | wanted | up | kind | number | request | reply | op | unused | args[5] | has data | result | value |
 * +--------+----+------+--------+---------+-------+----+--------+---------+----------+--------+-------+
 *  512       1024
 * +---------+------------+
 * | message | data[1024] |
 * +---------+------------+
 * </pre>
 */
final class PuppetDescriptor {
    /** u32, volatile: the test wants the CPU to call up. */
    static final int WANTED_OFFSET = 0;
    /** u32, volatile: how often the CPU has called up. */
    static final int UP_OFFSET = 4;
    /** u32: why it calls up. */
    static final int KIND_OFFSET = 8;
    /** u32: of the handler or the task for which it does. */
    static final int NUMBER_OFFSET = 12;
    /** u32, volatile: how many requests the test has made. */
    static final int REQUEST_OFFSET = 16;
    /** u32, volatile: how many of them are done. */
    static final int REPLY_OFFSET = 20;
    /** u32: what the request is. */
    static final int OP_OFFSET = 24;
    /** i64 each: its arguments. */
    static final int ARGS_OFFSET = 32;
    /** i64, 0 or 1: whether it has bytes; the last of the arguments. */
    static final int HAS_DATA_OFFSET = 72;
    /** i64. */
    static final int RESULT_OFFSET = 80;
    /** u64: what there is beside the result. */
    static final int VALUE_OFFSET = 88;
    /** A struct mk_ipi_data: the message of a callback. */
    static final int MESSAGE_OFFSET = 512;
    /** Bytes of a request or of its result. */
    static final int DATA_OFFSET = 1024;

    private PuppetDescriptor() {
    }
}
