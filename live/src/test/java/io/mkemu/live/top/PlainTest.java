// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Random;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.junit.jupiter.api.Test;

class PlainTest {
    @Test
    void nothingThatAKernelWritesSteersTheTerminal() {
        assertEquals("a\\x1b[2Jb", Plain.text("a\u001b[2Jb"));
        assertEquals("\\x9b31m \\x07\\x0d\\x0a", Plain.text("\u009b31m\t\u0007\r\n"));
        assertEquals("a?b?c?", Plain.text("a\u202eb\u2066c\u200b"));
        assertEquals("?", Plain.text("\ud800"));
        assertEquals("Grüße, 主机", Plain.text("Grüße, 主机"));
        Random random = new Random(3);
        for (int times = 0; times < 10_000; times++) {
            StringBuilder any = new StringBuilder();
            for (int length = random.nextInt(20); length > 0; length--) {
                any.append((char) (random.nextBoolean() ? random.nextInt(0x100) : random.nextInt(0x10000)));
            }
            String plain = Plain.text(any.toString());
            assertFalse(plain.chars().anyMatch(c -> c < 0x20 || c >= 0x7f && c < 0xa0), () -> any + " -> " + plain);
        }
    }

    @Test
    void fitsWhatIsWideToo() {
        assertEquals("ab  ", Plain.fit("ab", 4, false));
        assertEquals("  ab", Plain.fit("ab", 4, true));
        assertEquals("abcd", Plain.fit("abcdef", 4, false));
        assertEquals("主 ", Plain.fit("主机", 3, false));
        assertEquals("", Plain.fit("ab", 0, false));
        AttributedString filled = Plain.fill(Plain.line("ab"), 5, AttributedStyle.INVERSE);
        assertEquals("ab   ", filled.toString());
        assertEquals(AttributedStyle.INVERSE, filled.styleAt(4));
        assertEquals("a", Plain.fill(Plain.line("ab"), 1, AttributedStyle.DEFAULT).toString());
    }
}
