// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * Page 0 of the RAM file: what the machine is, and where its tables lie. Little-endian; sizes in bytes; offsets are
 * physical addresses. The ABI version is stored last, so a reader that sees it sees all the rest.
 *
 * <pre>
 *   0      8      12     16           24           32          40          48
 *  +------+------+------+------------+------------+-----------+-----------+
 *  |magic |abi   |ipi   | ram size   | epoch      |created ns |nr_ |ipi_  |
 *  |      |vers. |mode  |            |            |           |cpus|slots |
 *  +------+------+------+------------+------------+-----------+-----------+
 *  48           56           64           72           80           88
 *  +------------+------------+------------+------------+------------+
 *  | cpus at    |instances at| logs at    | pages at   | pool map at|
 *  +------------+------------+------------+------------+------------+
 *  88           96           104          112          120          128
 *  +------------+------------+------------+------------+------------+
 *  | host at    | host size  | pool at    | pool size  | traces at  |
 *  +------------+------------+------------+------------+------------+
 *  128: event word (futex of the host)    192: machine name, 64 bytes UTF-8, NUL padded
 *  256: trace mode                        320: trace doorbell (futex of who drains the trace rings)
 * </pre>
 */
public final class RamHeaderDescriptor {
    /** Says that this file is the RAM of an mkemu machine. */
    public static final int MAGIC_OFFSET = 0;
    /** {@link #MAGIC_OFFSET}'s value: "MKEMURAM" read as a little-endian word. */
    public static final long MAGIC = 0x4d41_5255_4d45_4b4dL;
    /** Stored last. */
    public static final int ABI_VERSION_OFFSET = 8;
    /** Changes whenever anything of the memory map does. */
    public static final int ABI_VERSION = 9;
    /** The mailbox of all instances: 0 queued, 1 single-slot. */
    public static final int IPI_MODE_OFFSET = 12;
    /** Size of the RAM file. */
    public static final int RAM_SIZE_OFFSET = 16;
    /** Tells this machine from a former one of the same name; positive. */
    public static final int EPOCH_OFFSET = 24;
    /** CLOCK_MONOTONIC at creation, in ns: time 0 of every kernel log. */
    public static final int CREATED_NANOS_OFFSET = 32;
    /** Physical CPU ids are below this number: NR_CPUS of the machine. */
    public static final int NR_CPUS_OFFSET = 40;
    /** Messages that one lane of a queued mailbox holds. */
    public static final int IPI_SLOTS_OFFSET = 44;
    /** Local APICs. */
    public static final int CPUS_AT_OFFSET = 48;
    /** Instance table. */
    public static final int INSTANCES_AT_OFFSET = 56;
    /** Kernel log rings. */
    public static final int LOGS_AT_OFFSET = 64;
    /** Page table: who may map which page, and who has it mapped. */
    public static final int PAGES_AT_OFFSET = 72;
    /** Bitmaps of the multikernel pool. */
    public static final int POOL_MAP_AT_OFFSET = 80;
    /** The host kernel's own memory. */
    public static final int HOST_AT_OFFSET = 88;
    /** Its size. */
    public static final int HOST_SIZE_OFFSET = 96;
    /** The multikernel pool. */
    public static final int POOL_AT_OFFSET = 104;
    /** Its size. */
    public static final int POOL_SIZE_OFFSET = 112;
    /** Trace rings. */
    public static final int TRACES_AT_OFFSET = 120;
    /** A futex that instances bump when the host should look: a state changed, a line was logged. */
    public static final int EVENT_OFFSET = 128;
    /** Name of the machine. */
    public static final int NAME_OFFSET = 192;
    /** Bytes of the name, the closing NUL too. */
    public static final int NAME_LENGTH = 64;
    /** What the CPUs record: the ordinal of TraceMode. Written by the host. */
    public static final int TRACE_MODE_OFFSET = 256;
    /** A futex that a CPU bumps when it has filled a part of its trace ring. */
    public static final int TRACE_DOORBELL_OFFSET = 320;

    private RamHeaderDescriptor() {
    }
}
