// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.DeviceTreeException;
import java.nio.file.Path;

/** A source in which the character § stands right before the place an error must name. */
final class Marked {

    static final String FILE = "dir/t.dts";
    static final Path BASE = Path.of("/base");

    private Marked() {
    }

    /** Parses the source without its mark as a machine and checks place and words of the error. */
    static void assertError(String marked, String... words) {
        int mark = marked.indexOf('§');
        assertTrue(mark >= 0, "no mark in: " + marked);
        String before = marked.substring(0, mark);
        int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
        int column = 1 + before.length() - (before.lastIndexOf('\n') + 1);
        assertErrorAt(before + marked.substring(mark + 1), line, column, words);
    }

    static void assertErrorAt(String source, int line, int column, String... words) {
        DeviceTreeException e = assertThrows(DeviceTreeException.class,
                () -> MachineSpec.parse(FILE, source, BASE));
        String message = e.getMessage();
        assertAll(
                () -> assertTrue(message.startsWith(FILE + ":" + line + ":" + column + ": "),
                        () -> "expected " + line + ":" + column + " but: " + message),
                () -> assertEquals(FILE, e.file()),
                () -> assertEquals(line, e.line()),
                () -> assertEquals(column, e.column()),
                () -> assertFalse(message.contains("\n"), message));
        for (String word : words) {
            assertTrue(message.contains(word), () -> "expected \"" + word + "\" in: " + message);
        }
    }
}
