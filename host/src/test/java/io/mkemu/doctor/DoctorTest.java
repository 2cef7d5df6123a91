// SPDX-License-Identifier: Apache-2.0
package io.mkemu.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.doctor.Finding.Level;
import io.mkemu.os.Cgroups;
import io.mkemu.os.FileSystem;
import io.mkemu.os.ResourceLimit;
import io.mkemu.os.Scheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    private static final long MIB = 1L << 20;

    @TempDir
    private Path directory;

    private static void is(Level level, Finding finding, String... says) {
        assertEquals(level, finding.level(), finding::toString);
        for (String word : says) {
            assertTrue(finding.found().contains(word), finding::toString);
        }
        if (level == Level.OK) {
            assertNull(finding.remedy());
        } else {
            assertNotNull(finding.remedy());
        }
    }

    private static FileSystem tmpfs(long free, long freeInodes) {
        return new FileSystem("tmpfs", 1024 * MIB, free, 100, freeInodes, false);
    }

    @Test
    void everyCheckHasItsLineOnce() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        List<Finding> findings = Doctor.examine(directory);
        assertEquals(List.of("jdk", "directory", "filesystem", "room", "inodes", "fallocate", "nofile", "fsize",
            "nproc", "addressspace", "cgroup", "memory", "pids", "cpus", "scheduler", "locale", "seccomp", "clock",
            "timens", "docker", "cc"), findings.stream().map(Finding::check).toList());
        assertTrue(findings.stream().allMatch(one -> (one.level() == Level.OK) == (one.remedy() == null)));
        assertTrue(findings.stream().noneMatch(one -> one.found().contains("\n")));
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void oneProblemIsEnough() {
        Finding ok = Finding.ok("a", "b");
        Finding warning = Finding.warning("a", "b", "c");
        assertTrue(Doctor.canRun(List.of(ok, warning)));
        assertFalse(Doctor.canRun(List.of(ok, Finding.problem("a", "b", "c"), warning)));
    }

    @Test
    void aPlaceOfOthersIsAProblemAndSoIsNone() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        is(Level.PROBLEM, PlaceChecks.of(directory).getFirst(), directory.toString(), "open to other users");
        Path missing = directory.resolve("missing/place");
        is(Level.PROBLEM, PlaceChecks.of(missing).getFirst(), missing.getParent() + " does not exist");
        is(Level.OK, PlaceChecks.of(directory.resolve("new")).getFirst(), "not made yet");
        is(Level.PROBLEM, PlaceChecks.of(directory.resolve("long".repeat(40))).getFirst(), "the path of a socket");
    }

    @Test
    void theFileSystemIsJudged() {
        Path there = Path.of("/there");
        is(Level.OK, PlaceChecks.type(there, tmpfs(0, 0)), "tmpfs at /there");
        is(Level.WARNING, PlaceChecks.type(there, new FileSystem("ext4", 1, 1, 1, 1, false)), "not in memory");
        is(Level.PROBLEM, PlaceChecks.type(there, new FileSystem("tmpfs", 1, 1, 1, 1, true)), "read-only");
        is(Level.PROBLEM, PlaceChecks.type(there, new FileSystem("hugetlbfs", 1, 1, 1, 1, false)), "huge pages");
        is(Level.PROBLEM, PlaceChecks.room(tmpfs(MIB, 9)), "1 MiB free of 1024");
        is(Level.WARNING, PlaceChecks.room(tmpfs(100 * MIB, 9)), "100 MiB free of 1024");
        is(Level.OK, PlaceChecks.room(tmpfs(999 * MIB, 9)), "999 MiB free");
        is(Level.OK, PlaceChecks.room(new FileSystem("ramfs", 0, 0, 0, 0, false)), "no limit");
        is(Level.PROBLEM, PlaceChecks.inodes(tmpfs(MIB, 3)), "3 free of 100");
        is(Level.OK, PlaceChecks.inodes(tmpfs(MIB, 50)), "50 free of 100");
    }

    @Test
    void limitsAreJudged() {
        is(Level.OK, LimitChecks.openFiles(ResourceLimit.UNLIMITED), "no limit");
        is(Level.OK, LimitChecks.openFiles(1024), "1024");
        is(Level.WARNING, LimitChecks.openFiles(256), "256");
        is(Level.PROBLEM, LimitChecks.openFiles(20), "20");
        is(Level.PROBLEM, LimitChecks.processes(50), "50");
        is(Level.PROBLEM, LimitChecks.fileSize(10 * MIB), "10 MiB");
        is(Level.WARNING, LimitChecks.fileSize(100 * MIB), "100 MiB");
        is(Level.OK, LimitChecks.fileSize(ResourceLimit.UNLIMITED));
    }

    @Test
    void limitsOfControlGroupsAreJudgedByWhatIsLeft() throws IOException {
        Path memory = Files.writeString(directory.resolve("memory.max"), "");
        Files.writeString(directory.resolve("memory.current"), (600 * MIB) + "\n");
        is(Level.PROBLEM, LimitChecks.memory(new Cgroups.Limit(100 * MIB, memory)), "100 MiB", memory.toString());
        is(Level.WARNING, LimitChecks.memory(new Cgroups.Limit(1000 * MIB, memory)), "1000 MiB, 600 used");
        is(Level.OK, LimitChecks.memory(new Cgroups.Limit(2000 * MIB, memory)), "2000 MiB, 600 used");
        is(Level.OK, LimitChecks.memory(new Cgroups.Limit(Long.MAX_VALUE, null)), "no limit");
        Path pids = Files.writeString(directory.resolve("pids.max"), "");
        Files.writeString(directory.resolve("pids.current"), "150\n");
        is(Level.PROBLEM, LimitChecks.pids(new Cgroups.Limit(200, pids)), "50 more");
        is(Level.WARNING, LimitChecks.pids(new Cgroups.Limit(300, pids)), "150 more");
        is(Level.OK, LimitChecks.pids(new Cgroups.Limit(1000, pids)), "850 more");
    }

    @Test
    void cpusSchedulerAndLocaleAreJudged() {
        BitSet one = BitSet.valueOf(new long[] {4});
        is(Level.WARNING, SystemChecks.cpus(one, BitSet.valueOf(new long[] {7})), "2 of 0-2");
        is(Level.OK, SystemChecks.cpus(BitSet.valueOf(new long[] {5}), BitSet.valueOf(new long[] {7})), "0,2 of 0-2");
        is(Level.WARNING, SystemChecks.scheduler(Scheduler.FIFO), "SCHED_FIFO");
        is(Level.WARNING, SystemChecks.scheduler(Scheduler.IDLE), "SCHED_IDLE");
        is(Level.OK, SystemChecks.scheduler(Scheduler.OTHER), "SCHED_OTHER");
        is(Level.WARNING, SystemChecks.locale("ANSI_X3.4-1968", Locale.ROOT), "ANSI_X3.4-1968");
        is(Level.OK, SystemChecks.locale("UTF-8", Locale.of("ar", "EG")), "ar-EG");
    }

    @Test
    void clocksAreJudged() {
        is(Level.OK, SystemChecks.clock("tsc"), "tsc");
        is(Level.WARNING, SystemChecks.clock("hpet"), "hpet");
        is(Level.OK, SystemChecks.timeNamespace("monotonic           0         0\nboottime            0         0\n"));
        is(Level.WARNING, SystemChecks.timeNamespace("monotonic      100000         0\nboottime  0  0\n"),
            "monotonic by 100000 s");
    }

    @Test
    void toolsThatAreMissingAreNoProblem() throws IOException {
        for (Finding finding : ToolChecks.of(directory.toString())) {
            is(Level.OK, finding, "none; needed only for");
        }
        is(Level.OK, ToolChecks.compiler(null), "none");
        Path docker = Files.writeString(directory.resolve("docker"), "#!/bin/sh\nexit 1\n");
        Files.setPosixFilePermissions(docker, PosixFilePermissions.fromString("rwx------"));
        is(Level.OK, ToolChecks.docker(directory.toString()), docker + ": no daemon can be reached");
        Files.writeString(docker, "#!/bin/sh\necho 29.1\n");
        is(Level.OK, ToolChecks.docker(directory.toString()), docker + ", daemon 29.1");
    }
}
