// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Is killed in the middle of its third round. */
public final class KeeperKilled extends Keeper {
    private int rounds;

    @Override
    protected long winner(long first, long last) {
        rounds++;
        if (rounds == 3) {
            try {
                new ProcessBuilder("kill", "-9", Long.toString(ProcessHandle.current().pid())).start().waitFor();
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
        return last;
    }
}
