// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import io.mkemu.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Why a file could not be made or filled, or a thread not started, if it is the environment that has no room: it names
 * the file system or the limit, its value and the remedy. Stateless; any thread. It throws nothing: what the system
 * does not tell is left out.
 */
public final class Shortage {
    private static final long MIB = 1L << 20;

    private Shortage() {
    }

    /**
     * Explains an error.
     *
     * @param file  that was to be made or filled
     * @param errno positive, see {@link Errno}
     * @return the middle of a sentence, such as {@code the file system (tmpfs) has 3 MiB free}; null if the error says
     *     nothing about room
     */
    public static String of(Path file, int errno) {
        return switch (errno) {
            case Errno.ENOSPC -> full(file);
            case Errno.ENOMEM -> "the system has no memory for it";
            case Errno.EDQUOT -> "this user's quota of the file system is used up";
            case Errno.EFBIG -> tooLarge(file);
            case Errno.EMFILE -> "this process may open " + ResourceLimit.OPEN_FILES.value() + " files: raise "
                + ResourceLimit.OPEN_FILES.command();
            case Errno.ENFILE -> "the system has too many open files: raise fs.file-max";
            case Errno.EROFS -> "the file system is read-only";
            default -> null;
        };
    }

    /**
     * Explains what the JDK makes of a limit: of threads, of processes or of open files.
     *
     * @return one line that names the limit; null if the fault is something else
     */
    public static String of(Throwable fault) {
        for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
            String said = String.valueOf(cause.getMessage());
            if (cause instanceof OutOfMemoryError && ofOutput(said) != null) {
                return ofOutput(said);
            }
            if (said.contains("Resource temporarily unavailable")) {
                return threads("no further process can be started: ");
            }
            if (said.contains("Too many open files")) {
                return of(Path.of("/"), Errno.EMFILE) + "; see mk doctor";
            }
        }
        return null;
    }

    /**
     * Explains what a JVM prints that cannot start one of its threads.
     *
     * @return one line that names the limit; null if the line says something else
     */
    public static String ofOutput(String line) {
        return line.contains("unable to create native thread") || line.contains("Cannot create VM thread")
            ? threads("no further thread can be started: ") : null;
    }

    private static String threads(String what) {
        Cgroups.Limit group = Cgroups.own().pids();
        long user = ResourceLimit.PROCESSES.value();
        return what + (group.isSet() ? "the control group may have " + group.value() + " processes and threads and has "
            + group.used() + " (" + group.file() + "), " : "") + "the user "
            + (user == ResourceLimit.UNLIMITED ? "any number" : Long.toString(user)) + " ("
            + ResourceLimit.PROCESSES.command() + "): raise the limit, or end others; see mk doctor";
    }

    private static String full(Path file) {
        FileSystem system = system(file);
        if (system == null) {
            return "the file system is full";
        }
        String name = "the file system (" + system.type() + ")";
        return system.hasNoInodes() ? name + " has no inodes left for a file, of " + system.inodes()
            + ": remove files there, or mount it with more (nr_inodes=)"
            : name + " has " + system.freeBytes() / MIB + " MiB free";
    }

    private static String tooLarge(Path file) {
        long limit = ResourceLimit.FILE_SIZE.value();
        if (limit != ResourceLimit.UNLIMITED) {
            return "this process may write files of at most " + limit / 1024 + " KiB: raise "
                + ResourceLimit.FILE_SIZE.command();
        }
        FileSystem system = system(file);
        return "the file system" + (system == null ? "" : " (" + system.type() + ")") + " holds no file of that size";
    }

    private static FileSystem system(Path file) {
        Path there = file.toAbsolutePath();
        while (there.getParent() != null && Files.notExists(there)) {
            there = there.getParent();
        }
        try {
            return FileSystem.of(there);
        } catch (IOException hidden) {
            return null;
        }
    }
}
