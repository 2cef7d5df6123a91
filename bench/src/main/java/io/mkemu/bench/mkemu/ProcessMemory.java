// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a process has in memory, as the operating system counts it. */
final class ProcessMemory {
    private static final Pattern LINE = Pattern.compile("(\\w+):\\s+(\\d+) kB");

    private ProcessMemory() {
    }

    /**
     * Looks at a process now.
     *
     * @return KiB by the names of /proc/PID/status and smaps_rollup
     */
    static Map<String, Long> of(long pid) throws IOException {
        Map<String, Long> memory = new HashMap<>();
        for (String file : new String[] {"status", "smaps_rollup"}) {
            Matcher lines = LINE.matcher(
                Files.readString(Path.of("/proc/" + pid, file), StandardCharsets.ISO_8859_1));
            while (lines.find()) {
                memory.put(lines.group(1), Long.parseLong(lines.group(2)));
            }
        }
        return memory;
    }
}
