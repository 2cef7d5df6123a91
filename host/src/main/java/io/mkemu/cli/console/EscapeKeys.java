// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.console;

import java.io.ByteArrayOutputStream;

/** Finds Ctrl-] . among the keys of a terminal; Ctrl-] twice is one. Not thread-safe. */
final class EscapeKeys {
    static final int ESCAPE = 0x1d;
    private static final int DETACH = '.';

    private boolean after;
    private boolean detached;

    /**
     * Takes keys.
     *
     * @return those that are for the kernel: none behind Ctrl-] .
     */
    byte[] keys(byte[] typed, int count) {
        ByteArrayOutputStream keys = new ByteArrayOutputStream(count + 1);
        for (int index = 0; index < count && !detached; index++) {
            int key = typed[index];
            if (!after && key == ESCAPE) {
                after = true;
            } else if (after && key == DETACH) {
                detached = true;
            } else {
                if (after && key != ESCAPE) {
                    keys.write(ESCAPE);
                }
                after = false;
                keys.write(key);
            }
        }
        return keys.toByteArray();
    }

    /** Whether Ctrl-] . was typed. */
    boolean isDetached() {
        return detached;
    }
}
