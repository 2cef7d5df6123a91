// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

/**
 * A script: one life of an instance, taken out of a journal for {@link ReplayMain}. Little-endian. A file of its own
 * for one replay; nothing keeps it.
 *
 * <pre>
 *   0       4         8          12     16    20       24                32           40
 *  +-------+---------+----------+------+-----+--------+-----------------+------------+--------------------
 *  | magic | version | instance | life | IPI | header | steps           | time 0     | strings, CPUs, ...
 *  |       |         | id       |      | mode| bytes  |                 | of machine |
 *  +-------+---------+----------+------+-----+--------+-----------------+------------+--------------------
 *  from 40: name; command line; number of modules, u32; that many modules; number of CPUs, u32; that many physical
 *  CPU ids, u32, by logical CPU. A name, command line or module is its bytes, u32, and UTF-8, not aligned.
 *
 *  a step: something that ran on a CPU, and what came of it
 *   0             4            8               8 + 32 + payload, filled up to a multiple of 32
 *  +-------------+------------+---------------+------------------
 *  | bytes from  | logical    | its record    | records of what it
 *  | 8 on        | CPU        |               | asked and sent, in order
 *  +-------------+------------+---------------+------------------
 * </pre>
 *
 * A step's record is CALLBACK, UNHANDLED, TASK or WORK; the others are CALL, SEND, FULL and REFUSED: see
 * {@link io.mkemu.abi.TraceRecordDescriptor}.
 */
public final class ScriptDescriptor {
    /** Says that this is a script; u32. */
    public static final int MAGIC_OFFSET = 0;
    /** {@link #MAGIC_OFFSET}'s value: "MKR1" read as a little-endian word. */
    public static final int MAGIC = 0x3152_4b4d;
    /** {@link #VERSION}; u32. */
    public static final int VERSION_OFFSET = 4;
    /** Of this layout. */
    public static final int VERSION = 1;
    /** Instance id; u32. */
    public static final int INSTANCE_OFFSET = 8;
    /** Its life; u32. */
    public static final int LIFE_OFFSET = 12;
    /** Ordinal of IpiMode; u32. */
    public static final int IPI_MODE_OFFSET = 16;
    /** Bytes of the header; u32. */
    public static final int HEADER_BYTES_OFFSET = 20;
    /** Steps in the script; u64. */
    public static final int STEPS_OFFSET = 24;
    /** CLOCK_MONOTONIC in ns when the machine was made; u64. */
    public static final int CREATED_OFFSET = 32;
    /** First string. */
    public static final int STRINGS_OFFSET = 40;
    /** Longest header: command line and modules of an instance are far shorter. */
    public static final int MAX_HEADER = 1 << 20;

    /** Bytes of a step behind its CPU; u32. */
    public static final int STEP_BYTES_OFFSET = 0;
    /** Logical CPU; u32. */
    public static final int STEP_CPU_OFFSET = 4;
    /** The step's record. */
    public static final int STEP_RECORD_OFFSET = 8;
    /** Most bytes of a step: one that asked more often cannot be replayed. */
    public static final int MAX_STEP = 1 << 28;

    private ScriptDescriptor() {
    }
}
