// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.bench.contender.Commands.Sweep;
import io.mkemu.bench.contender.Samples;
import io.mkemu.bench.run.Results.RoundTrip;
import io.mkemu.bench.run.Results.Swept;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the rounds. */
class ResultsTest {
    @TempDir
    private Path directory;

    private Path file(long... nanos) throws IOException {
        Samples samples = new Samples();
        for (long sample : nanos) {
            samples.add(sample);
        }
        Path file = directory.resolve("samples");
        samples.appendTo(file);
        return file;
    }

    @Test
    void tripsOfAllRoundsAreTakenTogetherAndTheirSpreadIsTold() throws IOException {
        Results results = new Results(1);
        results.addTrips("one", 64, file(100, 100, 100));
        results.addTrips("two", 64, file(7));
        results.addTrips("one", 64, file(150, 150, 150, 150));
        List<RoundTrip> trips = results.roundTrips();
        assertEquals(List.of("one", "two"), trips.stream().map(RoundTrip::name).toList());
        RoundTrip one = trips.getFirst();
        assertEquals(7, one.trips());
        assertEquals(150, one.p50());
        assertEquals(150, one.max());
        assertEquals(1.0 / 3, one.spread(), 0.01);
        assertTrue(Files.notExists(directory.resolve("samples")));
    }

    @Test
    void aTripTooLongFor32BitsIsTheLongest() throws IOException {
        Results results = new Results(1);
        results.addTrips("slow", 8, file(10_000_000_000L));
        assertEquals(0xffff_ffffL, results.roundTrips().getFirst().max(), 0xffff_ffffL / 500.0);
    }

    @Test
    void aRateIsTheMedianOfItsRounds() {
        Results results = new Results(1);
        for (double rate : new double[] {5e6, 1e6, 2e6}) {
            results.addRate("one", 64, 2, rate);
        }
        results.addRate("one", 64, 1, 1e6);
        results.addRate("one", 64, 1, 3e6);
        assertEquals(List.of(new Results.Throughput("one", 64, 2, 2e6), new Results.Throughput("one", 64, 1, 2e6)),
            results.throughputs());
    }

    @Test
    void aSweepIsHeldAgainstThatOfOneThreadInItsRound() {
        Results results = new Results(1);
        for (long points : new long[] {1_000, 4_000, 2_000}) {
            results.addSweep(1, new Sweep(10, points, 500_000_000, points * 50));
            results.addSweep(4, new Sweep(60, points * 3, 500_000_000, points * 180));
        }
        assertEquals(List.of(new Swept(1, 3, 4_000, 20, 1.5, 50, OptionalDouble.of(1)),
            new Swept(4, 3, 12_000, 120, 1.5, 60, OptionalDouble.of(3))), results.sweeps());
    }

    @Test
    void withoutASweepOfOneThreadNothingIsHeldAgainstIt() {
        Results results = new Results(1);
        results.addSweep(2, new Sweep(10, 1_000, 1_000_000_000, 7_000));
        assertEquals(List.of(new Swept(2, 1, 1_000, 10, 0, 7, OptionalDouble.empty())), results.sweeps());
    }

    @Test
    void lostRecordsAddUp() {
        Results results = new Results(1);
        results.addLost("trace-all", 5);
        results.addLost("trace-all", 6);
        assertEquals(11, results.lost("trace-all"));
        assertEquals(0, results.lost("trace-off"));
    }
}
