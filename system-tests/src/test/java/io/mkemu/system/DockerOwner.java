// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;

/**
 * Whose a container, a volume, an image or a directory of a test run is: a name that all of them bear, and a file whose
 * lock that run's process holds for life. A name whose lock is free belongs to nobody any more, however its process
 * ended; a name of another machine, whose daemon this may be too, cannot be judged here and is left alone.
 */
final class DockerOwner implements AutoCloseable {
    private static final Path LOCKS = Path.of("/tmp");
    private static final String PREFIX = "mkemu-it-";
    private static final String SUFFIX = ".lock";
    private static final String DIRECTORY = ".files";
    private static final int ID_LENGTH = 8;

    private final String name;
    private final Path file;
    private final FileChannel lock;

    private DockerOwner(String name, Path file, FileChannel lock) {
        this.name = name;
        this.file = file;
        this.lock = lock;
    }

    /** Makes a name that nobody else has, and takes its lock. */
    static DockerOwner create() throws IOException {
        while (true) {
            String name = machine() + "-" + UUID.randomUUID().toString().substring(0, ID_LENGTH);
            Path file = lockOf(name);
            FileChannel channel = FileChannel.open(file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
            FileLock taken = channel.tryLock();
            /* Between the two somebody may have found the lock free and the file worth removing. */
            if (taken != null && Files.exists(file)) {
                return new DockerOwner(name, file, channel);
            }
            channel.close();
        }
    }

    /** Letters, digits and '-': it is part of an image's tag. */
    private static String machine() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (IOException nameless) {
            host = "localhost";
        }
        return host.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }

    private static Path lockOf(String name) {
        return LOCKS.resolve(PREFIX + name + SUFFIX);
    }

    String name() {
        return name;
    }

    /** The end of the name, which tells it from all others of this machine. */
    String id() {
        return name.substring(name.length() - ID_LENGTH);
    }

    /** A new directory for files of this process's. */
    Path newDirectory() throws IOException {
        return Files.createTempDirectory(Files.createDirectories(directoryOf(name)), "");
    }

    private static Path directoryOf(String owner) {
        return LOCKS.resolve(PREFIX + owner + DIRECTORY);
    }

    private static void deleteDirectory(String owner) throws IOException {
        if (Files.isDirectory(directoryOf(owner), LinkOption.NOFOLLOW_LINKS)) {
            Trees.delete(directoryOf(owner));
        }
    }

    /** Whether an owner is known to be dead. */
    boolean isDead(String owner) throws IOException {
        return isDead(owner, false);
    }

    /**
     * The same, and removes the files of one that is. While the lock is held for that: a process that has just made the
     * file finds out that way, and takes another name.
     */
    private boolean isDead(String owner, boolean forget) throws IOException {
        if (owner.equals(name) || !owner.matches("\\Q" + machine() + "\\E-[0-9a-f]{" + ID_LENGTH + "}")) {
            return false;
        }
        Path other = lockOf(owner);
        try (FileChannel channel = FileChannel.open(other, StandardOpenOption.READ);
            FileLock free = channel.tryLock(0, Long.MAX_VALUE, true)) {
            if (free != null && forget) {
                deleteDirectory(owner);
                Files.deleteIfExists(other);
            }
            return free != null;
        } catch (NoSuchFileException gone) {
            return true;
        } catch (FileSystemException anotherUsers) {
            return false;
        }
    }

    /** Removes the files of dead owners; to be done when nothing else of theirs is left. */
    void sweepFiles() throws IOException {
        List<String> owners = new ArrayList<>();
        try (var found = Files.newDirectoryStream(LOCKS, PREFIX + "*" + SUFFIX)) {
            for (Path one : found) {
                String text = one.getFileName().toString();
                owners.add(text.substring(PREFIX.length(), text.length() - SUFFIX.length()));
            }
        }
        for (String owner : owners) {
            isDead(owner, true);
        }
    }

    /** Gives the name up. */
    @Override
    public void close() throws IOException {
        deleteDirectory(name);
        Files.deleteIfExists(file);
        lock.close();
    }
}
