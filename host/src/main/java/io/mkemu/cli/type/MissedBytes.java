// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

/** Tells whoever follows a log what was overwritten before it could be read. */
public final class MissedBytes {
    private long told = -1;

    /**
     * Tells what has been missed since the last call; what was gone before the first one is no news.
     *
     * @param bytes missed altogether
     */
    public void tell(long bytes) {
        if (told >= 0 && bytes > told) {
            System.err.println("mk: " + (bytes - told)
                + " bytes of the log were overwritten before they could be shown");
        }
        told = bytes;
    }
}
