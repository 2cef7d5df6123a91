// SPDX-License-Identifier: Apache-2.0
package io.mkemu.doctor;

import io.mkemu.Errno;
import io.mkemu.MachineException;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.os.FileSystem;
import io.mkemu.os.OsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Checks of the directory that machines lie in, and of its file system. Stateless; any thread; throws nothing. */
final class PlaceChecks {
    private static final long MIB = 1L << 20;
    /** What mk demo needs, rounded up. */
    private static final long LEAST_BYTES = 64 * MIB;
    private static final long GOOD_BYTES = 256 * MIB;
    private static final long LEAST_INODES = 16;
    private static final String ELSEWHERE = "set MKEMU_DIR to a directory on a tmpfs";

    private PlaceChecks() {
    }

    static List<Finding> of(Path place) {
        List<Finding> findings = new ArrayList<>();
        findings.add(directory(place));
        Path there = place;
        while (Files.notExists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        try {
            FileSystem system = FileSystem.of(there);
            findings.add(type(there, system));
            findings.add(room(system));
            findings.add(inodes(system));
        } catch (IOException hidden) {
            findings.add(Finding.problem("filesystem", there + ": " + hidden.getMessage(), ELSEWHERE));
            return findings;
        }
        findings.add(fallocate(there));
        return findings;
    }

    private static Finding directory(Path place) {
        try {
            MachineDirectory any = new MachineDirectory(place.resolve("default"));
            any.requireSocketPath();
            if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
                MachineDirectory.checkSafe(place);
                return Finding.ok("directory", place.toString());
            }
            return Files.isDirectory(place.getParent()) ? Finding.ok("directory", place + " (not made yet)")
                : Finding.problem("directory", place + ": " + place.getParent() + " does not exist",
                "make it, or " + ELSEWHERE);
        } catch (MachineException unsafe) {
            int remedy = unsafe.getMessage().indexOf("; ");
            return Finding.problem("directory", unsafe.getMessage().substring(0, remedy),
                unsafe.getMessage().substring(remedy + 2));
        } catch (IOException hidden) {
            return Finding.problem("directory", place + ": " + hidden.getMessage(), ELSEWHERE);
        }
    }

    static Finding type(Path there, FileSystem system) {
        String found = system.type() + " at " + there;
        if (system.readOnly()) {
            return Finding.problem("filesystem", found + ", read-only", "mount it for writing, or " + ELSEWHERE);
        }
        if (system.type().equals("hugetlbfs")) {
            return Finding.problem("filesystem", found + ": it has huge pages only", ELSEWHERE);
        }
        return system.isMemory() ? Finding.ok("filesystem", found) : Finding.warning("filesystem",
            found + " is not in memory: RAM is written to it again and again, and slow", ELSEWHERE);
    }

    static Finding room(FileSystem system) {
        if (!system.hasSize()) {
            return Finding.ok("room", "the file system sets no limit of its own");
        }
        String found = system.freeBytes() / MIB + " MiB free of " + system.totalBytes() / MIB;
        String remedy = "remove files there, enlarge it (mount -o remount,size=), or set MKEMU_DIR to a larger tmpfs";
        return system.freeBytes() < LEAST_BYTES
            ? Finding.problem("room", found + ": mk demo needs " + LEAST_BYTES / MIB, remedy)
            : system.freeBytes() < GOOD_BYTES ? Finding.warning("room", found + ": enough for small machines", remedy)
            : Finding.ok("room", found);
    }

    static Finding inodes(FileSystem system) {
        if (system.inodes() == 0) {
            return Finding.ok("inodes", "the file system does not count files");
        }
        String found = system.freeInodes() + " free of " + system.inodes();
        return system.freeInodes() < LEAST_INODES ? Finding.problem("inodes", found,
            "remove files there, or mount it with more (mount -o remount,nr_inodes=)") : Finding.ok("inodes", found);
    }

    private static Finding fallocate(Path there) {
        try {
            int result = OsFile.tryFallocate(there);
            if (result == 0) {
                return Finding.ok("fallocate", "works");
            }
            String found = "refused with " + Errno.name(result) + ": ";
            String remedy = ELSEWHERE + ", or let the system call filter pass fallocate";
            return OsFile.isReplaced(-result)
                ? Finding.warning("fallocate", found + "RAM is filled with zeros instead, which takes longer", remedy)
                : Finding.problem("fallocate", found + "no RAM can be made there", remedy);
        } catch (IOException refused) {
            return Finding.problem("fallocate", "no file can be made: " + refused.getMessage(),
                "get the right to write to " + there + ", or " + ELSEWHERE);
        }
    }
}
