// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import java.util.HexFormat;

/**
 * What came of a replay.
 *
 * @param verdict   how it ended
 * @param steps     steps done, callbacks, task steps, works and messages without a handler together
 * @param callbacks of them
 * @param sends     sends that were compared and equal
 * @param answers   answers of the kernel that were asked for as then
 * @param number    the step it ended in, from 1; 0 if it came to the end of the script
 * @param cpu       the logical CPU of that
 * @param time      when that began, CLOCK_MONOTONIC in ns
 * @param step      what that was
 * @param then      what the module did in it when it was recorded
 * @param now       what it did now
 * @param handled   the message that the step handles; null if it handles none, or one without a payload
 * @param sentThen  the message that was sent then, if that is what differs; else null
 * @param sentNow   the message that is sent now, if that is what differs; else null
 */
public record ReplayResult(Verdict verdict, long steps, long callbacks, long sends, long answers, long number, int cpu,
    long time, String step, String then, String now, Message handled, Message sentThen, Message sentNow) {
    /**
     * A message whose payload is known: bytes in hex.
     *
     * @param type 32 bits
     */
    public record Message(int type, String hex) {
        private static final int HEX = 16;

        /** A message's payload; null for one that has none. */
        static Message of(int type, byte[] payload) {
            return payload == null || payload.length == 0 ? null : new Message(type, HexFormat.of().formatHex(payload));
        }

        /** As {@link #toString} has written it; null for "null". */
        static Message parse(String text) {
            return text.equals("null") ? null : new Message(Integer.parseUnsignedInt(text.substring(0, text
                .indexOf(':')), HEX), text.substring(text.indexOf(':') + 1));
        }

        /** Its payload. */
        public byte[] payload() {
            return HexFormat.of().parseHex(hex);
        }

        @Override
        public String toString() {
            return Integer.toHexString(type) + ":" + hex;
        }
    }

    /** How a replay ends. */
    public enum Verdict {
        /** The module did all it did then, and nothing else. */
        EQUAL,
        /** It did something else. */
        DIFFERENT,
        /** It came to no end in a step. */
        HUNG,
        /** It ended its process. */
        ENDED,
        /** The recording does not hold what would be needed to go on. */
        STOPPED
    }

    /** Whether it ended in a step, and not behind the last. */
    public boolean isInStep() {
        return number > 0;
    }
}
