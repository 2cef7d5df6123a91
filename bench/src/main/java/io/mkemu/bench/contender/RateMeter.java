// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.contender;

/**
 * Counts messages in a window of time: some time after the first, so that all senders are at work, and over before they
 * stop. It reads the clock every 20 to 100 us, however fast messages come. One thread.
 */
public final class RateMeter {
    private static final long SHORT_NANOS = 20_000;
    private static final long LONG_NANOS = 100_000;

    private final long rampNanos;
    private final long windowNanos;
    private long seen;
    private long step = 1;
    private long nextLook = 1;
    private long looked;
    private long lookedAt;
    private long firstAt;
    private long begun;
    private long begunAt;
    private boolean done;

    /** A meter for senders that send for so long. */
    public RateMeter(long nanos) {
        rampNanos = nanos / 8;
        windowNanos = nanos / 4 * 3;
    }

    /** A message came. */
    public void message() {
        seen++;
        if (seen == nextLook && !done) {
            look(System.nanoTime());
        }
    }

    private void look(long now) {
        if (seen == 1) {
            firstAt = now;
            begun = 1;
            begunAt = now;
        } else {
            long since = now - lookedAt;
            step = since < SHORT_NANOS ? step * 2 : since > LONG_NANOS ? Math.max(1, step / 2) : step;
        }
        if (begunAt == firstAt && now - firstAt >= rampNanos) {
            begun = seen;
            begunAt = now;
        }
        looked = seen;
        lookedAt = now;
        nextLook = seen + step;
        done = begunAt != firstAt && now - begunAt >= windowNanos;
    }

    /** Whether so many came that {@link #rate} can tell one. */
    public boolean hasRate() {
        return seen > 1;
    }

    /** A sender has stopped: what comes from here on does not count. */
    public void end() {
        if (!done && seen > looked) {
            look(System.nanoTime());
        }
        done = true;
    }

    /**
     * What was counted: in the window, or from the first message on if the window saw none.
     *
     * @throws IllegalStateException if fewer messages came than can be told a rate from
     */
    public Commands.Rate rate() {
        if (looked > begun) {
            return new Commands.Rate(looked - begun, lookedAt - begunAt);
        }
        if (looked > 1) {
            return new Commands.Rate(looked - 1, lookedAt - firstAt);
        }
        throw new IllegalStateException("too few messages in that time: " + seen);
    }
}
