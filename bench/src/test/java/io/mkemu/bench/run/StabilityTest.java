// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.bench.contender.Samples;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a contender is taken to be warm. */
class StabilityTest {
    private static final int NEVER = 200;

    @TempDir
    private Path directory;

    /** After how many windows of a series it is stable; {@link #NEVER} at the most. */
    private static int windows(IntFunction<Stability.Window> series) {
        Stability rule = new Stability();
        while (!rule.isStable() && rule.length() < NEVER) {
            rule.add(series.apply(rule.length()));
        }
        return rule.length();
    }

    private static Stability.Window trips(double p50, double p999) {
        return new Stability.Window(1e9 / p50, p50, p999);
    }

    @Test
    void whatIsStableFromTheBeginningIsSoOnceTwoGroupsHaveBeenSeen() {
        assertEquals(2 * Stability.GROUP, windows(at -> trips(200, 600)));
    }

    @Test
    void aSeriesThatSettlesIsStableWhenItHasSettledAndNotBefore() {
        int settled = windows(at -> at < 10 ? trips(1000 - 80 * at, 5000 - 400 * at) : trips(200, 600));
        assertTrue(settled > 10 && settled <= 10 + 2 * Stability.GROUP, "after " + settled);
    }

    @Test
    void aDriftThatTwoNeighboursHardlyShowIsNotStable() {
        assertEquals(NEVER, windows(at -> trips(200 * Math.pow(0.98, at), 600)), "p50");
        assertEquals(NEVER, windows(at -> new Stability.Window(1e6 * Math.pow(1.02, at), 0, 0)), "rate");
        assertEquals(NEVER, windows(at -> trips(200, 1e6 * Math.pow(0.96, at))), "p99.9");
    }

    @Test
    void aTailThatGrowsOrTremblesIsNotAwaited() {
        assertEquals(2 * Stability.GROUP, windows(at -> trips(200, 600 + 100 * at)));
        Random random = new Random(7);
        assertTrue(windows(at -> trips(200, 600 + random.nextInt(60))) <= 3 * Stability.GROUP);
    }

    @Test
    void aSeriesThatLeapsForEverNeverSettles() {
        assertEquals(NEVER, windows(at -> trips(at / Stability.GROUP % 2 == 0 ? 200 : 400, 600)));
    }

    @Test
    void oneDisturbedWindowDecidesNothing() {
        assertEquals(2 * Stability.GROUP, windows(at -> at == 4 ? trips(900, 90_000) : trips(200, 600)));
    }

    @Test
    void aWarmUpIsOverWhenEachOfItsSizesIsStable() throws IOException {
        WarmUp warmUp = new WarmUp();
        assertTrue(warmUp.isEmpty());
        for (int window = 0; window < 12; window++) {
            Results seen = new Results(1);
            seen.addTrips("one", 8, file(200));
            seen.addTrips("one", 64, file(2000 >> Math.min(window, 6)));
            warmUp.add(seen, 10);
            assertEquals(window >= 10, warmUp.isStable(), "window " + window);
        }
        Results.Warmed told = warmUp.told("one", "round trips", 77);
        assertEquals(new Results.Warmed("one", "round trips", 12, 77, true, 200, 200), told);
        Results rate = new Results(1);
        rate.addRate("one", 64, 2, 5e6);
        warmUp.add(rate, 10);
        assertFalse(warmUp.isStable(), "a rate of which one window has been seen");
    }

    private Path file(long nanos) throws IOException {
        Samples samples = new Samples();
        for (int trip = 0; trip < 10; trip++) {
            samples.add(nanos);
        }
        Path file = directory.resolve("samples");
        samples.appendTo(file);
        return file;
    }
}
