// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryLimitTest {
    @TempDir
    private Path directory;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    @Test
    void theFirstFileThatIsThereSaysIt() throws IOException {
        Path missing = directory.resolve("missing");
        assertEquals(67_108_864, MemoryLimit.bytes(List.of(missing, file("v1", "67108864\n"))));
        assertEquals(1 << 20, MemoryLimit.bytes(List.of(file("v2", "1048576\n"), file("v1", "5\n"))));
        assertEquals(Long.MAX_VALUE, MemoryLimit.bytes(List.of(file("v2", "max\n"), missing)));
        assertEquals(Long.MAX_VALUE, MemoryLimit.bytes(List.of(file("odd", "many\n"), missing)));
        assertEquals(Long.MAX_VALUE, MemoryLimit.bytes(List.of()));
    }

    @Test
    void thisProcessIsWithinItsOwn() {
        assertTrue(MemoryLimit.bytes() > Runtime.getRuntime().totalMemory());
    }
}
