// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.fail;

import io.mkemu.machine.Iomem;
import io.mkemu.machine.MappedMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What processes hold at a moment: threads of this one, descriptors and mappings of the RAM of any.
 *
 * @param threads names of those that are not older than the test, sorted
 * @param files   what descriptors are open on, sorted
 * @param maps    how many mappings of the RAM each process has
 * @param iomem   the machine's memory map
 */
record HostResources(List<String> threads, List<String> files, List<String> maps, List<String> iomem) {
    private static final int WATCHDOG_SECONDS = 60;

    /** Takes them down for this process and others. */
    static HostResources of(Set<Thread> older, MappedMachine mapped, Path ram, List<Long> others) {
        List<String> files = new ArrayList<>();
        List<String> maps = new ArrayList<>();
        List<Long> pids = new ArrayList<>(others);
        pids.addFirst(ProcessHandle.current().pid());
        for (int process = 0; process < pids.size(); process++) {
            for (String file : files(pids.get(process))) {
                files.add(process + ": " + file);
            }
            maps.add(process + ": " + maps(pids.get(process), ram));
        }
        return new HostResources(threadNames(older), files, maps,
            Iomem.of(mapped).tree().toString().lines().toList());
    }

    /** Threads of this process now: those of former tests' clients of Docker or a browser end when they like. */
    static Set<Thread> liveThreads() {
        return Set.copyOf(Thread.getAllStackTraces().keySet());
    }

    /** Waits until there are no threads that are not older, apart from those of the JDK. */
    static void awaitThreads(Set<Thread> older) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WATCHDOG_SECONDS);
        while (!threadNames(older).isEmpty()) {
            if (System.nanoTime() - deadline > 0) {
                fail("threads " + threadNames(older) + " are left");
            }
            Thread.sleep(1);
        }
    }

    /** Without the JDK's pools: they keep threads for a while, those that waited for child processes for a minute. */
    private static List<String> threadNames(Set<Thread> older) {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> !older.contains(thread))
            .map(Thread::getName).filter(name -> !name.matches("(process reaper|ForkJoinPool[.-]|VirtualThread-).*"))
            .sorted().toList();
    }

    /**
     * Without jars: those of the class path are opened when the first class of each is needed. Without files that are
     * deleted: they are of the machines of former tests, whose host this process was, and are closed by the collector.
     */
    private static List<String> files(long pid) {
        List<String> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path descriptor : all.toList()) {
                String target = target(descriptor);
                if (!target.isEmpty() && !target.endsWith(".jar") && !target.endsWith(" (deleted)")) {
                    files.add(target.replaceFirst(":\\[\\d+]$", ""));
                }
            }
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
        return files.stream().sorted().toList();
    }

    /** Empty if it is closed by now, as that of the directory listing itself always is. */
    private static String target(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.matches("/proc/\\d+/fd") ? "" : target;
        } catch (IOException closed) {
            return "";
        }
    }

    private static long maps(long pid, Path ram) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "maps"))) {
            return lines.filter(line -> line.endsWith(" " + ram)).count();
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }
}
