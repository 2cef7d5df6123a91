// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupsTest {
    private static final String V2 = "30 22 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
    private static final String V1 = "34 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        + "38 30 0:35 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";

    @TempDir
    private Path root;

    private void file(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Cgroups system(String mounts, String own) throws IOException {
        file("proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + mounts);
        file("proc/self/cgroup", own);
        return Cgroups.of(root);
    }

    @Test
    void theOwnGroupOfVersion2Counts() throws IOException {
        Cgroups groups = system(V2, "0::/user.slice/run-7.scope\n");
        file("sys/fs/cgroup/user.slice/run-7.scope/memory.max", "67108864\n");
        file("sys/fs/cgroup/user.slice/memory.max", "max\n");
        assertEquals(67_108_864, groups.memory().value());
        assertEquals(root.resolve("sys/fs/cgroup/user.slice/run-7.scope/memory.max"), groups.memory().file());
        assertEquals("v2", groups.version());
    }

    @Test
    void aParentsSmallerLimitCounts() throws IOException {
        Cgroups groups = system(V2, "0::/a/b/c\n");
        file("sys/fs/cgroup/a/b/c/memory.max", "300\n");
        file("sys/fs/cgroup/a/b/memory.max", "max\n");
        file("sys/fs/cgroup/a/memory.max", "200\n");
        file("sys/fs/cgroup/a/memory.current", "150\n");
        file("sys/fs/cgroup/a/b/pids.max", "17\n");
        file("sys/fs/cgroup/a/b/pids.current", "5\n");
        assertEquals(200, groups.memory().value());
        assertEquals(150, groups.memory().used());
        assertEquals(17, groups.pids().value());
        assertEquals(5, groups.pids().used());
    }

    @Test
    void version1IsReadWhereItsControllerIsMounted() throws IOException {
        Cgroups groups = system(V1, "9:pids:/p\n4:memory:/jobs/42:x\n0::/\n");
        file("sys/fs/cgroup/memory/jobs/42:x/memory.limit_in_bytes", "9223372036854771712\n");
        file("sys/fs/cgroup/memory/jobs/memory.limit_in_bytes", "1048576\n");
        file("sys/fs/cgroup/pids/p/pids.max", "9\n");
        assertEquals(1 << 20, groups.memory().value());
        assertEquals(9, groups.pids().value());
        assertEquals("v1", groups.version());
    }

    @Test
    void aHybridSystemHasTheSmallerOfBoth() throws IOException {
        Cgroups groups = system(V1 + V2.replace("/sys/fs/cgroup", "/sys/fs/cgroup/unified"), "4:memory:/m\n0::/u\n");
        file("sys/fs/cgroup/memory/m/memory.limit_in_bytes", "900\n");
        file("sys/fs/cgroup/unified/u/memory.max", "800\n");
        assertEquals(800, groups.memory().value());
        assertEquals("v1 and v2", groups.version());
    }

    /** As in a container: without a name space of groups the path is the host's, and the mount shows a part of it. */
    @Test
    void aContainerSeesItsOwnGroupAtTheMount() throws IOException {
        Cgroups outside = system("34 30 0:31 /docker/ab /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
            "4:memory:/docker/ab\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "700\n");
        assertEquals(700, outside.memory().value());
        Cgroups elsewhere = system(V2, "0::/../other\n");
        file("sys/fs/cgroup/memory.max", "600\n");
        assertEquals(600, elsewhere.memory().value());
    }

    @Test
    void blanksInAMountPointAreEscaped() throws IOException {
        Cgroups groups = system("30 22 0:27 / /my\\040groups rw - cgroup2 cgroup2 rw\n", "0::/\n");
        file("my groups/memory.max", "5\n");
        assertEquals(5, groups.memory().value());
    }

    @Test
    void whatIsNoNumberIsNoLimit() throws IOException {
        Cgroups groups = system(V2, "0::/\n");
        for (String odd : List.of("max", "many", "", "-1", "99999999999999999999", "9223372036854775807")) {
            file("sys/fs/cgroup/memory.max", odd);
            assertFalse(groups.memory().isSet(), odd);
            assertEquals(Long.MAX_VALUE, groups.memory().value());
        }
        assertFalse(Cgroups.of(root.resolve("nothing")).memory().isSet());
        assertEquals("none", Cgroups.of(root.resolve("nothing")).version());
    }

    @Test
    void thisProcessIsWithinItsOwn() {
        assertTrue(Cgroups.own().memory().value() > Runtime.getRuntime().totalMemory());
    }
}
