// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import java.io.PrintStream;

/** A line on a terminal that is written over and over; prints nothing where there is no terminal. */
public final class Progress {
    private final PrintStream out;
    private final boolean terminal;
    private String shown = "";

    /** Shows nothing yet. */
    public Progress(PrintStream out) {
        this.out = out;
        this.terminal = System.console() != null && System.console().isTerminal();
    }

    /** Writes a text over the one before. */
    public void show(String text) {
        if (terminal && !text.equals(shown)) {
            out.print("\r" + text + " ".repeat(Math.max(0, shown.length() - text.length())));
            out.flush();
            shown = text;
        }
    }

    /** Takes the text away. */
    public void clear() {
        if (!shown.isEmpty()) {
            show("");
            out.print("\r");
            out.flush();
        }
    }
}
