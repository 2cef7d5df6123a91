// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

/** Mended for the worse: it leaves. */
public final class KeeperExits extends Keeper {
    @Override
    protected long winner(long first, long last) {
        System.exit(9);
        return 0;
    }
}
