// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * mkemu keeps its promises whatever the seed: a machine that uses all of it, with faults, from 100,000 seeds. A
 * computer that does not come so far in time runs fewer, and says how many. Two classes, since classes run side by
 * side. More seeds: {@code -Dmkemu.test.options="-Dmkemu.self.runs=1000000 -Dmkemu.self.seconds=100000"}.
 */
@Timeout(value = 40, unit = TimeUnit.HOURS, threadMode = ThreadMode.SEPARATE_THREAD)
abstract class SelfSimulation {
    /** All but the death of the host, after which nobody tidies up. */
    static final String FAULTS = "kill,restart,mid-send,pause,slow,full,boot";

    private static final int RUNS = Integer.getInteger("mkemu.self.runs", 100_000);
    private static final long NANOS = TimeUnit.SECONDS.toNanos(Integer.getInteger("mkemu.self.seconds", 400));
    private static final int RUNS_AT_ONCE = 1_000;
    private static final int LEAST = 1_000;

    @TempDir
    private Path directory;

    /** Runs a share of the seeds, in tenths, and of the time. */
    void runs(String mailbox, String faults, int tenths) throws IOException {
        StressRuns.prepare(directory);
        int runs = RUNS / 10 * tenths;
        long deadline = System.nanoTime() + NANOS / 10 * tenths;
        int done = 0;
        while (done < runs && (done < LEAST || System.nanoTime() - deadline < 0)) {
            int count = Math.min(RUNS_AT_ONCE, runs - done);
            assertNull(StressRuns.run(directory.toString(), mailbox, faults, 1 + done, count)[0]);
            done += count;
        }
        if (done < runs) {
            System.out.println("mkemu: simulated itself from " + done + " of " + runs + " seeds (" + mailbox
                + ", faults " + faults + "): there was no time for more");
        }
    }
}
