// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.stress;

import io.mkemu.module.Kernel;
import io.mkemu.module.Task;

/** Has another CPU of the kernel do something, and waits until that has woken this one. */
final class Hop implements Task {
    private static final int HOPS = 2;

    private final Kernel kernel;
    private final int here;
    private final int there;
    private int hops;
    private boolean under;
    private boolean back;

    Hop(Kernel kernel, int here, int there) {
        this.kernel = kernel;
        this.here = here;
        this.there = there;
    }

    @Override
    public long step() {
        if (under && !back) {
            return WAIT;
        }
        if (hops++ == HOPS) {
            return DONE;
        }
        under = true;
        back = false;
        kernel.runOnCpu(there, () -> kernel.runOnCpu(here, () -> back = true));
        return WAIT;
    }
}
