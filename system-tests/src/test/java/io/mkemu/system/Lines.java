// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** What a program prints, line by line as it comes. Any thread. */
final class Lines {
    private final long watchdogNanos;
    private final List<String> lines = new ArrayList<>();
    private boolean ended;

    /** A wait for a line fails after so many seconds. */
    Lines(long watchdogSeconds) {
        watchdogNanos = TimeUnit.SECONDS.toNanos(watchdogSeconds);
    }

    synchronized void add(String line) {
        lines.add(line);
        notifyAll();
    }

    /** No more will come. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** What has come up to now. */
    synchronized List<String> all() {
        return List.copyOf(lines);
    }

    /** Lines that a pattern is found in. */
    List<String> matching(String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        return all().stream().filter(line -> compiled.matcher(line).find()).toList();
    }

    /** Waits until that many lines match. */
    synchronized void await(int count, String pattern, Supplier<String> describe) throws InterruptedException {
        long deadline = System.nanoTime() + watchdogNanos;
        while (matching(pattern).size() < count) {
            if (!awaitChange(deadline)) {
                fail("stdout never had " + count + " x " + pattern + "\n" + describe.get());
            }
        }
    }

    /** Waits until no more will come. */
    synchronized void awaitEnd(Supplier<String> describe) throws InterruptedException {
        long deadline = System.nanoTime() + watchdogNanos;
        while (!ended) {
            if (!awaitChange(deadline)) {
                fail("its output does not end\n" + describe.get());
            }
        }
    }

    private boolean awaitChange(long deadline) throws InterruptedException {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0 || ended) {
            return false;
        }
        wait(left);
        return true;
    }
}
