// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cpu;

/** {@code idle=poll}: never sleeps. */
final class PollIdle implements IdlePolicy {
    /* Long enough that the clock is not what a poll costs, short enough that a timer is not late by a microsecond. */
    private static final int SPINS_PER_LOOK_AT_CLOCK = 32;

    @Override
    public void idle(Idler cpu, long timeoutNanos) {
        long start = timeoutNanos == Long.MAX_VALUE ? 0 : System.nanoTime();
        do {
            for (int spin = 0; spin < SPINS_PER_LOOK_AT_CLOCK; spin++) {
                if (cpu.hasWork()) {
                    return;
                }
                Thread.onSpinWait();
            }
        } while (timeoutNanos == Long.MAX_VALUE || System.nanoTime() - start < timeoutNanos);
    }

    @Override
    public boolean polls() {
        return true;
    }
}
