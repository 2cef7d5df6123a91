// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.MachineDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose a machine's directory is: what no host of it has made it does not remove. */
@Timeout(60)
class HostLifeTest {
    @TempDir
    private Path base;

    private MachineDirectory directory;

    @BeforeEach
    void name() {
        directory = new MachineDirectory(base.resolve("box"));
    }

    private void makeDirectory() throws IOException {
        Files.createDirectory(directory.path(),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(directory.path())) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void whatADeadHostLeftIsCleared() throws IOException {
        makeDirectory();
        for (String file : List.of("ram", "control", "host.lock", "host.out", "instance-1.lock", "instance-255.lock",
            "hs_err-instance-12.log")) {
            Files.createFile(directory.path().resolve(file));
        }
        HostLife.take(directory).close();
        assertFalse(Files.exists(directory.path()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"notes.txt", "ram.old", "control2", "instance-x.lock", "instance-1.lock.old", "host.log",
        "hs_err_pid7.log", ".hidden"})
    void aDirectoryWithAnythingElseIsRefusedAndStays(String foreign) throws IOException {
        makeDirectory();
        Path precious = Files.writeString(directory.path().resolve(foreign), "precious");
        Files.writeString(directory.ram(), "also");
        MachineException refused = assertThrows(MachineException.class, () -> HostLife.take(directory));
        assertEquals(ExitCode.MACHINE, refused.exitCode());
        assertEquals(directory.path() + " is no machine's directory: it holds " + foreign
            + "; move that away, or use another machine name", refused.getMessage());
        assertEquals(Stream.of(foreign, "ram").sorted().toList(), files());
        assertEquals("precious", Files.readString(precious));
        assertEquals("also", Files.readString(directory.ram()));
        Files.delete(precious);
        HostLife.take(directory).close();
        assertFalse(Files.exists(directory.path()), "the refusal let go of the name");
    }

    @Test
    void whatIsPutBesideAMachineStaysWhenItEnds() throws IOException {
        HostLife life = HostLife.take(directory);
        Files.createFile(directory.ram());
        Files.createFile(directory.path().resolve("notes.txt"));
        life.close();
        assertEquals(List.of("notes.txt"), files());
    }

    @Test
    void anOldHostThatEndsLeavesItsSuccessorsDirectoryAlone() throws IOException {
        HostLife old = HostLife.take(directory);
        Files.delete(directory.life(0));
        Files.delete(directory.path());
        HostLife successor = HostLife.take(directory);
        Files.createFile(directory.ram());
        old.close();
        assertEquals(List.of("host.lock", "ram"), files());
        MachineException taken = assertThrows(MachineException.class, () -> HostLife.take(directory));
        assertEquals("machine \"box\" runs already; mk shutdown ends it, or give this one another name with --machine",
            taken.getMessage());
        successor.close();
        assertFalse(Files.exists(directory.path()));
    }

    @Test
    void aHostWhoseDirectoryIsGoneEnds() throws IOException {
        HostLife life = HostLife.take(directory);
        Files.delete(directory.life(0));
        Files.delete(directory.path());
        life.close();
        assertFalse(Files.exists(directory.path()));
    }
}
