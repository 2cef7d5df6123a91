// SPDX-License-Identifier: Apache-2.0
package io.mkemu.machine;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.os.FileSystem;
import io.mkemu.os.OsProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The directory of a machine: its RAM file and the life locks of its kernels. It lies in a directory of this user's
 * own, {@code /dev/shm/mkemu-UID} unless MKEMU_DIR names another; both have mode 0700, and a link or a directory of
 * somebody else in their place is refused. Rights of the owner that a umask took away are given back.
 *
 * @param path the directory
 */
public record MachineDirectory(Path path) {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final Pattern OURS = Pattern.compile("ram|control|journal|transactions(\\.new)?|"
        + "host\\.(lock|out)|(?:instance|console)-\\d+\\.lock|hs_err-(?:instance|console)-\\d+\\.log|"
        + "report-instance-\\d+-life-\\d+\\.txt(\\.partial)?");
    private static final int ATTEMPTS = 100;
    /** sun_path without the closing NUL. */
    private static final int MAX_SOCKET_PATH = 107;
    private static final String NAME_PATTERN = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}";

    /**
     * The directory of a machine's name.
     *
     * @throws MachineException if that is no name
     */
    public static MachineDirectory of(String machine) {
        if (!isName(machine)) {
            throw new MachineException(ExitCode.USAGE, "machine name \"" + machine
                + "\": use 1 to 63 of a-z, A-Z, 0-9, '.', '_' and '-', the first a letter or digit; --machine NAME "
                + "gives one");
        }
        return new MachineDirectory(base().resolve(machine));
    }

    /** Whether a machine may be called so. */
    public static boolean isName(String machine) {
        return machine.matches(NAME_PATTERN);
    }

    /** Where this user's machines lie. */
    public static Path base() {
        String chosen = System.getenv("MKEMU_DIR");
        return chosen != null && !chosen.isEmpty() ? Path.of(chosen).toAbsolutePath().normalize() : defaultBase();
    }

    private static Path defaultBase() {
        return Path.of("/dev/shm/mkemu-" + OsProcess.uid());
    }

    /** The machine's name. */
    public String machine() {
        return path.getFileName().toString();
    }

    /** The RAM file. */
    public Path ram() {
        return path.resolve("ram");
    }

    /** The socket on which the host takes requests. */
    public Path control() {
        return path.resolve("control");
    }

    /** Where a machine that is recorded says where: a line with the path of its recording. */
    public Path journal() {
        return path.resolve("journal");
    }

    /** What is left of the changes of the machine when its host is killed. */
    public Path transactions() {
        return path.resolve("transactions");
    }

    /** What a host in the background, or its JVM, writes to stdout and stderr. */
    public Path output() {
        return path.resolve("host.out");
    }

    /** Where the JVM of an instance writes a crash report. */
    public Path crash(int instanceId) {
        return path.resolve("hs_err-instance-" + instanceId + ".log");
    }

    /** The file whose lock is an instance's life; instance 0 is the host. */
    public Path lifeLock(int instanceId) {
        return path.resolve(instanceId == 0 ? "host.lock" : "instance-" + instanceId + ".lock");
    }

    /** The file whose lock the client has that types to an instance's console. */
    public Path consoleLock(int instanceId) {
        return path.resolve("console-" + instanceId + ".lock");
    }

    /**
     * Makes the directory, and the one it lies in, or finds them safe. The umask of this process takes no rights of the
     * owner away from here on.
     *
     * @throws MachineException if they are not, or the path of {@link #control} is longer than a socket's may be
     */
    public void create() throws IOException {
        requireSocketPath();
        OsProcess.keepOwnersRights();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try {
                makeSafe(path.getParent());
            } catch (NoSuchFileException missing) {
                throw new MachineException(ExitCode.MACHINE, path.getParent() + ": " + path.getParent().getParent()
                    + " does not exist; make it, or set MKEMU_DIR to a directory on a memory file system", missing);
            }
            try {
                makeSafe(path);
                return;
            } catch (NoSuchFileException removedMeanwhile) {
                /* Another machine's end took the empty parent away between the two steps. */
                Thread.onSpinWait();
            }
        }
        throw new IOException(path + ": cannot be made, its parent keeps being removed");
    }

    /**
     * What a user should know of the place where it lies, in a line, or null: RAM on a disk works, but the system
     * writes it back to the disk while the kernels run. A link is refused when the directory is made.
     */
    public String warning() throws IOException {
        Path there = path;
        while (!Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
            there = there.getParent();
        }
        if (Files.isSymbolicLink(there)) {
            return null;
        }
        FileSystem system = FileSystem.of(there);
        return system.isMemory() ? null : path.getParent() + " lies on a file system of type " + system.type()
            + ", not in memory: the machine's RAM is written to it again and again, and slow; set MKEMU_DIR to a "
            + "directory on a tmpfs, or leave it unset";
    }

    /**
     * Refuses a directory whose {@link #control} no socket can have.
     *
     * @throws MachineException that says what to do
     */
    public void requireSocketPath() {
        int length = control().toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_SOCKET_PATH) {
            throw new MachineException(ExitCode.MACHINE, control() + ": the path of a socket has at most "
                + MAX_SOCKET_PATH + " bytes, this one has " + length
                + "; set MKEMU_DIR to a shorter path, or choose a shorter machine name");
        }
    }

    /** Refuses a directory that is a link or somebody else's, or that its owner has no rights to. */
    public void check() throws IOException {
        OsProcess.keepOwnersRights();
        requireRights(path.getParent());
        requireRights(path);
    }

    /** Refuses what is in its place if that is a link, somebody else's or open to others; nothing may be there. */
    public void checkOwner() throws IOException {
        try {
            checkSafe(path.getParent());
            checkSafe(path);
        } catch (NoSuchFileException none) {
            return;
        }
    }

    /**
     * Whether it is there.
     *
     * @throws MachineException as {@link #check}, if something else is in its place
     */
    public boolean isThere() throws IOException {
        try {
            check();
            return true;
        } catch (NoSuchFileException none) {
            return false;
        }
    }

    /**
     * Whether there is a place where this user's machines lie.
     *
     * @throws MachineException if something else is there: a link, or a directory of somebody else
     */
    public static boolean hasBase() throws IOException {
        try {
            requireRights(base());
            return true;
        } catch (NoSuchFileException none) {
            return false;
        }
    }

    private static void makeSafe(Path directory) throws IOException {
        try {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        } catch (FileAlreadyExistsException there) {
            if (!checkSafe(directory).equals(OWNER_ONLY)) {
                /* A former run made it under a umask that takes away rights of the owner. */
                Files.setPosixFilePermissions(directory, OWNER_ONLY);
            }
        }
    }

    private static void requireRights(Path directory) throws IOException {
        Set<?> rights = checkSafe(directory);
        if (!rights.equals(OWNER_ONLY)) {
            throw new MachineException(ExitCode.MACHINE, directory + " gives its owner not all rights (mode must be "
                + "0700); chmod 700 it, or set MKEMU_DIR to another place");
        }
    }

    /**
     * Refuses a directory that is a link, open to others or somebody else's.
     *
     * @return the rights that it gives, none of them to others
     * @throws MachineException that says what it is; the remedy follows the first semicolon
     */
    public static Set<?> checkSafe(Path directory) throws IOException {
        var attributes = Files.readAttributes(directory, "unix:uid,isDirectory,permissions", LinkOption.NOFOLLOW_LINKS);
        String problem = null;
        String remedy = "remove it";
        if (!(Boolean) attributes.get("isDirectory")) {
            problem = "is a link or a file";
        } else if ((Integer) attributes.get("uid") != OsProcess.uid()) {
            problem = "belongs to user " + attributes.get("uid") + ", not to " + OsProcess.uid();
            remedy = "run mk as that user, let that user remove it";
        } else if (!OWNER_ONLY.containsAll((Set<?>) attributes.get("permissions"))) {
            problem = "is open to other users (mode must be 0700)";
            remedy = "chmod 700 it";
        }
        if (problem != null) {
            throw new MachineException(ExitCode.MACHINE, directory + " " + problem
                + "; mkemu uses only directories of its own user: " + remedy + ", or set MKEMU_DIR to another place");
        }
        return (Set<?>) attributes.get("permissions");
    }

    /** Removes the machine's files and its directory, and the default one it lies in if that is empty now. */
    public void delete() throws IOException {
        try (var files = Files.newDirectoryStream(path)) {
            for (Path file : files) {
                if (!file.equals(lifeLock(0)) && isOurs(file)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (NoSuchFileException gone) {
            return;
        }
        /* The host's lock goes last: while it is there nobody else takes the name. */
        Files.deleteIfExists(lifeLock(0));
        removeIfEmpty();
    }

    /** Whether a file's name is one that mkemu gives; others are somebody else's, and never removed. */
    public static boolean isOurs(Path file) {
        return OURS.matcher(file.getFileName().toString()).matches();
    }

    /** Removes a directory in which nothing could be made. */
    public void removeIfEmpty() throws IOException {
        removeIfEmpty(path);
        if (path.getParent().equals(defaultBase())) {
            removeIfEmpty(path.getParent());
        }
    }

    private static void removeIfEmpty(Path directory) throws IOException {
        try {
            Files.deleteIfExists(directory);
        } catch (DirectoryNotEmptyException inUse) {
            /* Another machine lies there. */
            return;
        }
    }
}
