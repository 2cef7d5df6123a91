// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** CPU time that processes have taken by a moment, thread by thread, as the scheduler counts it. */
final class CpuTime {
    private final Map<Path, Long> nanosOfThreads = new HashMap<>();

    private CpuTime() {
    }

    /** Looks at processes now. */
    static CpuTime of(List<Long> pids) throws IOException {
        CpuTime now = new CpuTime();
        for (long pid : pids) {
            for (Path thread : threads(pid)) {
                try {
                    String said = Files.readString(thread.resolve("schedstat"));
                    now.nanosOfThreads.put(thread, Long.parseLong(said.substring(0, said.indexOf(' '))));
                } catch (NoSuchFileException ended) {
                    /* What it took is lost; a thread that ends in the middle of idling took next to nothing. */
                    continue;
                }
            }
        }
        return now;
    }

    /** A listing can leave one out when another ends meanwhile; two that are the same left out none. */
    private static List<Path> threads(long pid) throws IOException {
        List<Path> before = list(pid);
        for (List<Path> now = list(pid);; now = list(pid)) {
            if (now.equals(before)) {
                return now;
            }
            before = now;
        }
    }

    private static List<Path> list(long pid) throws IOException {
        try (var threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
            return threads.sorted().toList();
        }
    }

    /** CPU time taken since an earlier look, ns. */
    long since(CpuTime earlier) {
        long sum = 0;
        for (Map.Entry<Path, Long> thread : nanosOfThreads.entrySet()) {
            sum += thread.getValue() - earlier.nanosOfThreads.getOrDefault(thread.getKey(), 0L);
        }
        return sum;
    }
}
