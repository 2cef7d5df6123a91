// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What others do on this machine now: the CPU time of a moment in which this process waits, as /proc/stat counts it.
 * The load average would do for neither question: it remembers for minutes what has ended, such as the benchmark's own
 * run before, and knows nothing of a hypervisor's other guests.
 *
 * @param busy   CPUs that programs and interrupts kept busy, without this process; negative if it cannot be told
 * @param stolen CPUs that the hypervisor gave to others; negative if it cannot be told
 */
public record OtherWork(double busy, double stolen) {
    private static final OtherWork UNKNOWN = new OtherWork(-1, -1);
    /* Ticks are 10 ms: so many of them that one more or less means nothing. */
    private static final long LOOK_MILLIS = 1000;
    private static final double NANOS_PER_TICK = 10_000_000;
    /* The columns behind "cpu": user, nice, system, idle, iowait, irq, softirq, steal; user has guest in it. */
    private static final int[] BUSY = {1, 2, 3, 6, 7};
    private static final int STEAL = 8;
    /* Somebody else is at work on at least one CPU for a good part of the time. */
    private static final double MUCH = 0.1;

    /** Looks for a second. */
    public static OtherWork look() throws InterruptedException {
        try {
            String before = Files.readString(Path.of("/proc/stat"));
            long ownBefore = ownNanos();
            long begun = System.nanoTime();
            Thread.sleep(LOOK_MILLIS);
            String after = Files.readString(Path.of("/proc/stat"));
            return between(before, after, ownNanos() - ownBefore, System.nanoTime() - begun);
        } catch (IOException unreadable) {
            return UNKNOWN;
        }
    }

    private static long ownNanos() {
        return ProcessHandle.current().info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
    }

    /**
     * From two readings.
     *
     * @param ownNanos CPU time of this process between them
     * @param nanos    that passed between them
     */
    static OtherWork between(String before, String after, long ownNanos, long nanos) {
        String[] first = columns(before);
        String[] second = columns(after);
        if (first.length <= STEAL || second.length <= STEAL) {
            return UNKNOWN;
        }
        double busy = -ownNanos;
        for (int column : BUSY) {
            busy += passed(first, second, column);
        }
        return new OtherWork(Math.max(0, busy / nanos), passed(first, second, STEAL) / nanos);
    }

    private static double passed(String[] before, String[] after, int column) {
        return (Long.parseLong(after[column]) - Long.parseLong(before[column])) * NANOS_PER_TICK;
    }

    private static String[] columns(String stat) {
        return stat.lines().filter(line -> line.startsWith("cpu ")).findFirst().orElse("").split(" +");
    }

    /** Whether others are at work, so that what is measured now is worth little. */
    public boolean isMuch() {
        return busy > MUCH || stolen > MUCH;
    }
}
