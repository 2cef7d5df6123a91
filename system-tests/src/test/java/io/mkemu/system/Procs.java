// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.mkemu.record.RecordedInstanceMain;
import io.mkemu.testkit.Await;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Processes, as /proc shows them. */
final class Procs {
    private static final int SIGINT_BIT = 1;
    private static final int CLOCK_TICKS_PER_SECOND = 100;
    private static final int STATE_FIELD = 2;
    private static final int UTIME_FIELD = 13;

    private Procs() {
    }

    /** Processes whose command line or environment names a path; not zombies, which have neither. */
    static List<Long> mentioning(Path path) throws IOException {
        List<Long> found = new ArrayList<>();
        for (long pid : all()) {
            if (pid != ProcessHandle.current().pid()
                && (read(pid, "cmdline").contains(path + "/") || read(pid, "environ").contains(path + "/"))) {
                found.add(pid);
            }
        }
        return found;
    }

    /** The instances of a machine that run: id to pid. */
    static SortedMap<Integer, Long> instances(Path machine) throws IOException {
        SortedMap<Integer, Long> instances = new TreeMap<>();
        for (long pid : all()) {
            List<String> words = commandLine(pid);
            int main = words.indexOf(RecordedInstanceMain.class.getName());
            if (main >= 0 && main + 2 < words.size() && words.get(main + 1).equals(machine.toString())) {
                instances.put(Integer.valueOf(words.get(main + 2)), pid);
            }
        }
        return instances;
    }

    /** Stops the process of an instance, other than these, as soon as it is there: in the midst of its JVM's start. */
    static long stopInstance(Path machine, int id, List<Long> others) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() - deadline < 0) {
            for (long pid : all()) {
                if (isInstance(commandLine(pid), machine, id) && !others.contains(pid)) {
                    signal("STOP", pid);
                    return pid;
                }
            }
            Thread.sleep(1);
        }
        return fail("no process of instance " + id + " in " + machine);
    }

    private static boolean isInstance(List<String> words, Path machine, int id) {
        int main = words.indexOf(RecordedInstanceMain.class.getName());
        return main >= 0 && main + 2 < words.size() && words.get(main + 1).equals(machine.toString())
            && words.get(main + 2).equals(Integer.toString(id));
    }

    /** The state of a process as one letter: T for stopped; empty if there is none. */
    static String state(long pid) {
        return stat(pid, STATE_FIELD);
    }

    /** Waits until a process has been stopped by a signal. */
    static void awaitStopped(long pid) {
        Await.until(() -> state(pid).equals("T"), () -> "process " + pid + " in state T, is in " + state(pid));
    }

    /** A field of /proc/PID/stat, the third of the manual page being 2; empty if there is no such process. */
    private static String stat(long pid, int field) {
        String stat = read(pid, "stat");
        /* The name, in parentheses, may hold anything; the fields after it are counted from the third. */
        return stat.isEmpty() ? "" : stat.substring(stat.lastIndexOf(')') + 2).split(" ")[field - 2];
    }

    /** Waits until a process is gone, or a zombie. */
    static void awaitEnd(long pid, int seconds) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!read(pid, "cmdline").isEmpty()) {
            if (System.nanoTime() - deadline > 0) {
                fail("still there after " + seconds + " s: " + commandLine(pid));
            }
            Thread.sleep(10);
        }
    }

    /** Waits until no instance of a machine runs. */
    static void awaitNoInstances(Path machine, int seconds) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!instances(machine).isEmpty()) {
            if (System.nanoTime() - deadline > 0) {
                fail("still there after " + seconds + " s: " + instances(machine));
            }
            Thread.sleep(10);
        }
    }

    static List<String> commandLine(long pid) {
        return List.of(read(pid, "cmdline").split("\0"));
    }

    /** Sends a signal by name; to a process group if the id is negative. */
    static void signal(String name, long pid) throws IOException, InterruptedException {
        run("kill", "-" + name, "--", Long.toString(pid));
    }

    /** Runs a small tool and returns whether it said yes; what it says otherwise goes to this process's stderr. */
    static boolean run(String... command) throws IOException, InterruptedException {
        Process tool = new ProcessBuilder(command).inheritIO().start();
        assertTrue(tool.waitFor(60, TimeUnit.SECONDS), () -> String.join(" ", command) + " does not end");
        return tool.exitValue() == 0;
    }

    /** CPU time that processes have used, user and system, in seconds. */
    static double cpuSeconds(Iterable<Long> pids) {
        long ticks = 0;
        for (long pid : pids) {
            ticks += Long.parseLong(stat(pid, UTIME_FIELD)) + Long.parseLong(stat(pid, UTIME_FIELD + 1));
        }
        return (double) ticks / CLOCK_TICKS_PER_SECOND;
    }

    /** Whether this process, and so each of its children, ignores Ctrl-C. */
    static boolean ignoresInterrupt() {
        return (Long.parseUnsignedLong(status("SigIgn"), 16) >> SIGINT_BIT & 1) != 0;
    }

    /** The lowest host CPU that this process may use. */
    static String firstAllowedCpu() {
        return status("Cpus_allowed_list").split("[-,]")[0];
    }

    /** The threads of a process by name; of several of the same name one. */
    static Map<String, Long> threads(long pid) throws IOException {
        Map<String, Long> threads = new TreeMap<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            entries.map(entry -> Long.valueOf(entry.getFileName().toString()))
                .forEach(thread -> threads.put(read(thread, "comm").strip(), thread));
        }
        return threads;
    }

    /** The host CPUs that a thread may use, as Linux writes a list. */
    static String allowedCpus(long thread) {
        return status(thread, "Cpus_allowed_list");
    }

    /** How many threads a process has. */
    static int threadCount(long pid) {
        return Integer.parseInt(status(pid, "Threads"));
    }

    private static String status(String key) {
        return status(ProcessHandle.current().pid(), key);
    }

    private static String status(long pid, String key) {
        return read(pid, "status").lines().filter(line -> line.startsWith(key + ":"))
            .map(line -> line.substring(key.length() + 1).strip()).findFirst().orElseThrow();
    }

    private static List<Long> all() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            return entries.map(entry -> entry.getFileName().toString()).filter(name -> name.matches("\\d+"))
                .map(Long::valueOf).toList();
        }
    }

    /** A file of a process's, empty if the process is gone. */
    private static String read(long pid, String file) {
        try {
            return new String(Files.readAllBytes(Path.of("/proc", Long.toString(pid), file)),
                StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return "";
        }
    }
}
