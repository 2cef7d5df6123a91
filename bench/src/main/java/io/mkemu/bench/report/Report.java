// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

import io.mkemu.bench.contender.Commands;
import io.mkemu.bench.run.Contender;
import io.mkemu.bench.run.Effort;
import io.mkemu.bench.run.Results.RoundTrip;
import io.mkemu.bench.run.Results.Throughput;
import io.mkemu.bench.run.Results.Verb;
import io.mkemu.bench.run.Results;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A run, and what can be said of it.
 *
 * @param command  what the user typed
 * @param commands that were run for it
 * @param notes    what a reader must know
 */
public record Report(Results results, MachineInfo machine, Effort effort, String command, List<String> commands,
                     List<String> notes) {
    /** Name of the row that trace modes are held against. */
    private static final String TRACE_OFF = "trace-off";
    private static final String TRACE_PREFIX = "trace-";
    private static final String TOP_OFF = "top-off";
    private static final String TOP_PREFIX = "top-";
    private static final String PAGES_COPY = "pages-memcpy";
    private static final String PAGES_PREFIX = "pages-";
    private static final String CROWD_PREFIX = "crowd-";

    /** Round trips by size, in the order of the contenders. */
    public List<RoundTrip> roundTrips() {
        List<RoundTrip> sorted = new ArrayList<>(results.roundTrips());
        sorted.sort(Comparator.comparing((RoundTrip trip) -> isApart(trip.name())).thenComparing(RoundTrip::bytes));
        return sorted;
    }

    /** Round trips of one size, without those that are held against each other alone. */
    public List<RoundTrip> roundTrips(int bytes) {
        return roundTrips().stream().filter(trip -> trip.bytes() == bytes && !isApart(trip.name())).toList();
    }

    private static boolean isApart(String name) {
        return isTrace(name) || isTop(name) || isPages(name) || isCrowd(name) || isLayer(name);
    }

    private static boolean isTrace(String name) {
        return name.startsWith(TRACE_PREFIX);
    }

    private static boolean isPages(String name) {
        return name.startsWith(PAGES_PREFIX);
    }

    private static boolean isTop(String name) {
        return name.startsWith(TOP_PREFIX);
    }

    private static boolean isLayer(String name) {
        return name.startsWith(Contender.LAYER_PREFIX);
    }

    private static boolean isCrowd(String name) {
        return name.startsWith(CROWD_PREFIX);
    }

    /** p50 in multiples of the C mailbox that spins, of the same size. */
    public OptionalDouble timesYardstick(RoundTrip trip) {
        return times(trip, Contender.YARDSTICK, trip.bytes());
    }

    /** p50 in multiples of the bare cache line's. */
    public OptionalDouble timesLimit(RoundTrip trip) {
        OptionalDouble inC = times(trip, Contender.LIMIT, trip.bytes());
        return inC.isPresent() ? inC : times(trip, Contender.JAVA_LIMIT, trip.bytes());
    }

    /** p50 in multiples of that with trace=off, for the rows of trace modes. */
    public OptionalDouble timesUntraced(RoundTrip trip) {
        return isTrace(trip.name()) ? times(trip, TRACE_OFF, trip.bytes()) : OptionalDouble.empty();
    }

    /** p50 in multiples of that without mk top, for the rows with and without it. */
    public OptionalDouble timesUnwatched(RoundTrip trip) {
        return isTop(trip.name()) ? times(trip, TOP_OFF, trip.bytes()) : OptionalDouble.empty();
    }

    /** p50 in multiples of that of a copy in one process, for the rows of pages. */
    public OptionalDouble timesCopy(RoundTrip trip) {
        return isPages(trip.name()) ? times(trip, PAGES_COPY, trip.bytes()) : OptionalDouble.empty();
    }

    /** p50 in multiples of that of a machine with no other instance, for the rows of crowds. */
    public OptionalDouble timesAlone(RoundTrip trip) {
        return isCrowd(trip.name()) ? times(trip, Contender.ALONE, trip.bytes()) : OptionalDouble.empty();
    }

    private OptionalDouble times(RoundTrip trip, String other, int bytes) {
        return results.roundTrips().stream().filter(base -> base.name().equals(other) && base.bytes() == bytes)
            .filter(base -> base.p50() > 0).mapToDouble(base -> trip.p50() / (double) base.p50()).findFirst();
    }

    /**
     * A layer of the budget.
     *
     * @param name without what all have in front
     * @param p50  median of its rounds' p50, ns
     * @param adds median over the rounds of what it takes longer than the layer before it, ns; 0 for the first
     */
    public record Layer(String name, double p50, double adds) {
    }

    /** The layers of a round trip, the least first. */
    public List<Layer> layers() {
        List<Layer> layers = new ArrayList<>();
        List<Long> before = null;
        for (RoundTrip trip : results.roundTrips()) {
            if (isLayer(trip.name())) {
                List<Long> rounds = results.p50s(trip.name(), trip.bytes());
                layers.add(new Layer(trip.name().substring(Contender.LAYER_PREFIX.length()), median(rounds),
                    before == null ? 0 : median(differences(before, rounds))));
                before = rounds;
            }
        }
        return layers;
    }

    /**
     * What the layers leave unexplained of the whole, ns: each layer's part is a median over rounds, and medians need
     * not add up where the machine's speed changes between two rounds.
     */
    public double unexplained() {
        List<Layer> layers = layers();
        return layers.getLast().p50() - layers.getFirst().p50() - layers.stream().mapToDouble(Layer::adds).sum();
    }

    private static List<Long> differences(List<Long> before, List<Long> after) {
        return IntStream.range(0, Math.min(before.size(), after.size()))
            .mapToObj(round -> after.get(round) - before.get(round)).toList();
    }

    private static double median(List<Long> values) {
        long[] sorted = values.stream().mapToLong(Long::longValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
    }

    /** Own time in multiples of that of a JVM that prints a line, for the rows of verbs. */
    public OptionalDouble timesLine(Verb verb) {
        return results.verbs().stream().filter(base -> base.name().equals(Commands.LINE) && base.own() > 0)
            .mapToDouble(base -> verb.own() / (double) base.own()).findFirst();
    }

    /** A line of the table of throughput: one contender, one size, ascending numbers of senders. */
    public record RateRow(String name, int bytes, List<OptionalDouble> bySenders) {
    }

    /** Throughput by size, in the order of the contenders. */
    public List<RateRow> rateRows() {
        Set<List<Object>> keys = new LinkedHashSet<>();
        List<Throughput> all = results.throughputs();
        all.stream().sorted(Comparator.comparing(Throughput::bytes))
            .forEach(rate -> keys.add(List.of(rate.name(), rate.bytes())));
        return keys.stream().map(key -> new RateRow((String) key.get(0), (Integer) key.get(1),
            effort.senders().stream().map(senders -> all.stream().filter(rate -> rate.name().equals(key.get(0))
                && rate.bytes() == (Integer) key.get(1) && rate.senders() == senders)
                .mapToDouble(Throughput::messagesPerSecond).findFirst()).toList())).toList();
    }

    /** Says which numbers of senders share CPUs with the receiver, or null if none do. */
    public String oversubscription() {
        List<Integer> shared = effort.senders().stream().filter(machine::isOversubscribed).toList();
        if (shared.isEmpty()) {
            return null;
        }
        return "oversubscribed: " + shared + " senders and a receiver on CPUs " + machine.cpus()
            + "; who waits there yields, and mkemu's CPUs do not poll";
    }
}
