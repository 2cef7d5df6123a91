// SPDX-License-Identifier: Apache-2.0
package io.mkemu;

/** Exit codes of the command and of an instance's process; docs/reference.md lists them. */
public enum ExitCode {
    /** All done, all verified. */
    OK(0),
    /** Something was not verified, a task failed, an instance died. */
    FAILED(1),
    /** The command line is wrong. */
    USAGE(2),
    /** The device tree or a boot parameter is wrong. */
    CONFIG(3),
    /** The machine is in use, or its RAM is of another version or damaged. */
    MACHINE(4),
    /** No room: memory, CPU, file system. */
    RESOURCES(5),
    /** A module could not be loaded. */
    MODULE(6),
    /** There is no such instance, or its state refuses what is asked; the message says which verb leads on. */
    STATE(7),
    /** mkemu itself is at fault. */
    INTERNAL(70),
    /** The host is gone; instances end with this. */
    HOST_LOST(75),
    /** {@code mk exec -- COMMAND}: the time was over before the command ended. */
    TIMED_OUT(124),
    /** {@code mk exec -- COMMAND}: the command was not run; the message says why. */
    NOT_RUN(125),
    /** {@code mk exec -- COMMAND}: the kernel ended, or what read its console, before the command did. */
    KERNEL_ENDED(126),
    /** Ctrl-C. */
    INTERRUPTED(130);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    /** The number. */
    public int code() {
        return code;
    }

    /** The exit code with this number; INTERNAL if there is none. */
    public static ExitCode of(int code) {
        for (ExitCode known : values()) {
            if (known.code == code) {
                return known;
            }
        }
        return INTERNAL;
    }
}
