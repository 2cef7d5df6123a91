// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.machine.MachineDirectory;
import io.mkemu.os.OsProcess;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Hosts of this user, other processes than this one, whose directory somebody has removed: they are found by the lock
 * that they hold on a file without a name. A host ends by itself soon after; one that is stopped or hangs does not. Any
 * thread. What cannot be read, a process that has just ended say, is passed over.
 */
public final class LostHosts {
    private static final Path PROC = Path.of("/proc");
    private static final String LOCK_FILE = "host.lock";
    private static final String REMOVED = "/" + LOCK_FILE + " (deleted)";

    private LostHosts() {
    }

    /** Their machines' names and their process ids, of those whose directory was in {@link MachineDirectory#base}. */
    static SortedMap<String, Long> all() throws IOException {
        SortedMap<String, Long> found = new TreeMap<>();
        Path base = real(MachineDirectory.base());
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                Path directory = directoryOf(process);
                if (directory != null && base.equals(directory.getParent())) {
                    found.put(directory.getFileName().toString(), pidOf(process));
                }
            }
        }
        return found;
    }

    /** The process id of the one whose directory was this one, or 0. */
    public static long of(MachineDirectory directory) throws IOException {
        Path wanted = real(directory.path());
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (wanted.equals(directoryOf(process))) {
                    return pidOf(process);
                }
            }
        }
        return 0;
    }

    private static long pidOf(Path process) {
        return Long.parseLong(process.getFileName().toString());
    }

    /** As the operating system names it, also if a part of it is not there any more. */
    private static Path real(Path path) throws IOException {
        return Files.exists(path) || path.getParent() == null ? path.toRealPath()
            : real(path.getParent()).resolve(path.getFileName());
    }

    /** The directory that a process was a host in and that is gone, or null. */
    private static Path directoryOf(Path process) {
        try {
            if (pidOf(process) == ProcessHandle.current().pid()
                || !Files.getAttribute(process, "unix:uid").equals(OsProcess.uid())) {
                return null;
            }
        } catch (IOException ended) {
            return null;
        }
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                String target = targetOf(descriptor);
                if (target.endsWith(REMOVED) && isLocked(process.resolve("fdinfo").resolve(descriptor.getFileName()))) {
                    return Path.of(target.substring(0, target.length() - REMOVED.length()));
                }
            }
        } catch (IOException | DirectoryIteratorException ended) {
            return null;
        }
        return null;
    }

    private static String targetOf(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closed) {
            return "";
        }
    }

    /** Whether a descriptor holds an exclusive lock; an instance, which waits for the host's end, holds none. */
    private static boolean isLocked(Path info) throws IOException {
        return Files.readAllLines(info).stream().anyMatch(line -> line.startsWith("lock:") && line.contains(" WRITE "));
    }

    /** What is to be said of a host whose directory was removed. */
    public static String describe(long pid) {
        return "somebody has removed its directory, and its host (pid " + pid + ") is still there; it ends by itself "
            + "within seconds, unless it is stopped or hangs: kill -9 " + pid + " ends it then";
    }
}
