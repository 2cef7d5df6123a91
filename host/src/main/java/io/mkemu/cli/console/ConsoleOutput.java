// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.console;

import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Shows what a kernel writes to its console, and lines of its log between. What would steer a terminal is shown as
 * \xNN, but for line ends, tabs, backspaces and bells; bytes that are no UTF-8 as U+FFFD; unless the user has asked for
 * all as it is. Thread-safe.
 */
final class ConsoleOutput {
    private static final int FIRST_PRINTABLE = 0x20;
    private static final int DELETE = 0x7f;
    private static final int LAST_C1 = 0x9f;

    private final PrintStream out;
    private final boolean raw;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder()
        .onMalformedInput(CodingErrorAction.REPLACE).onUnmappableCharacter(CodingErrorAction.REPLACE);
    private ByteBuffer rest = ByteBuffer.allocate(0);
    private boolean inLine;

    ConsoleOutput(PrintStream out, boolean raw) {
        this.out = out;
        this.raw = raw;
    }

    /** Shows bytes of the kernel's. */
    synchronized void show(byte[] bytes, int count) {
        if (count == 0) {
            return;
        }
        inLine = bytes[count - 1] != '\n';
        if (raw) {
            out.write(bytes, 0, count);
        } else {
            ByteBuffer all = ByteBuffer.allocate(rest.remaining() + count).put(rest).put(bytes, 0, count).flip();
            CharBuffer text = CharBuffer.allocate(all.remaining() + 1);
            decoder.reset();
            decoder.decode(all, text, false);
            /* A character may be torn between two pieces. */
            rest = all;
            out.print(printable(text.flip().toString()));
        }
        out.flush();
    }

    /** Shows a line of the log, on a line of its own. */
    synchronized void line(String line) {
        if (inLine) {
            out.println();
            inLine = false;
        }
        out.println(line);
    }

    /**
     * Nothing more comes.
     *
     * @param line whether what comes next is to begin a line
     */
    synchronized void end(boolean line) {
        if (rest.hasRemaining()) {
            out.print('\ufffd');
        }
        if (inLine && line) {
            out.println();
        }
        out.flush();
    }

    private static String printable(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        for (int index = 0; index < text.length(); index++) {
            char c = text.charAt(index);
            boolean control = c < FIRST_PRINTABLE && "\n\r\t\b\u0007".indexOf(c) < 0 || c >= DELETE && c <= LAST_C1;
            plain.append(control ? String.format(Locale.ROOT, "\\x%02x", (int) c) : Character.toString(c));
        }
        return plain.toString();
    }
}
