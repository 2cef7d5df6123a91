// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

/**
 * What can be said of a fault that a module threw. Its class may be the module's own, and so any of its methods may
 * throw in turn: none of these does. Any thread.
 */
final class Faults {
    private static final StackTraceElement[] NO_FRAMES = {};

    private Faults() {
    }

    /** What the fault says of itself, or, if that cannot be had, its class and why. */
    static String text(Throwable fault) {
        try {
            return String.valueOf(fault.toString());
        } catch (Throwable hostile) {
            return fault.getClass().getName() + " (its text cannot be had: its toString threw "
                + hostile.getClass().getName() + ")";
        }
    }

    /** Where it happened; empty if that cannot be had. */
    static StackTraceElement[] frames(Throwable fault) {
        try {
            StackTraceElement[] frames = fault.getStackTrace();
            return frames == null ? NO_FRAMES : frames;
        } catch (Throwable hostile) {
            return NO_FRAMES;
        }
    }

    /** What led to it, or null. */
    static Throwable cause(Throwable fault) {
        try {
            return fault.getCause();
        } catch (Throwable hostile) {
            return hostile;
        }
    }
}
