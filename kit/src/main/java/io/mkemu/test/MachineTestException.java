// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.ExitCode;

/** A machine of a test could not be made, refused something, or is gone. The message is the line of mk. */
public final class MachineTestException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ExitCode exitCode;

    MachineTestException(ExitCode exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    MachineTestException(ExitCode exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** What mk would have exited with: STATE, say, if the instance's state refuses the verb. */
    public ExitCode exitCode() {
        return exitCode;
    }
}
