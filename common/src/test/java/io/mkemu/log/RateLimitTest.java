// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import static io.mkemu.log.RateLimit.BURST;
import static io.mkemu.log.RateLimit.INTERVAL_NANOS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class RateLimitTest {
    private static final int THREADS = 4;
    private static final int CALLS = 50_000;

    private static int passing(RateLimit limit, int calls, long now) {
        int passed = 0;
        for (int call = 0; call < calls; call++) {
            limit.roll(now);
            passed += limit.pass() > 0 ? 1 : 0;
        }
        return passed;
    }

    @Test
    void theNumbersAreThoseOfPrintk() {
        assertEquals(5_000_000_000L, INTERVAL_NANOS);
        assertEquals(10, BURST);
    }

    /** System.nanoTime may begin anywhere. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE - 5, Long.MIN_VALUE + 7_000_000_000L, 1L << 50})
    void tenPassInAnIntervalAndTheRestIsCounted(long start) {
        RateLimit limit = new RateLimit("source", start);
        for (int line = 1; line <= BURST; line++) {
            assertEquals(0, limit.roll(start));
            assertEquals(line, limit.pass());
        }
        assertEquals(0, passing(limit, 7, start + INTERVAL_NANOS - 1));
        assertFalse(limit.isDue(start + INTERVAL_NANOS - 1), "not before the interval is over");
        assertTrue(limit.isDue(start + INTERVAL_NANOS));
        assertEquals(7, limit.roll(start + INTERVAL_NANOS));
        assertEquals(1, limit.pass());
        assertFalse(limit.isDue(start + 2 * INTERVAL_NANOS), "told already");
        assertEquals(0, limit.takeSuppressed());
    }

    @Test
    void anIntervalBeginsWithItsFirstLine() {
        RateLimit limit = new RateLimit("source", 0);
        assertEquals(1, passing(limit, 1, 3 * INTERVAL_NANOS / 2));
        assertEquals(BURST - 1, passing(limit, 20, 2 * INTERVAL_NANOS), "still the same interval");
        assertEquals(0, passing(limit, 5, 5 * INTERVAL_NANOS / 2 - 1));
        assertEquals(11 + 5, limit.roll(5 * INTERVAL_NANOS / 2));
        assertEquals(BURST, passing(limit, 20, 5 * INTERVAL_NANOS / 2));
    }

    @Test
    void whatIsTakenEarlyIsNotToldAgain() {
        RateLimit limit = new RateLimit("source", 0);
        passing(limit, 15, 0);
        assertEquals(5, limit.takeSuppressed());
        passing(limit, 2, 1);
        assertEquals(2, limit.roll(INTERVAL_NANOS));
    }

    /* The clock runs so fast that intervals end while others are in the middle of a call. */
    @Test
    void theCountIsExactWhateverTheThreadsDo() throws InterruptedException {
        AtomicLong clock = new AtomicLong();
        AtomicLong passed = new AtomicLong();
        AtomicLong told = new AtomicLong();
        RateLimit limit = new RateLimit("source", 0);
        Thread[] threads = IntStream.range(0, THREADS).mapToObj(number -> new Thread(() -> {
            for (int call = 0; call < CALLS; call++) {
                told.addAndGet(limit.roll(clock.addAndGet(INTERVAL_NANOS / 50)));
                passed.addAndGet(limit.pass() > 0 ? 1 : 0);
                if (limit.isDue(clock.get())) {
                    told.addAndGet(limit.takeSuppressed());
                }
            }
        })).toArray(Thread[]::new);
        for (Thread thread : threads) {
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        told.addAndGet(limit.takeSuppressed());
        assertEquals(THREADS * CALLS, passed.get() + told.get());
        assertTrue(passed.get() >= BURST && passed.get() <= (THREADS * CALLS / 50 + 1) * BURST,
            "passed " + passed.get());
        assertTrue(told.get() > 0);
    }
}
