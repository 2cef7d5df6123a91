// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * A physical CPU's trace ring: one producer, the thread that runs the CPU, and one consumer, the host. It outlives a
 * killed JVM; the next life goes on at TAIL. Positions count slots and only grow; a position's slot is its value modulo
 * the ring's slots. A record is there once TAIL has passed all of its slots, and room once HEAD has.
 *
 * <pre>
 *  +0    written by the CPU
 *        0       8              16                   24               32             40             48
 *       +-------+--------------+--------------------+----------------+--------------+--------------+
 *       | tail  | lost sends   | lost deliveries    | lost others    | running id   | running time |
 *       +-------+--------------+--------------------+----------------+--------------+--------------+
 *        48             52
 *       +--------------+---------------+
 *       | running type | running size  |
 *       +--------------+---------------+
 *  +128  written by the host
 *       | head  |
 *  +256  slots, 32 bytes each: see {@link TraceRecordDescriptor}
 * </pre>
 */
public final class TraceRingDescriptor {
    /** One past the newest record, in slots; u64. */
    public static final int TAIL_OFFSET = 0;
    /** SEND records that found no room, since the machine was made; u64. */
    public static final int LOST_SENDS_OFFSET = 8;
    /** First CALLBACK and UNHANDLED records that found no room; u64. */
    public static final int LOST_DELIVERIES_OFFSET = 16;
    /** Other records that found no room; u64. */
    public static final int LOST_OTHERS_OFFSET = 24;
    /** The message whose callback runs; u64. */
    public static final int RUNNING_ID_OFFSET = 32;
    /** When that began, CLOCK_MONOTONIC in ns; 0 while none runs. Written last; u64. */
    public static final int RUNNING_TIME_OFFSET = 40;
    /** Its type; u32. */
    public static final int RUNNING_TYPE_OFFSET = 48;
    /** Its bytes; u32. */
    public static final int RUNNING_SIZE_OFFSET = 52;
    /** Next slot the host reads; u64. */
    public static final int HEAD_OFFSET = 128;
    /** First slot. */
    public static final int SLOTS_OFFSET = 256;
    /** Most slots of a ring: 2 MiB. */
    public static final int MAX_SLOTS = 1 << 16;
    /** All rings of a machine together have at most so many slots: 16 MiB. */
    public static final int MACHINE_SLOTS = 1 << 19;
    /** The producer wakes the host each time it has filled this part of its ring. */
    public static final int WAKES_PER_RING = 4;

    private TraceRingDescriptor() {
    }

    /** Slots of each ring of a machine with so many CPUs, a power of two. */
    public static int slots(int nrCpus) {
        return Math.min(MAX_SLOTS, Integer.highestOneBit(MACHINE_SLOTS / nrCpus));
    }

    /** Bytes of each ring of a machine with so many CPUs. */
    public static int length(int nrCpus) {
        return SLOTS_OFFSET + slots(nrCpus) * TraceRecordDescriptor.LENGTH;
    }
}
