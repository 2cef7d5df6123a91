// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cpu;

/** {@code idle=halt}: sleeps at once. */
final class HaltIdle implements IdlePolicy {
    @Override
    public void idle(Idler cpu, long timeoutNanos) {
        cpu.halt(timeoutNanos == Long.MAX_VALUE ? 0 : Math.max(1, timeoutNanos));
    }

    @Override
    public boolean polls() {
        return false;
    }
}
