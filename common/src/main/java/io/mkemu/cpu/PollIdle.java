// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cpu;

/**
 * {@code idle=poll}: never sleeps, unless another CPU needs the core. Then it lets the others run a bounded number of
 * times before it sleeps: to be woken costs more than a turn of each of them.
 */
final class PollIdle implements IdlePolicy {
    /* Long enough that the clock is not what a poll costs, short enough that a timer is not late by a microsecond. */
    private static final int LOOKS_PER_CLOCK = 32;
    static final int YIELDS = 64;

    @Override
    public void idle(Idler cpu, long timeoutNanos) {
        long start = timeoutNanos == Long.MAX_VALUE ? 0 : System.nanoTime();
        while (cpu.mayPoll()) {
            if (cpu.poll(LOOKS_PER_CLOCK)) {
                return;
            }
            if (isOver(start, timeoutNanos)) {
                return;
            }
        }
        for (int yield = 0; yield < YIELDS; yield++) {
            if (cpu.poll(1)) {
                return;
            }
            /* Each may last as long as the scheduler lets another run: a task that is due must not wait for all. */
            if (isOver(start, timeoutNanos)) {
                return;
            }
            Thread.yield();
        }
        cpu.halt(timeoutNanos == Long.MAX_VALUE ? 0 : Math.max(1, timeoutNanos - (System.nanoTime() - start)));
    }

    private static boolean isOver(long start, long timeoutNanos) {
        return timeoutNanos != Long.MAX_VALUE && System.nanoTime() - start >= timeoutNanos;
    }

    @Override
    public boolean polls() {
        return true;
    }
}
