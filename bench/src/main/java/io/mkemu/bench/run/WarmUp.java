// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import io.mkemu.bench.run.Results.RoundTrip;
import io.mkemu.bench.run.Results.Swept;
import io.mkemu.bench.run.Results.Throughput;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Windows of one contender's warm-up: it is over when each size and mode that they measure is stable. One thread. */
final class WarmUp {
    private final Map<List<Object>, Stability> series = new LinkedHashMap<>();

    /** Adds what one window of time saw: results of its own. */
    void add(Results window, long millis) {
        for (RoundTrip trip : window.roundTrips()) {
            of(List.of(trip.name(), trip.bytes()))
                .add(new Stability.Window(trip.trips() / (double) millis, trip.p50(), trip.p999()));
        }
        for (Throughput rate : window.throughputs()) {
            of(List.of(rate.name(), rate.bytes(), rate.senders()))
                .add(new Stability.Window(rate.messagesPerSecond(), 0, 0));
        }
        for (Swept swept : window.sweeps()) {
            of(List.of(swept.threads())).add(new Stability.Window(swept.pointsPerSecond(), 0, 0));
        }
    }

    private Stability of(List<Object> key) {
        return series.computeIfAbsent(key, fresh -> new Stability());
    }

    /** Whether nothing was measured: a contender that does not do this. */
    boolean isEmpty() {
        return series.isEmpty();
    }

    boolean isStable() {
        return series.values().stream().allMatch(Stability::isStable);
    }

    /**
     * What there is to tell of it.
     *
     * @param name  of the contender
     * @param what  was measured
     * @param nanos that it took
     */
    Results.Warmed told(String name, String what, long nanos) {
        Stability worst = series.values().stream().max(Comparator.comparingDouble(Stability::lastTail)).orElseThrow();
        return new Results.Warmed(name, what, worst.length(), nanos, isStable(), Math.round(worst.firstTail()),
            Math.round(worst.lastTail()));
    }
}
