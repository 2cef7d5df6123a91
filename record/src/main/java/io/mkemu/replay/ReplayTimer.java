// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.module.Timer;

/** A timer of a replayed module: it goes off when it went off then. Used by its CPU's thread. */
final class ReplayTimer implements Timer {
    private final ReplayKernel owner;
    private final Runnable what;
    private final boolean periodic;
    private boolean pending = true;

    ReplayTimer(ReplayKernel owner, Runnable what, boolean periodic) {
        this.owner = owner;
        this.what = what;
        this.periodic = periodic;
    }

    ReplayKernel owner() {
        return owner;
    }

    void goOff() {
        pending = periodic;
        what.run();
    }

    @Override
    public boolean cancel() {
        boolean was = pending;
        pending = false;
        return was;
    }

    @Override
    public void restart(long nanos) {
        pending = true;
    }

    @Override
    public boolean isPending() {
        return pending;
    }
}
