// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import net.openhft.chronicle.core.Jvm;
import net.openhft.chronicle.core.OS;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;

/**
 * How mkemu uses Chronicle Queue: each queue has one file, of a size that is known beforehand, and never rolls by
 * itself, because its time stands still.
 */
final class Chronicle {
    /** Name of a queue's file without its suffix: the cycle of time 0. */
    private static final String CYCLE = "19700101-0000V";
    private static final String DATA = CYCLE + ".cq4";
    /** Where Chronicle looks for a file that somebody made for it, before it makes one. */
    private static final String PRECREATED = CYCLE + ".precreated";
    private static final String METADATA = "metadata.cq4t";
    /** Bytes of the metadata file: two of the pages that Chronicle counts in. */
    static final long METADATA_BYTES = 2 << 16;
    /** A file has a multiple of so many bytes. */
    static final long GRANULE = 1 << 16;

    static {
        /* Read while its classes are initialised: no thread that watches disks, no banner, no properties from a file
           that happens to lie in the working directory, and no directory "target" made in /tmp. */
        Map<String, String> settings = Map.of("chronicle.disk.monitor.disable", "true",
            "chronicle.announcer.disable", "true", "system.properties", "/dev/null",
            "project.build.directory", "/dev/null");
        Map<String, String> before = new HashMap<>();
        settings.forEach((name, value) -> before.put(name, System.setProperty(name, value)));
        try {
            Jvm.init();
            OS.pageSize();
        } finally {
            before.forEach((name, value) -> {
                if (value != null) {
                    System.setProperty(name, value);
                } else if (!name.startsWith("chronicle.")) {
                    System.clearProperty(name);
                }
            });
        }
    }

    private Chronicle() {
    }

    /** Queue of a directory. */
    static SingleChronicleQueueBuilder queue(Path directory, long bytes) {
        return SingleChronicleQueueBuilder.binary(directory).rollCycle(RollCycles.FIVE_MINUTELY).blockSize(bytes)
            .timeProvider(() -> 0L);
    }

    /** The file that holds a queue's documents. */
    static Path data(Path directory) {
        return directory.resolve(DATA);
    }

    /** The same, made before Chronicle opens it for writing. */
    static Path precreated(Path directory) {
        return directory.resolve(PRECREATED);
    }

    /** The file of a queue's own notes. */
    static Path metadata(Path directory) {
        return directory.resolve(METADATA);
    }

    /** Whether a file's name is one that a queue gives. */
    static boolean isOurs(Path file) {
        String name = file.getFileName().toString();
        return name.equals(DATA) || name.equals(PRECREATED) || name.equals(METADATA);
    }
}
