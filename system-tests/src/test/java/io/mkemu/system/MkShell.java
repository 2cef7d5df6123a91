// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A {@link Shell} for all tests of a class, with a MKEMU_DIR of its own, of which nothing may be left. */
final class MkShell implements BeforeAllCallback, AfterAllCallback {
    private Path sandbox;
    private Shell shell;

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        sandbox = Files.createTempDirectory(Path.of("/dev/shm"), "mkemu-it-shell-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        shell = Shell.at(sandbox, base());
    }

    /** What MKEMU_DIR says; does not exist, unless a command makes it. */
    Path base() {
        return sandbox.resolve("mk");
    }

    /** Carries out {@code mk ARGS}. */
    Program run(Object... args) throws IOException {
        return shell.run(args);
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        List<Path> left;
        try {
            shell.close();
        } finally {
            left = Trees.below(sandbox);
            Trees.delete(sandbox);
        }
        assertEquals(List.of(), left, "left behind");
    }
}
