// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.contender;

/** What a spinning thread does between two looks: with more processes than CPUs it lets others run. One thread. */
public final class Pause {
    private boolean yields;

    /** Says whether CPUs are shared. */
    public void yields(boolean shared) {
        yields = shared;
    }

    /** Lets a moment pass. */
    public void once() {
        if (yields) {
            Thread.yield();
        } else {
            Thread.onSpinWait();
        }
    }
}
