// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

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
 */
public record ReplayResult(Verdict verdict, long steps, long callbacks, long sends, long answers, long number, int cpu,
    long time, String step, String then, String now) {
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
