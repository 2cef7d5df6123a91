// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The time namespace of this process: Linux lets one shift CLOCK_MONOTONIC, which is the clock of all that mkemu
 * stamps. Stateless; any thread; throws nothing.
 */
public final class TimeNamespace {
    private static final Path SELF = Path.of("/proc/self");

    private TimeNamespace() {
    }

    /**
     * How far this process's CLOCK_MONOTONIC is ahead of the system's own, exactly, however busy the system is.
     *
     * @return ns, negative if it is behind; empty if the system does not tell
     */
    public static OptionalLong offsetNanos() {
        return offsetNanos(SELF);
    }

    /** As {@link #offsetNanos()}, of the process whose directory in /proc this is. */
    static OptionalLong offsetNanos(Path process) {
        Path own = process.resolve("ns/time");
        if (!Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
            /* A kernel without time namespaces; or no /proc here, and nobody knows. */
            return Files.isDirectory(own.getParent()) ? OptionalLong.of(0) : OptionalLong.empty();
        }
        try {
            /* The offsets are those of the namespace that children get. */
            if (!Files.readSymbolicLink(own).equals(Files.readSymbolicLink(process.resolve("ns/time_for_children")))) {
                return OptionalLong.empty();
            }
            return parse(Files.readString(process.resolve("timens_offsets")));
        } catch (IOException | NumberFormatException hidden) {
            return OptionalLong.empty();
        }
    }

    /** The offset of CLOCK_MONOTONIC in lines of name or number of a clock, seconds and nanoseconds. */
    private static OptionalLong parse(String offsets) {
        for (String line : offsets.lines().toList()) {
            String[] fields = line.strip().split("\\s+");
            if (fields.length == 3 && (fields[0].equals("monotonic") || fields[0].equals("1"))) {
                return OptionalLong.of(TimeUnit.SECONDS.toNanos(Long.parseLong(fields[1])) + Long.parseLong(fields[2]));
            }
        }
        return OptionalLong.empty();
    }
}
