// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tty;

/** What is at the other end of a console. */
public enum ConsoleKind {
    /** A terminal that shows nothing by itself: who reads it echoes what is typed, key by key. */
    TERMINAL,
    /** A pipe or a file: lines, and nobody who waits for a prompt. */
    LINES,
    /** One command in one line; its exit code ends the session. */
    COMMAND;

    private static final ConsoleKind[] ALL = values();

    /** The kind with this number; {@link #LINES} for a number that is none. */
    public static ConsoleKind of(int number) {
        return number >= 0 && number < ALL.length ? ALL[number] : LINES;
    }
}
