// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The limits that {@code ulimit} sets to this process, its soft values. Thread-safe; no method throws: where the system
 * does not tell, there is no limit.
 */
public enum ResourceLimit {
    /** Bytes of a file: {@code ulimit -f}. */
    FILE_SIZE("Max file size", 'f'),
    /** Open files: {@code ulimit -n}. */
    OPEN_FILES("Max open files", 'n'),
    /** Processes and threads of this user: {@code ulimit -u}. */
    PROCESSES("Max processes", 'u'),
    /** Bytes of address space: {@code ulimit -v}. */
    ADDRESS_SPACE("Max address space", 'v');

    /** No limit. */
    public static final long UNLIMITED = Long.MAX_VALUE;
    private static final Path LIMITS = Path.of("/proc/self/limits");

    private final String line;
    private final char option;

    ResourceLimit(String line, char option) {
        this.line = line;
        this.option = option;
    }

    /** What is set, or {@link #UNLIMITED}. */
    public long value() {
        try {
            return value(Files.readString(LIMITS));
        } catch (IOException hidden) {
            return UNLIMITED;
        }
    }

    long value(String limits) {
        for (String row : limits.lines().toList()) {
            if (row.startsWith(line)) {
                String soft = row.substring(line.length()).strip().split("\\s+")[0];
                return soft.matches("\\d{1,18}") ? Long.parseLong(soft) : UNLIMITED;
            }
        }
        return UNLIMITED;
    }

    /** How a shell sets it, as {@code ulimit -n}. */
    public String command() {
        return "ulimit -" + option;
    }
}
