// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.report;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/**
 * The stacks of all threads of a JVM, which it prints when it is asked to: taken out of its output, so that they are
 * not in its kernel log. One thread brings the lines, another one waits.
 */
public final class ThreadDump {
    private static final String BEGINS = "Full thread dump ";
    /** The line before it. */
    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d");
    private static final String ENDS = "JNI global refs";
    private static final Pattern CPU = Pattern.compile("^\"cpu\\d+\"");
    private static final String HEAP = "Heap";
    private static final int MOST_LINES = 2000;

    private List<String> lines = List.of();
    private boolean wanted;
    private boolean inside;
    private boolean whole;
    /* The heap's lines, which follow a dump, are indented. */
    private boolean heap;

    /** A line of the output; whether it belongs to a dump, and to nobody else. */
    public synchronized boolean line(String line) {
        if (heap && (line.isBlank() || line.startsWith(" ") || line.equals(HEAP))) {
            return true;
        }
        heap = false;
        if (wanted && !inside && TIME.matcher(line).matches()) {
            return true;
        }
        if (wanted && line.startsWith(BEGINS)) {
            inside = true;
        }
        if (!inside) {
            return false;
        }
        if (lines.size() < MOST_LINES && !line.isBlank()) {
            lines.add(line);
        }
        if (line.startsWith(ENDS)) {
            inside = false;
            wanted = false;
            whole = true;
            heap = true;
            notifyAll();
        }
        return true;
    }

    /**
     * Asks for a dump and waits until it is there.
     *
     * @param ask    has the JVM print it; false if that cannot be
     * @param millis how long it may take
     * @return its lines, those of CPUs first; none if it does not come
     */
    public synchronized List<String> take(BooleanSupplier ask, long millis)
        throws InterruptedException {
        lines = new ArrayList<>();
        wanted = true;
        whole = false;
        if (ask.getAsBoolean()) {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            for (long left = millis; !whole && left > 0;
                left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
                wait(left);
            }
        }
        wanted = false;
        inside = false;
        return whole ? cpusFirst(lines) : List.of();
    }

    /** Of all threads those of CPUs first; what stands before the first thread, but for the first line, left out. */
    private static List<String> cpusFirst(List<String> lines) {
        List<String> cpus = new ArrayList<>(lines.subList(0, Math.min(1, lines.size())));
        List<String> others = new ArrayList<>();
        List<String> its = null;
        for (String line : lines) {
            if (line.startsWith("\"")) {
                its = CPU.matcher(line).find() ? cpus : others;
            }
            if (its != null) {
                its.add(line);
            }
        }
        cpus.addAll(others);
        return List.copyOf(cpus);
    }
}
