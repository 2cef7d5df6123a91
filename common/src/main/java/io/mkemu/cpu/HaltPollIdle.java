// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cpu;

/**
 * {@code idle=haltpoll}: polls for a bounded time, then sleeps. The bound adapts as Linux's haltpoll governor does: it
 * grows when a sleep was so short that polling would have caught its end, and shrinks when a sleep was long.
 */
final class HaltPollIdle implements IdlePolicy {
    /* The defaults of guest_halt_poll_ns, guest_halt_poll_grow, guest_halt_poll_grow_start, guest_halt_poll_shrink. */
    private static final long MAX_POLL_NANOS = 200_000;
    private static final int GROW = 2;
    private static final long GROW_START_NANOS = 50_000;
    private static final int SHRINK = 2;
    private static final int LOOKS_PER_CLOCK = 32;

    private long pollNanos;

    @Override
    public void idle(Idler cpu, long timeoutNanos) {
        long start = System.nanoTime();
        if (pollNanos > 0 && cpu.mayPoll() && pollFinds(cpu, start, Math.min(pollNanos, timeoutNanos))) {
            return;
        }
        long slept = System.nanoTime();
        if (slept - start < timeoutNanos) {
            cpu.halt(timeoutNanos == Long.MAX_VALUE ? 0 : timeoutNanos - (slept - start));
            adapt(System.nanoTime() - start);
        }
    }

    private static boolean pollFinds(Idler cpu, long start, long limit) {
        long told = start;
        do {
            if (cpu.poll(LOOKS_PER_CLOCK)) {
                return true;
            }
            long now = System.nanoTime();
            cpu.polled(now - told);
            told = now;
        } while (told - start < limit);
        return false;
    }

    private void adapt(long idleNanos) {
        if (idleNanos > MAX_POLL_NANOS) {
            pollNanos /= SHRINK;
            if (pollNanos < GROW_START_NANOS) {
                pollNanos = 0;
            }
        } else if (idleNanos > pollNanos) {
            pollNanos = Math.min(MAX_POLL_NANOS, Math.max(GROW_START_NANOS, pollNanos * GROW));
        }
    }

    /** The present bound, ns. */
    long pollNanos() {
        return pollNanos;
    }

    @Override
    public boolean polls() {
        return true;
    }
}
