// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputBoundTest {
    private static final int MOST = 1000;

    @TempDir
    private Path directory;

    private Path print(int lines) throws IOException {
        Path file = directory.resolve("host.out");
        for (int line = 0; line < lines; line++) {
            Files.writeString(file, "line " + line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        return file;
    }

    @Test
    void theNewestHalfStaysInWholeLines() throws IOException {
        Path file = print(500);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        new OutputBound(file, MOST).look();
        List<String> left = Files.readAllLines(file);
        assertEquals("mkemu: what was printed before this is left out", left.getFirst());
        assertEquals("line 499", left.getLast());
        int first = Integer.parseInt(left.get(1).substring("line ".length()));
        for (int line = 1; line < left.size(); line++) {
            assertEquals("line " + (first + line - 1), left.get(line));
        }
        assertTrue(Files.size(file) <= MOST / 2 + 48 && Files.size(file) > MOST / 3, Files.size(file) + " bytes");
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void whatIsShortOrGoneIsLeftAlone() throws IOException {
        Path file = print(100);
        String before = Files.readString(file);
        new OutputBound(file, MOST).look();
        assertEquals(before, Files.readString(file));
        Files.delete(file);
        new OutputBound(file, MOST).look();
        assertTrue(Files.notExists(file));
    }
}
