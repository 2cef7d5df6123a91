// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.io.IOException;

/** A system call's refusal, with its errno. */
public final class OsException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The positive error number, see {@link io.mkemu.Errno}. */
    private final int errno;

    OsException(String message, int errno) {
        super(message);
        this.errno = errno;
    }

    /**
     * Why the call was refused.
     *
     * @return a positive number of {@link io.mkemu.Errno}
     */
    public int errno() {
        return errno;
    }
}
