// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import io.mkemu.bench.contender.BootField;
import io.mkemu.bench.contender.Commands.Boot;
import io.mkemu.bench.contender.Commands.Sweep;
import io.mkemu.bench.contender.Commands.VerbTime;
import io.mkemu.bench.contender.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;

/** Results that nobody measured. */
public final class SampleResults {
    private SampleResults() {
    }

    /** A few of each kind. */
    public static Results make() throws IOException {
        Results results = new Results(1);
        trips(results, "cacheline-c", 64, 60);
        trips(results, "c-mailbox-spin", 64, 120);
        trips(results, "mkemu-queued-poll", 64, 240);
        trips(results, "mkemu-queued-poll", 256, 300);
        trips(results, "trace-off", 64, 100);
        trips(results, "trace-ipi", 64, 110);
        trips(results, "top-off", 64, 200);
        trips(results, "top-on", 64, 204);
        trips(results, "pages-memcpy", 1 << 20, 30_000);
        trips(results, "pages-sent", 1 << 20, 45_000);
        trips(results, "budget-c-mailbox-spin", 64, 100);
        trips(results, "budget-slots", 64, 110);
        trips(results, "budget-cpu", 64, 190);
        trips(results, "budget-c-mailbox-spin", 64, 200);
        trips(results, "budget-slots", 64, 220);
        trips(results, "budget-cpu", 64, 280);
        trips(results, "budget-c-mailbox-spin", 64, 300);
        trips(results, "budget-slots", 64, 330);
        trips(results, "budget-cpu", 64, 375);
        trips(results, "crowd-0", 64, 200);
        trips(results, "crowd-128", 64, 230);
        for (long millis = 1; millis <= 3; millis++) {
            results.addBoot(8, new Boot(millis * 100_000_000,
                Collections.nCopies(BootField.values().length, millis * 1024)));
        }
        results.addVerb("line", new VerbTime(40_000_000, 30_000_000, 40_000_000));
        results.addVerb("exec", new VerbTime(300_000_000, 90_000_000, 100_000_000));
        results.addVerb("exec", new VerbTime(500_000_000, 110_000_000, 140_000_000));
        results.addSweep(1, new Sweep(100, 200_000, 1_000_000_000, 20_000_000));
        results.addSweep(2, new Sweep(150, 300_000, 1_000_000_000, 60_000_000));
        results.addSweep(1, new Sweep(600, 1_200_000, 2_000_000_000, 120_000_000));
        results.addSweep(2, new Sweep(570, 1_140_000, 1_000_000_000, 228_000_000));
        results.addSweep(1, new Sweep(200, 400_000, 1_000_000_000, 60_000_000));
        results.addSweep(2, new Sweep(400, 800_000, 1_000_000_000, 160_000_000));
        results.addLost("trace-ipi", 1);
        results.addRate("mkemu-queued-poll", 64, 1, 2e6);
        results.addRate("mkemu-queued-poll", 64, 2, 5e5);
        results.addIdle("mkemu-queued-halt", 0.005);
        results.addWarmUp(new Results.Warmed("agrona-1to1", "round trips", 6, 1_500_000_000, true, 2000, 300));
        results.addWarmUp(new Results.Warmed("agrona-1to1", "2 senders", 9, 3_000_000_000L, false, 0, 0));
        results.addFailure("x: y");
        return results;
    }

    private static void trips(Results results, String name, int bytes, long nanos) throws IOException {
        Samples samples = new Samples();
        for (int trip = 0; trip < 4; trip++) {
            samples.add(nanos);
        }
        Path file = Files.createTempFile("bench", ".samples");
        Files.delete(file);
        samples.appendTo(file);
        results.addTrips(name, bytes, file);
    }
}
