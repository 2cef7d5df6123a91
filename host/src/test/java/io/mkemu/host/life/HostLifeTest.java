// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.TestHost;
import io.mkemu.machine.MachineDirectory;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
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
    private static final int DESCRIPTORS = 200;

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
    void theRefusalLeavesADeadHostsLock() throws IOException {
        makeDirectory();
        for (String file : List.of("host.lock", "ram", "notes.txt")) {
            Files.createFile(directory.path().resolve(file));
        }
        for (int time = 1; time <= 2; time++) {
            MachineException refused = assertThrows(MachineException.class, () -> HostLife.take(directory));
            assertTrue(refused.getMessage().contains(" holds notes.txt;"), refused.getMessage());
            assertEquals(List.of("host.lock", "notes.txt", "ram"), files(), "it still counts as dead");
        }
        Files.delete(directory.path().resolve("notes.txt"));
        HostLife.take(directory).close();
        assertFalse(Files.exists(directory.path()), "the refusal let go of the name");
    }

    @Test
    void whoCannotListTheDirectoryLetsGoOfTheName() throws Exception {
        Process scarce = new ProcessBuilder("sh", "-c", "ulimit -n " + DESCRIPTORS + "; exec \"$@\"", "sh",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@" + TestHost.options(),
            "-XX:-MaxFDLimit", "-cp", System.getProperty("java.class.path"), Scarce.class.getName(),
            directory.path().toString()).redirectErrorStream(true).start();
        try (BufferedReader said = scarce.inputReader()) {
            assertEquals(List.of("not listed: Too many open files", "taken"), said.lines().toList());
        } finally {
            scarce.destroyForcibly();
        }
    }

    /** A process that has a descriptor for the lock, and none to list the directory with. */
    static final class Scarce {
        private Scarce() {
        }

        public static void main(String[] args) throws IOException {
            MachineDirectory directory = new MachineDirectory(Path.of(args[0]));
            /* Whatever class this needs is loaded now: that takes descriptors too. */
            HostLife.take(directory).close();
            List<InputStream> all = new ArrayList<>();
            while (all.isEmpty() || all.getLast() != null) {
                all.add(open());
            }
            all.removeLast();
            all.removeLast().close();
            try {
                HostLife.take(directory);
                System.out.println("listed");
            } catch (FileSystemException refused) {
                System.out.println((refused.getFile().equals(args[0]) ? "not listed: " : refused.getFile() + ": ")
                    + refused.getReason());
            }
            for (InputStream one : all) {
                one.close();
            }
            HostLife.take(directory).close();
            System.out.println("taken");
        }

        private static InputStream open() {
            try {
                return new FileInputStream("/dev/null");
            } catch (FileNotFoundException noneLeft) {
                return null;
            }
        }
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
