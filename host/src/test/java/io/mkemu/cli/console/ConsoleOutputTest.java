// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** What a kernel shows, as a terminal gets it, and what a terminal types, as a kernel gets it. */
class ConsoleOutputTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private static void show(ConsoleOutput out, int... values) {
        for (int value : values) {
            out.show(new byte[] {(byte) value}, 1);
        }
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void whatSteersATerminalIsShownAsHex() {
        ConsoleOutput out = new ConsoleOutput(stream, false);
        byte[] evil = "a\u001b]0;title\u0007\u009b2J\u007f\r\n\t\b\u0000".getBytes(StandardCharsets.UTF_8);
        out.show(evil, evil.length);
        assertEquals("a\\x1b]0;title\u0007\\x9b2J\\x7f\r\n\t\b\\x00", text());
    }

    @Test
    void charactersThatComeInPiecesAreWhole() {
        ConsoleOutput out = new ConsoleOutput(stream, false);
        show(out, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xc2, 0x9b, 0xff, 'x', 0xe2);
        out.end(false);
        assertEquals("\u20ac\ud83d\ude00\\x9b\ufffdx\ufffd", text());
    }

    @Test
    void rawIsAsItIs() {
        ConsoleOutput out = new ConsoleOutput(stream, true);
        show(out, 0x1b, '[', '2', 'J', 0xff, 0);
        out.end(false);
        assertEquals("1b5b324aff00", HexFormat.of().formatHex(bytes.toByteArray()));
    }

    @Test
    void aLineOfTheLogIsALineOfItsOwn() {
        ConsoleOutput out = new ConsoleOutput(stream, false);
        out.line("first");
        show(out, '#', ' ');
        out.line("second");
        show(out, 'x', '\n');
        out.line("third");
        show(out, '>');
        out.end(true);
        assertEquals("first\n# \nsecond\nx\nthird\n>\n", text());
    }

    private static String keys(EscapeKeys escape, String typed) {
        byte[] keys = typed.getBytes(StandardCharsets.UTF_8);
        return new String(escape.keys(keys, keys.length), StandardCharsets.UTF_8);
    }

    @Test
    void theEscapeIsFoundWhereverItIsTorn() {
        EscapeKeys escape = new EscapeKeys();
        assertEquals("a.", keys(escape, "a."));
        assertEquals("", keys(escape, "\u001d"));
        assertEquals("\u001db", keys(escape, "b"));
        assertEquals("\u001d.", keys(escape, "\u001d\u001d."));
        assertEquals("\u001d", keys(escape, "\u001d\u001d"));
        assertFalse(escape.isDetached());
        assertEquals("last", keys(escape, "last\u001d"));
        assertEquals("", keys(escape, ".lost"));
        assertTrue(escape.isDetached());
        assertEquals("", keys(escape, "more"));
    }
}
