// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.snapshot;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.machine.MachineDirectory;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The file that a snapshot is to become. Until it is whole it is called FILE.partial; it gets its name when all of it
 * is on the disk. If that never comes, nothing is left, unless this process is killed. For one thread.
 */
public final class SnapshotTarget implements AutoCloseable {
    private static final String PARTIAL = ".partial";

    private final Path file;
    private final Path partial;
    private final boolean force;
    private final FileChannel channel;
    private boolean done;

    private SnapshotTarget(Path file, Path partial, boolean force, FileChannel channel) {
        this.file = file;
        this.partial = partial;
        this.force = force;
        this.channel = channel;
    }

    /**
     * Makes FILE.partial.
     *
     * @param file  absolute
     * @param force whether a file of that name is replaced
     * @throws MachineException if there is one and it is not, or it cannot be made; the message says what to do
     */
    public static SnapshotTarget open(Path file, boolean force) {
        if (file.getFileName() == null || Files.isDirectory(file)) {
            throw refused(ExitCode.USAGE, file + " is a directory: name a file", null);
        }
        if (file.normalize().startsWith(MachineDirectory.base())) {
            throw refused(ExitCode.USAGE, file + " lies where machines are: only their own files may; name another "
                + "place", null);
        }
        if (!force && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw exists(file, null);
        }
        Path partial = file.resolveSibling(file.getFileName() + PARTIAL);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(partial, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS), PosixFilePermissions.asFileAttribute(
                PosixFilePermissions.fromString("rw-------")));
            if (!lock(channel)) {
                throw refused(ExitCode.USAGE, partial + " is being written by another mk: name another file", null);
            }
            channel.truncate(0);
            return new SnapshotTarget(file, partial, force, channel);
        } catch (IOException fault) {
            close(channel);
            throw unwritable(partial, fault);
        } catch (RuntimeException fault) {
            close(channel);
            throw fault;
        }
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException ofThisProcess) {
            return false;
        }
    }

    /** Where to write. */
    public FileChannel channel() {
        return channel;
    }

    /**
     * All is written: brings it onto the disk and gives it its name.
     *
     * @throws MachineException if that fails, or somebody has made a file of that name meanwhile
     */
    public void finish() {
        try {
            channel.force(true);
            if (force) {
                Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
            } else {
                link();
            }
            done = true;
            try (FileChannel directory = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
                directory.force(true);
            }
        } catch (FileAlreadyExistsException meanwhile) {
            throw exists(file, meanwhile);
        } catch (IOException fault) {
            throw unwritable(file, fault);
        }
    }

    /** Unlike a move it replaces nothing. Not all file systems have links. */
    private void link() throws IOException {
        try {
            Files.createLink(file, partial);
        } catch (FileAlreadyExistsException there) {
            throw there;
        } catch (FileSystemException | UnsupportedOperationException noLinks) {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(file.toString());
            }
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
            return;
        }
        Files.delete(partial);
    }

    /** What a fault while writing means to a user. */
    public MachineException unwritable(IOException fault) {
        return unwritable(file, fault);
    }

    private static MachineException unwritable(Path file, IOException fault) {
        String why = fault instanceof FileSystemException of && of.getReason() == null
            ? of.getClass().getSimpleName().replaceFirst("Exception$", "") : fault.getMessage();
        return refused(ExitCode.RESOURCES, file + " cannot be written (" + why + "): no snapshot is left; name another "
            + "place, or make room there", fault);
    }

    private static MachineException exists(Path file, Exception cause) {
        return refused(ExitCode.USAGE, file + " is there already: --force replaces it", cause);
    }

    private static MachineException refused(ExitCode code, String what, Exception cause) {
        return new MachineException(code, what, cause);
    }

    private static void close(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException nothingToLose) {
            /* Nothing was written. */
            return;
        }
    }

    /** Closes it; if it has not got its name it is removed. */
    @Override
    public void close() throws IOException {
        try {
            if (!done) {
                Files.deleteIfExists(partial);
            }
        } finally {
            channel.close();
        }
    }
}
