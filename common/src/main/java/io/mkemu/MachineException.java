// SPDX-License-Identifier: Apache-2.0
package io.mkemu;

/**
 * A refusal that a user can act on: one line that names the thing, the value and the remedy, and the exit code that
 * goes with it.
 */
public final class MachineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What the process exits with. */
    private final ExitCode exitCode;

    /** A refusal with its exit code. */
    public MachineException(ExitCode exitCode, String message) {
        this(exitCode, message, null);
    }

    /** A refusal that another failure led to. */
    public MachineException(ExitCode exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** What the process exits with. */
    public ExitCode exitCode() {
        return exitCode;
    }
}
