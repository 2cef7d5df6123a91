// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

/** The levels of printk; the ordinal is the number. */
public enum LogLevel {
    /** The kernel cannot go on. */
    EMERG,
    /** Somebody must act now. */
    ALERT,
    /** A part has failed. */
    CRIT,
    /** An error. */
    ERR,
    /** Something to look at. */
    WARNING,
    /** Normal, and worth a line. */
    NOTICE,
    /** What goes on. */
    INFO,
    /** For who looks for a fault. */
    DEBUG
}
