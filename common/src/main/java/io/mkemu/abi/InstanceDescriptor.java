// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * An entry of the instance table, one page per instance id. Instance 0 is the host.
 *
 * <pre>
 *  +0    what a sender reads at each send, on a cache line of its own
 *        0            8             16             24         28         32          36
 *       +------------+-------------+--------------+----------+----------+-----------+
 *       | life       | IPI area at | IPI area size| cpu count| possible | generation|   life * 256 + state
 *       +------------+-------------+--------------+----------+----------+-----------+
 *  +128  name, 64 bytes UTF-8, NUL padded
 *  +192  CPU set: bit n = physical CPU n, MAX_CPUS bits
 *  +320  regions of the instance pool: 8 of { address u64, size u64 }
 *  +448  requested u32, a futex (the host asks) | exit code i32 (the instance says)
 *  +456  pid u64
 *  +464  boot steps: 6 of CLOCK_MONOTONIC ns, see {@link BootStep}
 *  +512  tasks: started u32, ended u32, failed u32
 *  +576  what the host asks about CPUs and memory while the kernel runs: see {@link ResourceDescriptor}
 *  +1024 reason: 512 bytes UTF-8, why it failed
 *  +1536 type names: 512 bytes of { type u32, length u8, name }, one behind the other
 *  +2048 boot parameters: 2048 bytes UTF-8
 * </pre>
 */
public final class InstanceDescriptor {
    /** MK_MAX_INSTANCES. */
    public static final int MAX_INSTANCES = 256;
    /** Bytes of an entry. */
    public static final int LENGTH = 4096;
    /** Life and state in one word, so that one read tells both. */
    public static final int LIFE_OFFSET = 0;
    /** Bits of the state in the life word. */
    public static final int STATE_BITS = 8;
    /** Physical address of the IPI area; 0 while there is none. */
    public static final int IPI_AREA_OFFSET = 8;
    /** Bytes of the IPI area. */
    public static final int IPI_AREA_SIZE_OFFSET = 16;
    /** CPUs in the CPU set. */
    public static final int CPU_COUNT_OFFSET = 24;
    /** Possible CPUs: so many it may have at once in this life, and a queued IPI area has as many blocks; 0: as many as
     *  are in the CPU set. */
    public static final int POSSIBLE_CPUS_OFFSET = 28;
    /** Raised after each change of the CPU set: who has a copy of the set reads this one first, and compares. */
    public static final int CPU_GENERATION_OFFSET = 32;
    /** Name. */
    public static final int NAME_OFFSET = 128;
    /** Bytes of the name, the closing NUL too. */
    public static final int NAME_LENGTH = 64;
    /** CPU set. */
    public static final int CPU_SET_OFFSET = 192;
    /** 64-bit words of the CPU set. */
    public static final int CPU_SET_WORDS = RamLayout.MAX_CPUS / 64;
    /** Regions of the instance pool. */
    public static final int REGIONS_OFFSET = 320;
    /** Most regions. */
    public static final int MAX_REGIONS = 8;
    /** Bytes of a region: address and size. */
    public static final int REGION_LENGTH = 16;
    /** What the host asks; a futex, woken whenever it changes. Written by the host only. */
    public static final int REQUESTED_OFFSET = 448;
    /** Nothing: there is no life to ask anything of, and none may begin. */
    public static final int REQUEST_NONE = 0;
    /** The host asks the kernel to shut down: modules exit, CPUs park, the process ends. */
    public static final int REQUEST_SHUTDOWN = 1;
    /** Force halt: the process ends at once. Stays up until the host has seen that all CPUs are parked. */
    public static final int REQUEST_HALT = 2;
    /** The instance is executed: a process may take its life, and runs as long as this stands. */
    public static final int REQUEST_RUN = 3;
    /** What the instance's process will exit with. */
    public static final int EXIT_CODE_OFFSET = 452;
    /** Process id as the instance itself sees it. */
    public static final int PID_OFFSET = 456;
    /** Times of the boot steps. */
    public static final int BOOT_STEPS_OFFSET = 464;
    /** Tasks that modules started. */
    public static final int TASKS_STARTED_OFFSET = 512;
    /** Tasks that ended, failed ones too. */
    public static final int TASKS_ENDED_OFFSET = 516;
    /** Tasks that ended by an exception, and modules whose init threw. */
    public static final int TASKS_FAILED_OFFSET = 520;
    /** The request about CPUs and memory: a {@link ResourceDescriptor}. */
    public static final int RESOURCE_OFFSET = 576;
    /** Why the instance failed. */
    public static final int REASON_OFFSET = 1024;
    /** Bytes of the reason, the closing NUL too. */
    public static final int REASON_LENGTH = 512;
    /** Names that modules gave to types: records, not aligned, one behind the other; a length of 0 ends them. */
    public static final int TYPE_NAMES_OFFSET = 1536;
    /** Bytes of all of them. */
    public static final int TYPE_NAMES_LENGTH = 512;
    /** In a record of a type's name, behind the type: bytes of the name, u8; stored last. */
    public static final int TYPE_NAME_LENGTH_OFFSET = 4;
    /** In a record of a type's name: the name. */
    public static final int TYPE_NAME_BYTES_OFFSET = 5;
    /** Boot parameters. */
    public static final int CMDLINE_OFFSET = 2048;
    /** Bytes of the boot parameters, the closing NUL too. */
    public static final int CMDLINE_LENGTH = 2048;

    /** The steps of a boot, in order. */
    public enum BootStep {
        /** The host asked for the process. */
        EXEC,
        /** The process has been made; stays 0 where somebody else makes it. */
        FORKED,
        /** The JVM runs main. */
        JVM,
        /** Header checked, tables and pool mapped. */
        MAPPED,
        /** CPUs pinned and looping. */
        PINNED,
        /** Modules initialised: active. */
        ACTIVE
    }

    private InstanceDescriptor() {
    }
}
