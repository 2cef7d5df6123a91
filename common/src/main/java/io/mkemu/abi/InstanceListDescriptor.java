// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * What a kernel told a module about instances: the payload of {@link KernelCall#INSTANCES}, one entry after the other.
 *
 * <pre>
 *   0     1       2        4      8      16
 *  +-----+-------+--------+------+------+-----------------+--------------+
 *  | id  | state | name   | CPUs | life | name, UTF-8     | CPU ids, u16 |
 *  | u8  | u8    | bytes  | u32  | u64  |                 | each         |
 *  +-----+-------+--------+------+------+-----------------+--------------+
 * </pre>
 */
public final class InstanceListDescriptor {
    /** Instance id; u8. */
    public static final int ID_OFFSET = 0;
    /** Ordinal of InstanceState; u8. */
    public static final int STATE_OFFSET = 1;
    /** Bytes of the name; u16. */
    public static final int NAME_BYTES_OFFSET = 2;
    /** Number of its CPUs; u32. */
    public static final int CPUS_OFFSET = 4;
    /** Number of its life; u64. */
    public static final int LIFE_OFFSET = 8;
    /** The name; its CPUs follow it, not aligned. */
    public static final int NAME_OFFSET = 16;
    /** Bytes of a CPU id. */
    public static final int CPU_LENGTH = 2;

    private InstanceListDescriptor() {
    }
}
