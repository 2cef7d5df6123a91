// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.os.StandardStreams;
import java.io.PrintStream;

/** A line on stderr that is written over and over; prints nothing where that is no terminal. One thread at a time. */
public final class Progress {
    private final PrintStream out;
    private final boolean terminal;
    private String shown = "";

    /** Shows nothing yet. */
    public Progress() {
        this(System.err, StandardStreams.isErrorTerminal());
    }

    /** The same elsewhere. */
    Progress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** One that shows nothing, wherever it is. */
    public static Progress none() {
        return new Progress(System.err, false);
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
