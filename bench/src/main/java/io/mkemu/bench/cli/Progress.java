// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.cli;

import java.io.PrintStream;

/** A line on a terminal that is written over and over; prints nothing where there is no terminal. */
final class Progress {
    private static final String ERASE = "\r\033[K";

    private final PrintStream out;
    private final boolean terminal;

    public Progress(PrintStream out) {
        this.out = out;
        this.terminal = System.console() != null && System.console().isTerminal();
    }

    public void show(String text) {
        if (terminal) {
            out.print(ERASE + text);
            out.flush();
        }
    }

    public void clear() {
        show("");
    }
}
