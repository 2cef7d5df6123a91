// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** CPU time of processes, as the operating system counts it. */
final class CpuTime {
    private CpuTime() {
    }

    /** CPU time of a process since its start, all its threads that live, ns. */
    static long of(long pid) throws IOException {
        long nanos = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads) {
                try {
                    nanos += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ")[0]);
                } catch (NoSuchFileException ended) {
                    /* What it took is lost; a thread that ends in the middle of idling took next to nothing. */
                    continue;
                }
            }
        }
        return nanos;
    }
}
