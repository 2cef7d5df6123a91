// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.view.LostHosts;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.os.Load;
import io.mkemu.os.OsException;
import io.mkemu.os.OsFile;
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
 * The right to be the host of a machine's name: the lock on the directory's host.lock. Its holder owns the directory
 * and everything in it; what a dead host left there is cleared away. One thread, but for {@link #isStillNamed}.
 */
public final class HostLock implements AutoCloseable {
    /** How long what is left of a former host may take to end. */
    private static final long FORMER_END_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long LAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final MachineDirectory directory;
    private final OsFile lock;
    /** Whether the lock's file was made by this host, and not found: where it was found, a host was before. */
    private final boolean isNew;
    private boolean lastsUntilExit;

    private HostLock(MachineDirectory directory, OsFile lock, boolean isNew) {
        this.directory = directory;
        this.lock = lock;
        this.isNew = isNew;
    }

    /**
     * Takes the name, and waits for what is left of a former host to end.
     *
     * @throws MachineException if a host has it already, or what is left of a dead one does not end
     */
    static HostLock take(MachineDirectory directory) throws IOException {
        return take(directory, FORMER_END_NANOS);
    }

    static HostLock take(MachineDirectory directory, long formerEndNanos) throws IOException {
        long deadline = System.nanoTime() + formerEndNanos;
        long pause = FIRST_PAUSE_NANOS;
        while (true) {
            directory.create();
            HostLock opened = open(directory);
            String waitsFor = opened == null ? "" : opened.waitsFor();
            if (waitsFor == null) {
                return opened;
            }
            if (!waitsFor.isEmpty()) {
                if (System.nanoTime() - deadline > 0) {
                    throw new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine() + "\": " + waitsFor
                        + " (" + Load.now() + ")");
                }
                /* It grows, so that also on a busy system everybody who waits for the lock has it in between. */
                LockSupport.parkNanos(pause);
                pause = Math.min(2 * pause, LAST_PAUSE_NANOS);
            }
        }
    }

    /** The lock's file, or null if somebody made or removed it just now. */
    private static HostLock open(MachineDirectory directory) throws IOException {
        Path file = directory.lifeLock(0);
        try {
            return Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? new HostLock(directory, OsFile.open(file), false)
                : new HostLock(directory, OsFile.create(file), true);
        } catch (NoSuchFileException removedMeanwhile) {
            return null;
        } catch (OsException refused) {
            if (refused.errno() == Errno.EEXIST) {
                return null;
            }
            throw new MachineException(ExitCode.MACHINE, file + (refused.errno() == Errno.ELOOP
                ? " is a link, and mkemu follows none" : " cannot be opened (" + Errno.name(refused.errno()) + ")")
                + "; remove it", refused);
        }
    }

    public static MachineException inUse(MachineDirectory directory) {
        return new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine()
            + "\" runs already; mk shutdown ends it, or give this one another name with --machine");
    }

    /**
     * Locks it and clears what a dead host left.
     *
     * @return null if it is done, or else what does not end, and what to do about it; empty if that is not known
     */
    private String waitsFor() throws IOException {
        boolean done = false;
        try {
            if (!lock.tryLock()) {
                if (lock.isLockedByOther()) {
                    throw inUse(directory);
                }
                return "instances of a former run hold " + directory.lifeLock(0) + "; find them with 'fuser "
                    + directory.lifeLock(0) + "' and kill them";
            }
            if (!lock.isStillNamed()) {
                return "";
            }
            String waitsFor = clearRemains();
            done = waitsFor == null;
            if (!done && isNew) {
                leaveAsFound();
            }
            return waitsFor;
        } finally {
            if (!done) {
                /* Also to wait: an instance of a dead host ends once it has had this lock itself for a moment. */
                lock.close();
            }
        }
    }

    /** Takes the lock's file away again, while it is locked, and the directory if nothing else is in it. */
    private void leaveAsFound() throws IOException {
        if (files().isEmpty()) {
            directory.delete();
        } else {
            Files.deleteIfExists(directory.lifeLock(0));
        }
    }

    /** A dead host's instances end by themselves; their RAM must not go before they have. */
    private String clearRemains() throws IOException {
        List<Path> files = files();
        for (Path file : files) {
            if (!MachineDirectory.isOurs(file)) {
                if (isNew) {
                    Files.deleteIfExists(directory.lifeLock(0));
                }
                throw new MachineException(ExitCode.MACHINE, directory.path() + " is no machine's directory: it "
                    + "holds " + file.getFileName() + "; move that away, or use another machine name");
            }
        }
        long lost = LostHosts.of(directory);
        if (lost != 0) {
            return LostHosts.describe(lost);
        }
        for (Path file : files) {
            if (file.getFileName().toString().endsWith(".lock") && isAlive(file)) {
                return "an instance of a former run is still alive and does not end (it holds " + file
                    + "); find it with 'fuser " + file
                    + "' and kill it, or the container that it lives in (docker ps --filter volume=...); one that was "
                    + "paused ends after kill -CONT";
            }
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
        return null;
    }

    /** All that is in the directory beside the lock. */
    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(directory.path())) {
            return all.filter(file -> !file.equals(directory.lifeLock(0))).toList();
        }
    }

    private static boolean isAlive(Path instanceLock) throws IOException {
        try (OsFile life = OsFile.open(instanceLock)) {
            return life.isLockedByOther();
        } catch (NoSuchFileException removedMeanwhile) {
            return false;
        }
    }

    /** From now on the end of this process lets go of the lock, not {@link #close}: who waits for it waits for that. */
    void lastsUntilExit() {
        lastsUntilExit = true;
    }

    /** Whether the name is still this host's: not when somebody has removed the directory or the lock's file. */
    boolean isStillNamed() throws IOException {
        return lock.isStillNamed();
    }

    /** Removes the machine's files and gives the name back. */
    @Override
    public void close() throws IOException {
        try {
            if (lock.isStillNamed()) {
                directory.delete();
            } else {
                deleteUnnamed();
            }
        } finally {
            if (!lastsUntilExit) {
                lock.close();
            }
        }
    }

    /** Somebody has removed the directory, or only the lock's file: the rest is removed if no other host has it. */
    private void deleteUnnamed() throws IOException {
        try (OsFile again = OsFile.create(directory.lifeLock(0))) {
            if (again.tryLock() && again.isStillNamed()) {
                directory.delete();
            }
        } catch (NoSuchFileException nothingLeft) {
            return;
        } catch (OsException refused) {
            if (refused.errno() != Errno.EEXIST) {
                throw refused;
            }
        }
    }
}
