// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import io.mkemu.bench.contender.BootField;
import io.mkemu.bench.contender.Commands.Boot;
import io.mkemu.bench.contender.Commands.Sweep;
import io.mkemu.bench.contender.Commands.VerbTime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** What was measured, round by round. One thread. */
public final class Results {
    private static final long U32 = 0xffff_ffffL;
    private static final int CHUNK = 1 << 20;
    private static final double MEDIAN = 50;
    private static final double P99 = 99;
    private static final double P999 = 99.9;

    /**
     * Round trips of one size, all rounds together.
     *
     * @param trips  how many
     * @param spread (largest - smallest p50 of a round) / p50
     */
    public record RoundTrip(String name, int bytes, long p50, long p99, long p999, long max, long trips,
                            double spread) {
    }

    /** Messages per second from so many senders to one receiver, the median of the rounds. */
    public record Throughput(String name, int bytes, int senders, double messagesPerSecond) {
    }

    /** What a machine costs that has nothing to do, in CPUs (seconds of CPU time per second). */
    public record Idle(String name, double cpus) {
    }

    /**
     * Boots of so many instances at once.
     *
     * @param p50    from exec until all are active, ns
     * @param fields of one instance, the median of each
     */
    public record Boots(int instances, int runs, long p50, long max, Map<BootField, Long> fields) {
    }

    /**
     * A verb of the command line, or what it is held against, the medians of its runs in ns.
     *
     * @param p50 from the start of the script to its end
     * @param cpu CPU time
     * @param own p50 without the boot of an instance that it waited for
     */
    public record Verb(String name, int runs, long p50, long max, long cpu, long own) {
    }

    /**
     * Simulation by so many threads, the medians of the rounds.
     *
     * @param spread        (largest - smallest points per second of a round) / their median
     * @param bytesPerPoint of heap
     * @param timesOne      points per second in multiples of those of one thread in the same round
     */
    public record Swept(int threads, int rounds, double pointsPerSecond, double runsPerSecond, double spread,
                        double bytesPerPoint, OptionalDouble timesOne) {
    }

    /**
     * How a contender was warmed up.
     *
     * @param what     it measured meanwhile
     * @param windows  of time, one after the other
     * @param nanos    that it took
     * @param isStable whether it ended because its numbers were, and not because it had taken long enough
     * @param first    p99.9 in the first window, of the size or mode with the longest; 0 where there are no trips
     * @param last     p99.9 in the last windows
     */
    public record Warmed(String name, String what, int windows, long nanos, boolean isStable, long first, long last) {
    }

    private record Trips(TripHistogram all, List<Long> p50s) {
    }

    private record Key(String name, int bytes, int senders) {
    }

    private final int clockStep;
    private final Map<Key, Trips> trips = new LinkedHashMap<>();
    private final Map<Key, List<Double>> rates = new LinkedHashMap<>();
    private final Map<String, Long> lost = new HashMap<>();
    private final Map<Integer, List<Boot>> boots = new TreeMap<>();
    private final Map<String, List<VerbTime>> verbs = new LinkedHashMap<>();
    private final Map<Integer, List<Sweep>> sweeps = new TreeMap<>();
    private final List<Warmed> warmUps = new ArrayList<>();
    private final List<Idle> idle = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    /**
     * No results yet.
     *
     * @param clockStep of the clock that trips are timed by, ns
     */
    Results(int clockStep) {
        this.clockStep = clockStep;
    }

    /** Step of the clock that trips were timed by, ns. */
    public int clockStep() {
        return clockStep;
    }

    /** Adds a round's samples and deletes their file. */
    void addTrips(String name, int bytes, Path file) throws IOException {
        TripHistogram round = read(file);
        Trips sum = trips.computeIfAbsent(new Key(name, bytes, 1),
            key -> new Trips(new TripHistogram(clockStep), new ArrayList<>()));
        sum.all().add(round);
        sum.p50s().add(round.percentile(MEDIAN));
    }

