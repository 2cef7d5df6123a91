// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.contender;

/**
 * Counts messages in a window of time: some time after the first, so that all senders are at work, and over before they
 * stop. The clock is read once in 64 messages. One thread.
 */
public final class RateMeter {
    private static final long CLOCK_MASK = 63;

    private final long rampNanos;
    private final long windowNanos;
    private long seen;
    private long firstAt;
    private long begun;
    private long begunAt;
    private long counted;
    private long took;

    /** A meter for senders that send for so long. */
    public RateMeter(long nanos) {
        rampNanos = nanos / 8;
        windowNanos = nanos / 4 * 3;
    }

    /** A message came. */
    public void message() {
        seen++;
        if ((seen & CLOCK_MASK) == 0 || seen == 1) {
            look();
        }
    }

    private void look() {
        if (took != 0) {
            return;
        }
        long now = System.nanoTime();
        if (seen == 1) {
            firstAt = now;
        } else if (begun == 0) {
            if (now - firstAt >= rampNanos) {
                begun = seen;
                begunAt = now;
            }
        } else if (now - begunAt >= windowNanos) {
            counted = seen - begun;
            took = now - begunAt;
        }
    }

    /** Whether the window is over. */
    public boolean isDone() {
        return took != 0;
    }

    /**
     * What was counted.
     *
     * @throws IllegalStateException if the window is not over: fewer messages came than can be told a rate from
     */
    public Commands.Rate rate() {
        if (took == 0) {
            throw new IllegalStateException("too few messages in that time: " + seen);
        }
        return new Commands.Rate(counted, took);
    }
}
