// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.DeviceTree;
import io.mkemu.dts.DeviceTreeException;
import io.mkemu.dts.Node;
import io.mkemu.dts.Property;
import io.mkemu.dts.SourceFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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
                "is neither UTF-8 text nor a compiled tree");
        assertRefused(Path.of("/dev/null"), "is not a regular file");
    }

    @Test
    void limitsTheSizeToOneMebibyte() throws IOException {
        String most = Trees.GOOD + " ".repeat(SourceFile.MAX_BYTES - Trees.GOOD.length());
        assertEquals(2, MachineSpec.read(Files.writeString(directory.resolve("d"), most)).instances().size());
        assertRefused(Files.writeString(directory.resolve("e"), most + " "), "larger than 1 MiB");
    }

    @Test
    void readsAPipe() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        Process writer = new ProcessBuilder("sh", "-c", "cat > \"$0\"", pipe.toString()).start();
        try (OutputStream tree = writer.getOutputStream()) {
            tree.write(Trees.GOOD.getBytes(StandardCharsets.UTF_8));
        }
        assertEquals(2, MachineSpec.read(pipe).instances().size());
    }

    /** dtc refuses a property behind a child node. */
    @Test
    void inTheTreesThatWeGiveAwayPropertiesComeBeforeNodes() throws IOException {
        int trees = 0;
        Path root = Path.of("..").toRealPath();
        List<Path> files = new ArrayList<>(List.of(root.resolve("README.md")));
        for (String part : List.of("examples", "docs")) {
            try (Stream<Path> all = Files.walk(root.resolve(part))) {
                files.addAll(all.filter(file -> file.toString().matches(".*\\.(dts|md)")).toList());
            }
        }
        for (Path file : files) {
            String[] parts = Files.readString(file).split("(?m)(?=^ *\\/dts-v1/;)");
            for (String part : List.of(parts).subList(1, parts.length)) {
                int end = part.indexOf("\n" + part.substring(0, part.indexOf('/')) + "};");
                requireOrder(file, DeviceTree.parse(file.toString(), part.substring(0, part.indexOf(';', end) + 1)));
                trees++;
            }
        }
        assertTrue(trees >= 8, trees + " trees");
    }

    private static void requireOrder(Path file, Node node) {
        for (Node child : node.children()) {
            for (Property property : node.properties()) {
                assertTrue(property.position().line() < child.position().line(),
                    () -> file + ": " + property + " stands behind " + child.name());
            }
            requireOrder(file, child);
        }
    }
}