    private TripHistogram read(Path file) throws IOException {
        TripHistogram histogram = new TripHistogram(clockStep);
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            while (in.read(chunk) >= 0) {
                chunk.flip();
                while (chunk.remaining() >= Integer.BYTES) {
                    histogram.add(chunk.getInt() & U32);
                }
                chunk.compact();
            }
        }
        Files.delete(file);
        return histogram;
    }

    void addRate(String name, int bytes, int senders, double messagesPerSecond) {
        rates.computeIfAbsent(new Key(name, bytes, senders), key -> new ArrayList<>()).add(messagesPerSecond);
    }

    void addIdle(String name, double cpus) {
        idle.add(new Idle(name, cpus));
    }

    void addBoot(int instances, Boot boot) {
        boots.computeIfAbsent(instances, key -> new ArrayList<>()).add(boot);
    }

    void addVerb(String name, VerbTime time) {
        verbs.computeIfAbsent(name, key -> new ArrayList<>()).add(time);
    }

    void addSweep(int threads, Sweep sweep) {
        sweeps.computeIfAbsent(threads, key -> new ArrayList<>()).add(sweep);
    }

    void addWarmUp(Warmed warmed) {
        warmUps.add(warmed);
    }

    /** Warm-ups, in the order in which they were. */
    public List<Warmed> warmUps() {
        return List.copyOf(warmUps);
    }

    /** Adds records that a trace lost in a round. */
    void addLost(String name, long records) {
        lost.merge(name, records, Long::sum);
    }

    /** Records that a trace lost in all rounds. */
    public long lost(String name) {
        return lost.getOrDefault(name, 0L);
    }

    void addFailure(String line) {
        failures.add(line);
    }

    /** Round trips. */
    public List<RoundTrip> roundTrips() {
        List<RoundTrip> all = new ArrayList<>();
        trips.forEach((key, sum) -> {
            long p50 = sum.all().percentile(MEDIAN);
            long least = sum.p50s().stream().mapToLong(Long::longValue).min().orElse(p50);
            long most = sum.p50s().stream().mapToLong(Long::longValue).max().orElse(p50);
            all.add(new RoundTrip(key.name(), key.bytes(), p50, sum.all().percentile(P99),
                sum.all().percentile(P999), sum.all().max(), sum.all().count(),
                p50 == 0 ? 0 : (most - least) / (double) p50));
        });
        return all;
    }

    /** p50 of each round, in their order. */
    public List<Long> p50s(String name, int bytes) {
        Trips sum = trips.get(new Key(name, bytes, 1));
        return sum == null ? List.of() : List.copyOf(sum.p50s());
    }

    /** One-way messages. */
    public List<Throughput> throughputs() {
        List<Throughput> all = new ArrayList<>();
        rates.forEach((key, rounds) -> all.add(
            new Throughput(key.name(), key.bytes(), key.senders(), median(rounds))));
        return all;
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().flatMapToDouble(DoubleStream::of).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Idle machines. */
    public List<Idle> idle() {
        return List.copyOf(idle);
    }

    /** Boots, by the number of instances. */
    public List<Boots> boots() {
        List<Boots> all = new ArrayList<>();
        boots.forEach((instances, runs) -> {
            Map<BootField, Long> fields = new EnumMap<>(BootField.class);
            for (BootField field : BootField.values()) {
                fields.put(field, medianOf(runs, boot -> boot.of(field)));
            }
            all.add(new Boots(instances, runs.size(), medianOf(runs, Boot::nanos),
                runs.stream().mapToLong(Boot::nanos).max().orElse(0), fields));
        });
        return all;
    }

    /** Verbs, in the order in which they were run. */
    public List<Verb> verbs() {
        List<Verb> all = new ArrayList<>();
        verbs.forEach((name, runs) -> all.add(new Verb(name, runs.size(), medianOf(runs, VerbTime::nanos),
            runs.stream().mapToLong(VerbTime::nanos).max().orElse(0), medianOf(runs, VerbTime::cpuNanos),
            medianOf(runs, VerbTime::ownNanos))));
        return all;
    }

    /** Simulations, by the number of threads. */
    public List<Swept> sweeps() {
        List<Swept> all = new ArrayList<>();
        List<Double> ofOne = rates(sweeps.getOrDefault(1, List.of()));
        sweeps.forEach((threads, rounds) -> {
            List<Double> rates = rates(rounds);
            double middle = median(rates);
            List<Double> ratios = IntStream.range(0, Math.min(rates.size(), ofOne.size()))
                .mapToObj(round -> rates.get(round) / ofOne.get(round)).toList();
            all.add(new Swept(threads, rounds.size(), middle,
                median(rounds.stream().map(round -> perSecond(round.runs(), round)).toList()),
                (Collections.max(rates) - Collections.min(rates)) / middle,
                median(rounds.stream().map(round -> round.bytes() / (double) round.points()).toList()),
                ratios.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(median(ratios))));
        });
        return all;
    }

    private static List<Double> rates(List<Sweep> rounds) {
        return rounds.stream().map(round -> perSecond(round.points(), round)).toList();
    }

    private static double perSecond(long count, Sweep sweep) {
        return count * (double) TimeUnit.SECONDS.toNanos(1) / sweep.nanos();
    }

    private static <T> long medianOf(List<T> runs, ToDoubleFunction<T> value) {
        return Math.round(median(runs.stream().map(value::applyAsDouble).toList()));
    }

    /** A line for each contender that could not be measured to the end. */
    public List<String> failures() {
        return List.copyOf(failures);
    }
}
