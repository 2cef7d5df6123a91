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
        long start = 0;
        if (timeoutNanos != Long.MAX_VALUE) {
            start = System.nanoTime();
        }
        /* The clock is not read before the first looks: a message that comes meanwhile does not wait for it. */
        long told = start;
        while (cpu.mayPoll()) {
            if (cpu.poll(LOOKS_PER_CLOCK)) {
                return;
            }
            told = tell(cpu, told);
            if (told - start >= timeoutNanos) {
                return;
            }
        }
        for (int yield = 0; yield < YIELDS; yield++) {
            if (cpu.poll(1)) {
                return;
            }
            told = tell(cpu, told);
            /* Each may last as long as the scheduler lets another run: a task that is due must not wait for all. */
            if (told - start >= timeoutNanos) {
                return;
            }
            Thread.yield();
        }
        cpu.halt(timeoutNanos == Long.MAX_VALUE ? 0 : Math.max(1, timeoutNanos - (System.nanoTime() - start)));
    }

    /** It looked in vain since then, if that is known; until now. */
    private static long tell(Idler cpu, long since) {
        long now = System.nanoTime();
        if (since != 0) {
            cpu.polled(now - since);
        }
        return now;
    }

    @Override
    public boolean polls() {
        return true;
    }
}
