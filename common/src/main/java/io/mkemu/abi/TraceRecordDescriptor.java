// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * A trace record, half a cache line: in a CPU's trace ring and, byte for byte, in the journal. Little-endian.
 *
 * <pre>
 *   0         8         16      20     22      23      24       28       32
 *  +---------+---------+-------+------+-------+-------+--------+--------+
 *  | time ns | id      | type  | size | event | flags | arg0   | arg1   |
 *  +---------+---------+-------+------+-------+-------+--------+--------+
 *  with flag PAYLOAD: size bytes of payload follow, filled up to a multiple of 32
 * </pre>
 */
public final class TraceRecordDescriptor {
    /** CLOCK_MONOTONIC, ns. */
    public static final int TIME_OFFSET = 0;
    /** The message, see {@code io.mkemu.trace.MessageId}, or what the event says; u64. */
    public static final int ID_OFFSET = 8;
    /** Type of the message; u32. */
    public static final int TYPE_OFFSET = 16;
    /** Bytes of the message, or of the payload; u16. */
    public static final int SIZE_OFFSET = 20;
    /** Ordinal of {@link TraceEvent}; u8. */
    public static final int EVENT_OFFSET = 22;
    /** Flags; u8. */
    public static final int FLAGS_OFFSET = 23;
    /** What the event says; u32. */
    public static final int ARG0_OFFSET = 24;
    /** What the event says; u32. */
    public static final int ARG1_OFFSET = 28;
    /** Bytes of a record without payload, and of a slot. */
    public static final int LENGTH = 32;
    /** Longest payload, as size can tell it. */
    public static final int MAX_PAYLOAD = 0xffff;

    /** SEND: the doorbell was rung. */
    public static final int RUNG = 1;
    /** SEND: the doorbell was left out. */
    public static final int ELIDED = 2;
    /** SEND: the target slept and was woken. */
    public static final int WOKEN = 4;
    /** CALLBACK: the first one of its message. */
    public static final int FIRST = 1;
    /** CALLBACK: it threw. */
    public static final int FAULT = 2;
    /** CALLBACK, journal only: it had begun and had not ended when its kernel's life ended. */
    public static final int UNFINISHED = 4;
    /** Payload follows. */
    public static final int PAYLOAD = 128;

    private TraceRecordDescriptor() {
    }

    /** Slots of a record with so many bytes of payload. */
    public static int slots(int payload) {
        return 1 + (payload + LENGTH - 1) / LENGTH;
    }
}
