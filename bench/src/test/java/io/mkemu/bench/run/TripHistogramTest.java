// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Percentiles, also of a clock that is coarser than what it measures. */
class TripHistogramTest {
    private static TripHistogram of(int step, long... samples) {
        TripHistogram histogram = new TripHistogram(step);
        for (long sample : samples) {
            histogram.add(sample);
        }
        return histogram;
    }

    @ParameterizedTest
    @CsvSource({"1, 60", "10, 60", "7, 60", "1, 0", "10, 3", "10, 1000000", "1, 12345"})
    void oneValueIsEveryPercentile(int step, long value) {
        TripHistogram histogram = of(step, value, value, value, value, value);
        assertEquals(value, histogram.percentile(50), value / 500.0);
        assertTrue(Math.abs(histogram.percentile(99.9) - value) <= step / 2 + value / 500, "p99.9");
    }

    @Test
    void theMedianLiesBetweenTwoStepsOfTheClock() {
        assertEquals(65, of(10, 60, 70).percentile(50));
        assertEquals(64, of(10, 60, 60, 60, 70, 70).percentile(50), 1);
    }

    @Test
    void aCoarseClockTellsTheSameMedianAsAFineOne() {
        Random random = new Random(42);
        TripHistogram fine = new TripHistogram(1);
        TripHistogram coarse = new TripHistogram(10);
        double clock = 0;
        for (int trip = 0; trip < 200_000; trip++) {
            double length = 62 + 4 * random.nextGaussian();
            fine.add(Math.round(length));
            long before = (long) (clock / 10) * 10;
            clock += length;
            coarse.add((long) (clock / 10) * 10 - before);
        }
        assertEquals(fine.percentile(50), coarse.percentile(50), 1);
        assertEquals(62, coarse.percentile(50), 1);
    }

    @Test
    void percentilesAreThoseOfTheSortedSamples() {
        TripHistogram histogram = new TripHistogram(1);
        for (int value = 1; value <= 1000; value++) {
            histogram.add(value);
        }
        assertEquals(500, histogram.percentile(50), 1);
        assertEquals(990, histogram.percentile(99), 1);
        assertEquals(999, histogram.percentile(99.9), 1);
        assertEquals(1000, histogram.max());
        assertEquals(1000, histogram.count());
    }

    @Test
    void roundsAddUp() {
        TripHistogram sum = of(1, 10, 10);
        sum.add(of(1, 30, 30, 30, 5_000_000));
        assertEquals(6, sum.count());
        assertEquals(30, sum.percentile(50), 1);
        assertEquals(5_000_000, sum.max(), 5000);
    }

    @ParameterizedTest
    @CsvSource({"10, 20 21 30 31 40", "1, 20 21 22 23 24", "1, 25", "1, ''", "100, 100 200 300"})
    void theClocksStepIsTheGapBetweenItsDifferences(int step, String differences) {
        int[] seen = new int[1000];
        for (String nanos : differences.isEmpty() ? new String[0] : differences.split(" ")) {
            seen[Integer.parseInt(nanos)] = 500_000;
        }
        seen[999] = 3;
        assertEquals(step, ClockStep.of(seen));
    }
}
