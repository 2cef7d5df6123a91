// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.impl.LineDisciplineTerminal;
import org.jline.utils.AttributedString;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class TopScreenTest {
    private static final long AWHILE_MILLIS = 60_000;

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private LineDisciplineTerminal terminal;
    private Attributes last;

    @BeforeEach
    void open() throws IOException {
        terminal = new LineDisciplineTerminal("test", "xterm-256color", written, StandardCharsets.UTF_8) {
            @Override
            public void setAttributes(Attributes attributes) {
                last = new Attributes(attributes);
                super.setAttributes(attributes);
            }
        };
        terminal.setSize(Size.of(40, 10));
    }

    private String written() {
        String text = written.toString(StandardCharsets.UTF_8);
        written.reset();
        return text;
    }

    private void type(String keys) throws IOException {
        terminal.processInputBytes(keys.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void givesTheScreenBackAsItWas() throws IOException {
        Attributes before = terminal.getAttributes();
        TopScreen screen = new TopScreen(terminal);
        assertTrue(written().contains("\u001b[?1049h"));
        assertFalse(last.getLocalFlag(Attributes.LocalFlag.ECHO));
        assertTrue(last.getLocalFlag(Attributes.LocalFlag.ISIG), "Ctrl-C is a signal");
        screen.close();
        String after = written();
        assertTrue(after.contains("\u001b[?1049l"), after);
        assertTrue(after.contains("\u001b[?25h") || after.contains("\u001b[?12l\u001b[?25h"), after);
        assertEquals(before.toString(), last.toString());
        screen.draw(List.of(AttributedString.EMPTY), Size.of(40, 10));
        assertEquals("", written(), "nothing is drawn after the end");
    }

    @Test
    void drawsAndSeesThatItsSizeHasChanged() throws IOException {
        try (TopScreen screen = new TopScreen(terminal)) {
            assertTrue(screen.isResized());
            screen.draw(List.of(Plain.line("hello")), screen.size());
            assertTrue(written().contains("hello"));
            assertFalse(screen.isResized());
            terminal.setSize(Size.of(20, 5));
            assertTrue(screen.isResized());
            screen.draw(List.of(Plain.line("hello")), screen.size());
            assertTrue(written().contains("hello"), "all of it again");
            terminal.setSize(Size.of(0, 0));
            assertEquals(Size.of(80, 24), screen.size());
        }
    }

    @Test
    void readsKeys() throws IOException {
        try (TopScreen screen = new TopScreen(terminal)) {
            assertNull(screen.read(1));
            type("q/\u001b[A\u001bOB\u001b[6~\r\u007fü\u0001");
            assertEquals(Key.text("q"), screen.read(AWHILE_MILLIS));
            assertEquals(Key.text("/"), screen.read(AWHILE_MILLIS));
            assertEquals(Key.of(Key.Kind.UP), screen.read(AWHILE_MILLIS));
            assertEquals(Key.of(Key.Kind.DOWN), screen.read(AWHILE_MILLIS));
            assertEquals(Key.of(Key.Kind.PAGE_DOWN), screen.read(AWHILE_MILLIS));
            assertEquals(Key.of(Key.Kind.ENTER), screen.read(AWHILE_MILLIS));
            assertEquals(Key.of(Key.Kind.BACKSPACE), screen.read(AWHILE_MILLIS));
            assertEquals(Key.text("ü"), screen.read(AWHILE_MILLIS));
            assertEquals(Key.of(Key.Kind.UNKNOWN), screen.read(AWHILE_MILLIS));
            type("\u001b[?62;22c\u001b[15~x");
            assertEquals(Key.of(Key.Kind.UNKNOWN), screen.read(AWHILE_MILLIS), "an answer of the terminal");
            assertEquals(Key.of(Key.Kind.UNKNOWN), screen.read(AWHILE_MILLIS), "F5");
            assertEquals(Key.text("x"), screen.read(AWHILE_MILLIS));
            type("\u001b");
            assertEquals(Key.of(Key.Kind.ESCAPE), screen.read(AWHILE_MILLIS));
        }
    }
}
