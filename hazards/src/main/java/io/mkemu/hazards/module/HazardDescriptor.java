// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards.module;

/**
 * The stretch of an instance's memory over which {@code mk hazards} gives orders to its kernel and reads what it saw:
 * a way of its own, so that nothing of it goes through the mailbox that is shown.
 *
 * <pre>
 *  +0     host                            +128  kernel
 *        +--------------+-----------+          +-------------+--------------+
 *        | order no u32 | order u32 |          | done no u32 | inside u32   |   inside: how often the kernel began
 *        +--------------+-----------+          +-------------+--------------+   to wait for the gate
 *        | gate u32     |                      | records u32 | returned u32 |   returned: unregister calls that did
 *        +--------------+                      +-------------+--------------+
 *  +16   | 6 arguments, i64         |    +144  | 4 results, i64             |
 *        +--------------------------+    +176  | answers u32 | events u32   |   answers: sent, and 0 returned
 *        +--------------------------+          +----------------------------+   events: one more with each change
 *  +256  records, 64 bytes each
 *        0          4      8           12             16     20       24      32         40
 *       +----------+------+-----------+--------------+------+--------+-------+----------+
 *       | number+1 | tag  | senderCpu | receiver CPU | type | flags  | size  | sequence |
 *       +----------+------+-----------+--------------+------+--------+-------+----------+
 * </pre>
 */
final class HazardDescriptor {
    static final int ORDER_NUMBER_OFFSET = 0;
    static final int ORDER_OFFSET = 4;
    static final int GATE_OFFSET = 8;
    static final int ARGUMENTS_OFFSET = 16;
    static final int ARGUMENTS = 6;
    static final int DONE_NUMBER_OFFSET = 128;
    static final int INSIDE_OFFSET = 132;
    static final int RECORDS_OFFSET = 136;
    static final int RETURNED_OFFSET = 140;
    static final int RESULTS_OFFSET = 144;
    static final int RESULTS = 4;
    static final int ANSWERS_OFFSET = 176;
    static final int EVENTS_OFFSET = 180;

    static final int FIRST_RECORD_OFFSET = 256;
    static final int RECORD_LENGTH = 64;
    static final int NUMBER_OFFSET = 0;
    static final int TAG_OFFSET = 4;
    static final int SENDER_CPU_OFFSET = 8;
    static final int RECEIVER_CPU_OFFSET = 12;
    static final int TYPE_OFFSET = 16;
    static final int FLAGS_OFFSET = 20;
    static final int SIZE_OFFSET = 24;
    static final int SEQUENCE_OFFSET = 32;

    /** In flags: what the callback saw first was a whole message. */
    static final int INTACT = 1;
    /** In flags: it was still the same when the callback looked again. */
    static final int STABLE = 2;

    /** Bytes of it all. */
    static final int LENGTH = 16 * 4096;
    /** Records it has room for. */
    static final int MOST_RECORDS = (LENGTH - FIRST_RECORD_OFFSET) / RECORD_LENGTH;

    private HazardDescriptor() {
    }
}
