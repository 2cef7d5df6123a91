// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cpu;

/** {@code idle=poll}: never sleeps, unless another CPU needs the core. */
final class PollIdle implements IdlePolicy {
    /* Long enough that the clock is not what a poll costs, short enough that a timer is not late by a microsecond. */
    private static final int SPINS_PER_LOOK_AT_CLOCK = 32;

    @Override
    public void idle(Idler cpu, long timeoutNanos) {
        long start = timeoutNanos == Long.MAX_VALUE ? 0 : System.nanoTime();
        while (cpu.mayPoll()) {
            for (int spin = 0; spin < SPINS_PER_LOOK_AT_CLOCK; spin++) {
                if (cpu.hasWork()) {
                    return;
                }
                cpu.pause();
            }
            if (timeoutNanos != Long.MAX_VALUE && System.nanoTime() - start >= timeoutNanos) {
                return;
            }
        }
        cpu.halt(timeoutNanos == Long.MAX_VALUE ? 0 : Math.max(1, timeoutNanos - (System.nanoTime() - start)));
    }

    @Override
    public boolean polls() {
        return true;
    }
}
