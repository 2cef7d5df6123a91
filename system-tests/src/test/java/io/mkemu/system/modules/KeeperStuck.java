// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

/** Mended for the worse: it never decides. */
public final class KeeperStuck extends Keeper {
    @Override
    protected long winner(long first, long last) {
        while (true) {
            Thread.onSpinWait();
        }
    }
}
