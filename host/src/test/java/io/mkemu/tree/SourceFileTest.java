// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceFileTest {

    @TempDir
    Path directory;

    private static void assertRefused(Path path, String words) {
        DeviceTreeException e = assertThrows(DeviceTreeException.class, () -> MachineSpec.read(path));
        assertEquals(0, e.line());
        assertTrue(e.getMessage().startsWith(path + ": "), e.getMessage());
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }

    @Test
    void resolvesJarsAgainstTheDirectoryOfTheFile() throws IOException {
        Path file = Files.writeString(directory.resolve("a.dts"), Trees.GOOD);
        MachineSpec machine = MachineSpec.read(file);
        assertEquals(directory.resolve("path/to/x.jar").toString(), machine.instances().getFirst().modules().get(1));
        assertEquals(file.toString(), machine.file());
    }

    @Test
    void namesTheFileAsTheUserDid() throws IOException {
        Path file = Files.writeString(directory.resolve("b.dts"), "/dts-v1/;\n/ { p = 1; };");
        DeviceTreeException e = assertThrows(DeviceTreeException.class, () -> MachineSpec.read(file));
        assertTrue(e.getMessage().startsWith(file + ":2:9: "), e.getMessage());
    }

    @Test
    void refusesWhatIsNoReadableSource() throws IOException {
        assertRefused(directory.resolve("absent.dts"), "no such file");
        assertRefused(directory, "is a directory");
        assertRefused(directory.resolve("a.dts").resolve("x"), "no such file");
        assertRefused(Files.write(directory.resolve("c.dtb"), new byte[] {(byte) 0xd0, 0x0d, (byte) 0xfe}),
                "is not UTF-8");
        assertRefused(Path.of("/dev/null"), "is not a regular file");
    }

    @Test
    void limitsTheSizeToOneMebibyte() throws IOException {
        String most = Trees.GOOD + " ".repeat(SourceFile.MAX_BYTES - Trees.GOOD.length());
        assertEquals(2, MachineSpec.read(Files.writeString(directory.resolve("d"), most)).instances().size());
        assertRefused(Files.writeString(directory.resolve("e"), most + " "), "larger than 1 MiB");
    }
}
