// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;

/**
 * The directory of a run on the memory file system: machines, mapped files, queues. A lock says that the run lives, so
 * that what a killed one left is found and removed by the next.
 */
final class Scratch implements AutoCloseable {
    private static final String PREFIX = "mkemu-bench-";
    private static final String LOCK = "lock";

    private final Path directory;
    private final FileChannel lock;

    private Scratch(Path directory, FileChannel lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /**
     * Makes the directory in {@code MKEMU_DIR}, or in /dev/shm.
     *
     * @throws MachineException if there is no such place
     */
    static Scratch make() throws IOException {
        String chosen = System.getenv("MKEMU_DIR");
        Path base = Path.of(chosen == null || chosen.isEmpty() ? "/dev/shm" : chosen).toAbsolutePath();
        if (!Files.isDirectory(base) || !Files.isWritable(base)) {
            throw new MachineException(ExitCode.MACHINE, base
                + " is no directory to write in: set MKEMU_DIR to one on a memory file system");
        }
        removeDead(base);
        var ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        /* It has its name once it is locked: nobody takes it for a dead run's. */
        Path fresh = Files.createTempDirectory(base, "." + PREFIX, ownerOnly);
        FileChannel lock = FileChannel.open(fresh.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        lock.lock();
        Path directory = base.resolve(fresh.getFileName().toString().substring(1));
        Files.move(fresh, directory, StandardCopyOption.ATOMIC_MOVE);
        return new Scratch(directory, lock);
    }

    private static void removeDead(Path base) throws IOException {
        try (DirectoryStream<Path> runs = Files.newDirectoryStream(base, PREFIX + "*")) {
            for (Path run : runs) {
                try (FileChannel lock = FileChannel.open(run.resolve(LOCK), StandardOpenOption.WRITE)) {
                    if (lock.tryLock() != null) {
                        delete(run);
                    }
                } catch (IOException notOurs) {
                    /* Another user's, or another run has just removed it. */
                    continue;
                }
            }
        }
    }

    Path directory() {
        return directory;
    }

    static void delete(Path tree) throws IOException {
        try (var files = Files.walk(tree)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException gone) {
            return;
        }
    }

    @Override
    public void close() throws IOException {
        delete(directory);
        lock.close();
    }
}
