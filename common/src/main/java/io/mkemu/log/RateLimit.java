// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What printk_ratelimited keeps for one source of lines: so many may pass in an interval, which begins with the first
 * line after the end of the last; the others are counted, exactly. The writer of the log tells the count. Any thread;
 * no lock, no allocation.
 */
public final class RateLimit {
    /** DEFAULT_RATELIMIT_INTERVAL. */
    public static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** DEFAULT_RATELIMIT_BURST. */
    public static final int BURST = 10;

    private final String source;
    private final AtomicLong begin;
    private final AtomicInteger left = new AtomicInteger();
    private final AtomicLong suppressed = new AtomicLong();

    /**
     * A limit that has let nothing pass yet.
     *
     * @param source of the lines, for the line that tells how many were suppressed
     * @param now    ns, of the clock that the calls will be given
     */
    public RateLimit(String source, long now) {
        this.source = source;
        this.begin = new AtomicLong(now - INTERVAL_NANOS);
    }

    /** Whose lines it limits. */
    public String source() {
        return source;
    }

    /**
     * Begins a new interval if the last one is over. To be called before {@link #pass}.
     *
     * @return lines that were suppressed and not told until now: to be told before the next one; 0 within an interval
     */
    public long roll(long now) {
        long began = begin.get();
        if (now - began < INTERVAL_NANOS || !begin.compareAndSet(began, now)) {
            return 0;
        }
        long untold = takeSuppressed();
        left.set(BURST);
        return untold;
    }

    /**
     * Asks for a line.
     *
     * @return 1 for the first line of the interval up to {@link #BURST} for the last one that may pass; 0: it may not,
     *     and has been counted
     */
    public int pass() {
        int free = left.get() > 0 ? left.getAndDecrement() : 0;
        if (free > 0) {
            return BURST - free + 1;
        }
        suppressed.incrementAndGet();
        return 0;
    }

    /** Whether there are suppressed lines to be told, because their interval is over. */
    public boolean isDue(long now) {
        return suppressed.get() > 0 && now - begin.get() >= INTERVAL_NANOS;
    }

    /** Lines that were suppressed and not told until now; whoever takes the number tells it. */
    public long takeSuppressed() {
        return suppressed.getAndSet(0);
    }
}
