// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.os.OsException;
import io.mkemu.os.OsFile;
import io.mkemu.os.Shortage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The right to be the host of a machine's name: the lock on the directory's host.lock. Who holds it owns the directory
 * and everything in it; what a dead host left there is cleared away.
 */
public final class HostLife implements AutoCloseable {
    private static final long INSTANCES_END_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final MachineDirectory directory;
    private final OsFile lock;
    /** Whether the lock's file was made for this life, and not found: where it was found, a host was before. */
    private final boolean isNew;
    private boolean lastsUntilExit;

    private HostLife(MachineDirectory directory, OsFile lock, boolean isNew) {
        this.directory = directory;
        this.lock = lock;
        this.isNew = isNew;
    }

    /**
     * Takes the name.
     *
     * @throws MachineException if a host has it already, or instances of a dead one do not end
     */
    static HostLife take(MachineDirectory directory) throws IOException {
        while (true) {
            directory.create();
            HostLife life;
            try {
                life = open(directory);
            } catch (NoSuchFileException removedMeanwhile) {
                continue;
            } catch (OsException refused) {
                if (refused.errno() == Errno.EEXIST) {
                    /* Somebody else made it between the look and the making. */
                    continue;
                }
                String shortage = Shortage.of(directory.life(0), refused.errno());
                if (shortage != null) {
                    directory.removeIfEmpty();
                    throw new MachineException(ExitCode.RESOURCES, directory.life(0) + " cannot be made: " + shortage
                        + "; see mk doctor", refused);
                }
                throw new MachineException(ExitCode.MACHINE, directory.life(0)
                    + (refused.errno() == Errno.ELOOP ? " is a link, and mkemu follows none"
                    : " cannot be opened (" + Errno.name(refused.errno()) + ")") + "; remove it", refused);
            }
            if (!life.lock.tryLock()) {
                life.lock.close();
                throw inUse(directory);
            }
            if (life.lock.isStillNamed()) {
                life.clearRemains();
                return life;
            }
            life.lock.close();
        }
    }

    private static HostLife open(MachineDirectory directory) throws IOException {
        Path file = directory.life(0);
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return new HostLife(directory, OsFile.open(file), false);
        }
        return new HostLife(directory, OsFile.create(file), true);
    }

    public static MachineException inUse(MachineDirectory directory) {
        return new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine()
            + "\" runs already; mk shutdown ends it, or give this one another name with --machine");
    }

    /** A dead host's instances end by themselves; their RAM must not go before they have. */
    private void clearRemains() throws IOException {
        try {
            List<Path> files = files();
            for (Path file : files) {
                if (!MachineDirectory.isOurs(file)) {
                    if (isNew) {
                        Files.deleteIfExists(directory.life(0));
                    }
                    throw new MachineException(ExitCode.MACHINE, directory.path() + " is no machine's directory: it "
                        + "holds " + file.getFileName() + "; move that away, or use another machine name");
                }
            }
            for (Path file : files) {
                if (file.getFileName().toString().endsWith(".lock")) {
                    awaitEnd(file);
                }
            }
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (RuntimeException | IOException refused) {
            lock.close();
            throw refused;
        }
    }

    /** All that is in the directory beside the lock. */
    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(directory.path())) {
            return all.filter(file -> !file.equals(directory.life(0))).toList();
        }
    }

    private void awaitEnd(Path instanceLock) throws IOException {
        long deadline = System.nanoTime() + INSTANCES_END_NANOS;
        try (OsFile life = OsFile.open(instanceLock)) {
            while (life.isLockedByOther()) {
                if (System.nanoTime() - deadline > 0) {
                    throw new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine()
                        + "\": an instance of a former run is still alive and does not end (it holds " + instanceLock
                        + "); find it with 'fuser " + instanceLock
                        + "' and kill it, or the container that it lives in (docker ps --filter volume=...)");
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
        }
    }

    /** From now on the end of this process lets go of the lock, not {@link #close}: who waits for it waits for that. */
    void lastsUntilExit() {
        lastsUntilExit = true;
    }

    /** Removes the machine's files and gives the name back. */
    @Override
    public void close() throws IOException {
        try {
            /* Somebody may have removed the directory by hand, and another host have made it anew. */
            if (lock.isStillNamed()) {
                directory.delete();
            }
        } finally {
            if (!lastsUntilExit) {
                lock.close();
            }
        }
    }
}
