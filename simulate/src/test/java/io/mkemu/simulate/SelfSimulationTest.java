// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * mkemu keeps its promises whatever the seed: a machine that uses all of it, with faults. More of them:
 * {@code -Dmkemu.test.options=-Dmkemu.self.runs=100000}.
 */
@Timeout(value = 4, unit = TimeUnit.HOURS, threadMode = ThreadMode.SEPARATE_THREAD)
class SelfSimulationTest {
    /** All but the death of the host, after which nobody tidies up. */
    static final String FAULTS = "kill,restart,mid-send,pause,slow,full,boot";

    private static final int RUNS = Integer.getInteger("mkemu.self.runs", 1_000);

    @TempDir
    private Path directory;

    private void runs(String mailbox, String faults, int runs) throws IOException {
        StressRuns.prepare(directory);
        assertNull(StressRuns.run(directory.toString(), mailbox, faults, 1, runs)[0]);
    }

    @Test
    void queuedWithFaults() throws IOException {
        runs("queued", FAULTS, RUNS);
    }

    @Test
    void queuedAndTheHostDies() throws IOException {
        runs("queued", "all", RUNS / 4);
    }

    @Test
    void queuedWithoutFaults() throws IOException {
        runs("queued", "none", RUNS / 4);
    }

    @Test
    void singleSlotWithFaults() throws IOException {
        runs("single-slot", "all", RUNS / 4);
    }
}
