// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The clock of the trace records, against a clock that the test moves. */
class TraceClockTest {
    private static final int READ = 20;

    private long now = 1_000_000;
    private int reads;
    private final TraceClock clock = new TraceClock(() -> {
        reads++;
        now += READ;
        return now - READ / 2;
    });

    /** Looks for work that take so long each. */
    private void poll(int looks, long nanosEach) {
        for (int look = 0; look < looks; look++) {
            now += nanosEach;
            clock.look();
        }
    }

    @Test
    void aPollingCpuKnowsTheTimeToSomeTensOfNanosecondsAndHardlyReadsIt() {
        poll(TraceClock.LOOKS * 40, 4);
        Random random = new Random(5);
        int messages = 1000;
        int before = reads;
        for (int message = 0; message < messages; message++) {
            poll(random.nextInt(TraceClock.LOOKS), 4);
            clock.refresh();
            assertTrue(Math.abs(now - clock.nanos()) <= 2 * READ, () -> now - clock.nanos() + " ns off");
            now += 30;
            clock.read();
        }
        assertEquals(before + messages, reads, "not read but for the end of each callback");
    }

    @Test
    void itLearnsWhatLooksTakeAndForgetsAMomentWithoutACpu() {
        poll(TraceClock.LOOKS * 40, 4);
        poll(TraceClock.LOOKS * 40, 40);
        poll(TraceClock.LOOKS / 2, 40);
        clock.refresh();
        assertTrue(Math.abs(now - clock.nanos()) <= 2 * READ + TraceClock.LOOKS, () -> now - clock.nanos() + " ns off");
        poll(TraceClock.LOOKS * 40, 4);
        now += 10_000_000;
        poll(TraceClock.LOOKS * 2, 4);
        poll(TraceClock.LOOKS - 1, 4);
        clock.refresh();
        assertTrue(Math.abs(now - clock.nanos()) <= 4 * READ, () -> now - clock.nanos() + " ns off");
    }

    @Test
    void itNeverGoesBackAndStalenessIsRead() {
        poll(TraceClock.LOOKS * 40, 50);
        Random random = new Random(6);
        long last = 0;
        for (int n = 0; n < 10_000; n++) {
            poll(random.nextInt(2 * TraceClock.LOOKS), random.nextInt(30));
            if (random.nextInt(4) == 0) {
                now += random.nextInt(100_000);
                clock.goesStale();
                int before = reads;
                clock.refresh();
                assertEquals(before + 1, reads);
            } else {
                clock.refresh();
            }
            assertTrue(clock.nanos() >= last, "it went back");
            last = clock.nanos();
        }
    }
}
