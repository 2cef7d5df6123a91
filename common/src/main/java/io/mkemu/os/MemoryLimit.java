// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the memory cgroup of this process's container allows. Pages on a memory file system count towards it, and who
 * goes beyond it is killed, not refused.
 */
public final class MemoryLimit {
    /** As a container sees its own cgroup: version 2, version 1. */
    private static final List<Path> FILES = List.of(Path.of("/sys/fs/cgroup/memory.max"),
        Path.of("/sys/fs/cgroup/memory/memory.limit_in_bytes"));

    private MemoryLimit() {
    }

    /**
     * The limit.
     *
     * @return bytes; Long.MAX_VALUE if there is none, or the system does not tell
     */
    public static long bytes() {
        return bytes(FILES);
    }

    static long bytes(List<Path> files) {
        for (Path file : files) {
            try {
                String text = Files.readString(file).strip();
                return text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
            } catch (IOException | NumberFormatException notThere) {
                continue;
            }
        }
        return Long.MAX_VALUE;
    }
}
