// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.os.OsFile;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rights that a machine's directory gives. */
@Timeout(300)
class MachineDirectoryTest {
    @TempDir
    private Path place;

    private MachineDirectory directory;

    @BeforeEach
    void name() {
        directory = new MachineDirectory(place.resolve("mk/box"));
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static void mode(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    /** In a process of its own: a umask is the whole process's. */
    @ParameterizedTest
    @ValueSource(strings = {"0277", "0777", "0377", "0022", "0000"})
    void theUmaskTakesNothingFromTheOwner(String umask) throws Exception {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "umask " + umask + "; exec \"$@\"", "sh"));
        command.addAll(ChildJvm.command(List.of(), Maker.class, directory.path()));
        try (ChildJvm child = new ChildJvm(command)) {
            assertEquals(0, child.waitFor());
        }
        assertEquals(List.of("rwx------", "rwx------", "rw-------"), List.of(mode(directory.path().getParent()),
            mode(directory.path()), mode(directory.lifeLock(0))));
        String forOthers = mode(directory.path().resolve("by-module")).substring(3);
        assertEquals(umask.equals("0000") ? "rw-rw-" : umask.equals("0022") ? "r--r--" : "------", forOthers);
    }

    /** Makes a directory and two files in it. */
    static final class Maker {
        private Maker() {
        }

        public static void main(String[] args) throws IOException {
            MachineDirectory directory = new MachineDirectory(Path.of(args[0]));
            directory.create();
            OsFile.create(directory.lifeLock(0)).close();
            Files.createFile(directory.path().resolve("by-module"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"r-x------", "---------"})
    void whatAFormerRunLeftWithoutRightsIsMended(String left) throws IOException {
        directory.create();
        for (Path path : List.of(directory.path(), directory.path().getParent())) {
            mode(path, left);
            MachineException named = assertThrows(MachineException.class, directory::check);
            assertEquals(ExitCode.MACHINE, named.exitCode());
            assertEquals(path + " gives its owner not all rights (mode must be 0700); chmod 700 it, or set MKEMU_DIR "
                + "to another place", named.getMessage());
            directory.create();
            assertEquals("rwx------", mode(path));
            directory.check();
        }
    }

    @Test
    void rightsOfOthersAreNotTakenBackInSilence() throws IOException {
        directory.create();
        mode(directory.path(), "r-xr-x---");
        MachineException refused = assertThrows(MachineException.class, directory::create);
        assertEquals(directory.path() + " is open to other users (mode must be 0700); mkemu uses only directories of "
            + "its own user: chmod 700 it, or set MKEMU_DIR to another place", refused.getMessage());
        assertEquals("r-xr-x---", mode(directory.path()));
    }
}
