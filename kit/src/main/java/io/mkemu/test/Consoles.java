// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the consoles of a machine's kernels have shown, as its host prints it. A thread reads, any thread looks. */
final class Consoles {
    private static final Pattern LINE = Pattern.compile("\\[ *(\\d+)\\.(\\d{6})\\] ([^: ]+): (.*)");
    private static final int NANOS_PER_MICRO = 1000;
    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final List<LogLine> lines = new ArrayList<>();
    private boolean ended;

    /** Reads to the end. */
    void read(BufferedReader from) {
        try (from) {
            for (String line = from.readLine(); line != null; line = from.readLine()) {
                add(line);
            }
        } catch (IOException broken) {
            add("mk: what the host printed is lost from here on: " + broken.getMessage());
        } finally {
            end();
        }
    }

    private synchronized void add(String line) {
        Matcher parts = LINE.matcher(line);
        boolean whole = parts.matches();
        lines.add(new LogLine(whole ? parts.group(3) : "host", whole ? Long.parseLong(parts.group(1))
            * NANOS_PER_SECOND + Long.parseLong(parts.group(2)) * NANOS_PER_MICRO : 0, whole ? parts.group(4) : line,
            lines.size()));
        notifyAll();
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** All lines of a kernel; of all of them without a name. */
    synchronized List<LogLine> of(String kernel) {
        return lines.stream().filter(line -> kernel == null || line.kernel().equals(kernel)).toList();
    }

    /**
     * The first line that is wanted; waits for it.
     *
     * @param from     the number of the first line to look at
     * @param deadline System.nanoTime
     * @return it, or null if the time is over or there are no more lines
     */
    synchronized LogLine await(Predicate<LogLine> wanted, int from, long deadline) throws InterruptedException {
        for (int next = from;; next++) {
            while (next >= lines.size()) {
                long left = deadline - System.nanoTime();
                if (ended || left <= 0) {
                    return null;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
            if (wanted.test(lines.get(next))) {
                return lines.get(next);
            }
        }
    }
}
