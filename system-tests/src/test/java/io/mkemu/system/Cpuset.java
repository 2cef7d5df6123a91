// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A control group with a CPU set of its own, of version 1 or 2. Its processes must have ended when it is closed. */
final class Cpuset implements AutoCloseable {
    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    private final Path group;

    private Cpuset(Path group) {
        this.group = group;
    }

    /** Makes one; null if this user may not, or the system has none. */
    static Cpuset make(String name, String cpus) throws IOException {
        Path version1 = ROOT.resolve("cpuset");
        Path parent = Files.isDirectory(version1) ? version1 : ROOT;
        if (!Files.isWritable(parent.resolve("cgroup.procs"))) {
            return null;
        }
        Cpuset made = new Cpuset(Files.createDirectory(parent.resolve(name)));
        if (!Files.exists(made.group.resolve("cpuset.cpus"))) {
            made.close();
            return null;
        }
        if (parent.equals(version1)) {
            Files.writeString(made.group.resolve("cpuset.mems"), Files.readString(parent.resolve("cpuset.mems")));
        }
        made.cpus(cpus);
        return made;
    }

    /** Changes the set; a list as Linux writes it. */
    void cpus(String list) throws IOException {
        Files.writeString(group.resolve("cpuset.cpus"), list);
    }

    /** Moves a process, all its threads, into the group. */
    void add(long pid) throws IOException {
        Files.writeString(group.resolve("cgroup.procs"), Long.toString(pid));
    }

    @Override
    public void close() throws IOException {
        /* Whoever is left, after a test that failed, must not hold the group. */
        try (Stream<String> left = Files.lines(group.resolve("cgroup.procs"))) {
            for (String pid : left.toList()) {
                Files.writeString(group.resolveSibling("cgroup.procs"), pid);
            }
        }
        Files.delete(group);
    }
}
