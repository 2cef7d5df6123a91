// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/** A command that runs: its output as it comes, its signals and its end, each wait under a watchdog. */
final class MkProcess {
    private static final long WATCHDOG_SECONDS = 60;
    private static final Pattern STACK_TRACE = Pattern.compile("^\\s+at [\\w.$/]+\\(|^Exception in thread|^Caused by:");

    private final Process process;
    private final List<Object> args;
    private final List<String> out = new ArrayList<>();
    private final List<String> err = new ArrayList<>();
    private final Thread outReader;
    private final Thread errReader;

    MkProcess(Process process, Object... args) {
        this.process = process;
        this.args = Arrays.asList(args);
        this.outReader = Thread.startVirtualThread(() -> read(process.inputReader(), out));
        this.errReader = Thread.startVirtualThread(() -> read(process.errorReader(), err));
    }

    private void read(BufferedReader from, List<String> to) {
        try (from) {
            for (String line = from.readLine(); line != null; line = from.readLine()) {
                add(to, line);
            }
        } catch (IOException broken) {
            add(to, "(output lost: " + broken + ")");
        }
    }

    private synchronized void add(List<String> to, String line) {
        to.add(line);
        notifyAll();
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** What came on stdout up to now. */
    synchronized List<String> out() {
        return List.copyOf(out);
    }

    /** What came on stderr up to now. */
    synchronized List<String> err() {
        return List.copyOf(err);
    }

    /** Lines on stdout that a pattern is found in. */
    List<String> out(String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        return out().stream().filter(line -> compiled.matcher(line).find()).toList();
    }

    /** Waits until that many lines on stdout match. */
    void awaitOut(int count, String pattern) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WATCHDOG_SECONDS);
        synchronized (this) {
            while (out(pattern).size() < count) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0 || !outReader.isAlive()) {
                    fail("stdout never had " + count + " x " + pattern + "\n" + describe());
                }
                wait(Math.min(left, 1000));
            }
        }
    }

    /** Sends it a signal by name. */
    void signal(String name) throws IOException, InterruptedException {
        Procs.signal(name, pid());
    }

    /** Kills it and waits. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** Waits for the end, whatever the code. Never a stack trace, never more than one line on stderr. */
    int end() throws IOException, InterruptedException {
        if (!process.waitFor(WATCHDOG_SECONDS, TimeUnit.SECONDS)) {
            signal("QUIT");
            process.waitFor(2, TimeUnit.SECONDS);
            fail("does not end\n" + describe());
        }
        outReader.join();
        errReader.join();
        assertTrue(err().size() <= 1, () -> "more than one line on stderr\n" + describe());
        assertTrue(out().stream().noneMatch(line -> STACK_TRACE.matcher(line).find())
            && err().stream().noneMatch(line -> STACK_TRACE.matcher(line).find()), () -> "a trace\n" + describe());
        return process.exitValue();
    }

    /** Waits for the end with this code. */
    MkProcess ends(int code) throws IOException, InterruptedException {
        return ends(given -> given == code, Integer.toString(code));
    }

    /** Waits for the end with one of these codes. */
    MkProcess ends(IntPredicate right, String codes) throws IOException, InterruptedException {
        int given = end();
        assertTrue(right.test(given), () -> "exit code " + given + ", want " + codes + "\n" + describe());
        return this;
    }

    /** Waits for the end with this code, nothing on stdout and one line on stderr that a pattern is found in. */
    void refuses(int code, String pattern) throws IOException, InterruptedException {
        ends(code);
        assertEquals(List.of(), out(), () -> "stdout of a refusal\n" + describe());
        assertEquals(1, err().size(), () -> "want one line on stderr\n" + describe());
        assertTrue(Pattern.compile(pattern).matcher(err().getFirst()).find(),
            () -> "stderr does not say " + pattern + "\n" + describe());
    }

    /** Everything about it, for a failed assertion. */
    String describe() {
        return this + "\n--- stdout\n" + String.join("\n", out()) + "\n--- stderr\n" + String.join("\n", err())
            + "\n---";
    }

    @Override
    public String toString() {
        return "mk " + args + " (pid " + pid() + (isAlive() ? ", alive)" : ", exit code " + process.exitValue() + ")");
    }
}
