// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

/**
 * What the demo's kernels send each other. All fields little-endian.
 *
 * <pre>
 *  data message, type DATA + (seq mod 64), 12..256 bytes       shorter ones: bytes derived from sender, receiver, seq
 *   0          8          12
 *  +----------+----------+--------------------+
 *  | seq u64  | CRC32C   | a stretch of noise |   the CRC is over all bytes, with sender and receiver in its own place
 *  +----------+----------+--------------------+
 *
 *  control messages, words of 8 bytes
 *  ORDER     op, argument, messages, pages, pings, 4 words with a bit for each member
 *  DONE      op, argument, value       the order has been carried out
 *  STATS     peer, sent, then about what came from it: delivered, lost, torn, repeated, reordered;
 *            then pages shared with it, of these verified
 *  END       messages sent             to the receiver, after the last of them
 *  PING, PONG  8 words, the first counts up; PONG is PING sent back
 *  SAMPLES   how many, and so many round trips in ns, to the host
 *  ACK       PFN, 1 if the page was as it should be; of samples: 0, 1
 *  PROGRESS  work done so far, data messages sent and delivered so far
 *
 *  page
 *   0        4        8         12       16         24           32
 *  +--------+--------+---------+--------+----------+------------+---------------------------------------------+
 *  | magic  | owner  | target  | index  | CRC32C   | answer u64 | i64 values that follow from the four before |
 *  +--------+--------+---------+--------+----------+------------+---------------------------------------------+
 *  The CRC is over bytes 0..15 and the values; the receiver stores what it computed, plus 2^32, as the answer.
 * </pre>
 */
final class DemoDescriptor {
    /** What the coordinator orders; the ordinal travels. */
    enum Op {
        /** Learn which kernels take part. */
        START("start"),
        /** Measure round trips to one peer. */
        PING("round trips"),
        /** Exchange messages with everybody. */
        DATA("messages"),
        /** Share pages with everybody. */
        PAGES("pages"),
        /** Tell the counts. */
        REPORT("report"),
        /** End. Not confirmed. */
        STOP("stop");

        private static final Op[] ALL = values();
        private final String title;

        Op(String title) {
            this.title = title;
        }

        /** The order of this number, or null. */
        static Op of(long number) {
            return number >= 0 && number < ALL.length ? ALL[(int) number] : null;
        }

        @Override
        public String toString() {
            return title;
        }
    }

    /** The instance that leads: the host. */
    static final int COORDINATOR = 0;
    /** Ids of instances are below this. */
    static final int IDS = 256;

    static final int DATA = 0x6465_6d00;
    static final int DATA_TYPES = 64;
    static final int ORDER = 0x6465_6d40;
    static final int DONE = 0x6465_6d41;
    static final int STATS = 0x6465_6d42;
    static final int END = 0x6465_6d43;
    static final int PING = 0x6465_6d44;
    static final int PONG = 0x6465_6d45;
    static final int ACK = 0x6465_6d46;
    static final int PROGRESS = 0x6465_6d47;
    static final int SAMPLES = 0x6465_6d48;
    static final int CONTROL_TYPES = SAMPLES + 1 - ORDER;

    static final int SEQ_OFFSET = 0;
    static final int CRC_OFFSET = 8;
    static final int NOISE_OFFSET = 12;

    static final int MEMBERS_WORD = 5;
    static final int ORDER_WORDS = MEMBERS_WORD + IDS / Long.SIZE;
    static final int DONE_WORDS = 3;
    static final int STATS_WORDS = 9;
    static final int END_WORDS = 1;
    static final int PING_WORDS = 8;
    static final int ACK_WORDS = 2;
    static final int PROGRESS_WORDS = 2;
    static final int SAMPLES_WORDS = 32;

    static final int PAGE_MAGIC = 0x6465_6d50;
    static final int MAGIC_OFFSET = 0;
    static final int OWNER_OFFSET = 4;
    static final int TARGET_OFFSET = 8;
    static final int INDEX_OFFSET = 12;
    static final int PAGE_CRC_OFFSET = 16;
    static final int ANSWER_OFFSET = 24;
    static final int VALUES_OFFSET = 32;

    private DemoDescriptor() {
    }
}
