// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import io.mkemu.abi.TraceMode;
import io.mkemu.bench.contender.Commands.Boot;
import io.mkemu.bench.contender.Commands.Rate;
import io.mkemu.bench.contender.Commands.VerbTime;
import io.mkemu.bench.contender.Commands.Way;
import io.mkemu.bench.run.Contender.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Measures contenders. All of them are up all the time, and take turns: in each round each of them runs for a moment
 * while the others sleep, so that a drift of the machine hits all alike. One thread runs it.
 */
public final class BenchRun {
    /** Those that are compared with each other in everything. */
    private static final Set<Kind> PEERS = EnumSet.of(Kind.C, Kind.JAVA, Kind.MKEMU);
    /* A window of a sweep's warm-up is such a part of a round. */
    private static final long WARM_PART = 4;

    private final List<Contender> contenders;
    private final Set<Comparison> comparisons;
    private final Effort effort;
    private final List<Integer> cpus;
    private final Path sources;
    private final Consumer<String> progress;
    private final List<String> commands = new ArrayList<>();
    private final int clockStep = ClockStep.measure();
    private final Results results = new Results(clockStep);
    private final List<ContenderProcess> processes = new ArrayList<>();
    private volatile boolean stopped;

    /**
     * Prepares.
     *
     * @param comparisons what is measured of mkemu alone
     * @param cpus        for the receiver, and for the senders in turn
     * @param sources     directory of the C peers
     * @param progress    told what is being done
     */
    public BenchRun(List<Contender> contenders, Set<Comparison> comparisons, Effort effort, List<Integer> cpus,
        Path sources, Consumer<String> progress) {
        this.contenders = contenders;
        this.comparisons = comparisons;
        this.effort = effort;
        this.cpus = cpus;
        this.sources = sources;
        this.progress = progress;
    }

    /** One step of a contender's. */
    private interface Step {
        void run(ContenderProcess process) throws IOException, BenchException, InterruptedException;
    }

    /** What is measured of a contender, for some time. */
    private interface Measure {
        void run(ContenderProcess process, long millis, Results into)
            throws IOException, BenchException, InterruptedException;
    }

    /** A directory for a journal, on disk as a user's would be: the one for temporary files. */
    private record JournalPlace(Path directory) implements AutoCloseable {
        static JournalPlace make() throws IOException {
            return new JournalPlace(Files.createTempDirectory("mkemu-bench-journal-"));
        }

        @Override
        public void close() throws IOException {
            Scratch.delete(directory);
        }
    }

    /** Ends the run as soon as it can. Any thread. */
    public void stop() {
        stopped = true;
        synchronized (processes) {
            processes.forEach(ContenderProcess::askEnd);
        }
    }

    /** The commands that made the C peers and started the contenders. */
    public List<String> commands() {
        return List.copyOf(commands);
    }

    /**
     * Measures all; a contender that fails is left out from then on.
     *
     * @throws InterruptedException if it was stopped
     */
    public Results run() throws IOException, InterruptedException {
        try (Scratch scratch = Scratch.make();
            JournalPlace journal = comparisons.contains(Comparison.TRACE) ? JournalPlace.make() : null) {
            try {
                start(scratch.directory(), journal == null ? null : journal.directory());
                measureTrips();
                measureTraces();
                measureTop(scratch.directory());
                measurePages();
                measureBudget();
                measureCrowds();
                measureBoots();
                measureVerbs();
                measureSweeps();
                measureIdle();
                measureRates();
                return results;
            } finally {
                synchronized (processes) {
                    processes.forEach(ContenderProcess::askEnd);
                    processes.forEach(ContenderProcess::close);
                }
            }
        }
    }

    private void start(Path directory, Path journal) throws IOException, InterruptedException {
        progress.accept("starting");
        List<Contender> wanted = new ArrayList<>(contenders);
        comparisons.forEach(comparison -> wanted.addAll(comparison.contenders()));
        if (CCompiler.version() == null) {
            wanted.removeIf(Contender::needsCompiler);
        }
        compile(wanted, Contender::isC, () -> CCompiler.peers(sources, directory, commands));
        compile(wanted, Contender::hasCModule, () -> CCompiler.module(sources, directory, commands));
        for (Contender contender : wanted) {
            commands.add(contender.shortCommand(cpus));
            synchronized (processes) {
                processes.add(ContenderProcess.start(contender, directory.resolve(contender.name()), cpus, directory,
                    journal));
            }
        }
        each("starting", ContenderProcess::awaitReady);
    }

    /** What some contenders are made of; without it they are left out. */
    private interface Source {
        void compile() throws IOException, BenchException, InterruptedException;
    }

    private void compile(List<Contender> wanted, Predicate<Contender> users, Source source)
        throws IOException, InterruptedException {
        if (wanted.stream().anyMatch(users)) {
            try {
                source.compile();
            } catch (BenchException failed) {
                results.addFailure(failed.getMessage());
                wanted.removeIf(users);
            }
        }
    }

    /** A step of each contender in turn; one that fails is ended and takes no further part. */
    private void each(String what, Step step) throws IOException, InterruptedException {
        for (ContenderProcess process : List.copyOf(processes)) {
            if (stopped) {
                throw new InterruptedException("stopped");
            }
            progress.accept(what + ": " + process.contender().name());
            try {
                step.run(process);
            } catch (BenchException failed) {
                if (!stopped) {
                    results.addFailure(failed.getMessage());
                    process.close();
                    synchronized (processes) {
                        processes.remove(process);
                    }
                }
            }
        }
    }

    /** A step for contenders of some kinds. */
    private static Step only(Set<Kind> kinds, Step step) {
        return process -> {
            if (kinds.contains(process.contender().kind())) {
                step.run(process);
            }
        };
    }

    /** Has each measure until what it measures is stable; what it measured meanwhile nobody looks at. */
    private void warmUp(String what, Set<Kind> kinds, Measure measure) throws IOException, InterruptedException {
        each("warm-up, " + what, only(kinds, process -> {
            WarmUp warmUp = new WarmUp();
            long begun = System.nanoTime();
            long took;
            do {
                Results window = new Results(clockStep);
                measure.run(process, effort.warmMillis(), window);
                warmUp.add(window, effort.warmMillis());
                took = System.nanoTime() - begun;
            } while (!stopped && !warmUp.isStable() && took < TimeUnit.MILLISECONDS.toNanos(effort.warmMost()));
            if (!warmUp.isEmpty()) {
                results.addWarmUp(warmUp.told(process.contender().name(), what, took));
            }
        }));
    }

    private void measureTrips() throws IOException, InterruptedException {
        warmUp("round trips", PEERS, (process, millis, into) -> {
            for (int bytes : Effort.BYTES) {
                trips(process, bytes, millis, into);
            }
        });
        for (int round = 1; round <= effort.rounds(); round++) {
            for (int bytes : Effort.BYTES) {
                each("round trips of " + bytes + " bytes, round " + round + " of " + effort.rounds(),
                    only(PEERS, process -> trips(process, bytes, effort.tripMillis(), results)));
            }
        }
    }

    private void measureTraces() throws IOException, InterruptedException {
        if (comparisons.contains(Comparison.TRACE)) {
            measureApart("trace modes", EnumSet.of(Kind.TRACED), BenchRun::traceModes);
        }
    }

    private static void traceModes(ContenderProcess process, long millis, Results into)
        throws IOException, BenchException, InterruptedException {
        for (TraceMode mode : TraceMode.values()) {
            String name = process.contender().name() + "-" + mode.label();
            long lost = process.trace(mode);
            into.addTrips(name, Effort.USUAL_BYTES, process.roundTrips(Effort.USUAL_BYTES, millis));
            into.addLost(name, process.trace(TraceMode.OFF) - lost);
        }
    }

    private void measureTop(Path directory) throws IOException, InterruptedException {
        if (!comparisons.contains(Comparison.TOP)
            || processes.stream().noneMatch(one -> one.contender().kind() == Kind.WATCHED)) {
            return;
        }
        try (RunningTop top = RunningTop.start(directory.resolve(Contender.WATCHED.name()))) {
            measureApart("without and with mk top", EnumSet.of(Kind.WATCHED), (process, millis, into) -> {
                String name = process.contender().name();
                into.addTrips(name + "-off", Effort.USUAL_BYTES, process.roundTrips(Effort.USUAL_BYTES, millis));
                top.resume();
                into.addTrips(name + "-on", Effort.USUAL_BYTES, process.roundTrips(Effort.USUAL_BYTES, millis));
                top.stop();
            });
        } catch (BenchException failed) {
            results.addFailure(failed.getMessage());
        }
    }

    private void measurePages() throws IOException, InterruptedException {
        if (comparisons.contains(Comparison.PAGES)) {
            measureApart("pages", EnumSet.of(Kind.PAGED), (process, millis, into) -> {
                for (Way way : Way.values()) {
                    into.addTrips(process.contender().name() + "-" + way.name().toLowerCase(Locale.ROOT),
                        Effort.MEBIBYTE, process.pages(way, millis));
                }
            });
        }
    }

    private void measureBudget() throws IOException, InterruptedException {
        if (comparisons.contains(Comparison.BUDGET)) {
            measureApart("layers", EnumSet.of(Kind.LAYER_C, Kind.LAYER_JAVA, Kind.LAYER_MKEMU),
                (process, millis, into) -> trips(process, Effort.USUAL_BYTES, millis, into));
        }
    }

    private void measureCrowds() throws IOException, InterruptedException {
        if (comparisons.contains(Comparison.CROWD)) {
            measureApart("crowds", EnumSet.of(Kind.CROWD),
                (process, millis, into) -> trips(process, Effort.USUAL_BYTES, millis, into));
        }
    }

    /** Round trips of those that are held against each other alone. */
    private void measureApart(String what, Set<Kind> kinds, Measure trips) throws IOException, InterruptedException {
        warmUp(what, kinds, trips);
        for (int round = 1; round <= effort.rounds(); round++) {
            each(what + ", round " + round + " of " + effort.rounds(),
                only(kinds, process -> trips.run(process, effort.tripMillis(), results)));
        }
    }

    private static void trips(ContenderProcess process, int bytes, long millis, Results into)
        throws IOException, BenchException, InterruptedException {
        into.addTrips(process.contender().name(), bytes, process.roundTrips(bytes, millis));
    }

    private void measureBoots() throws IOException, InterruptedException {
        if (comparisons.contains(Comparison.BOOT)) {
            /* The first boots warm up host and file system. */
            for (int round = 0; round <= effort.boots(); round++) {
                boolean counts = round > 0;
                for (int instances : Contender.BOOTED) {
                    each("boot of " + instances + ", round " + round + " of " + effort.boots(),
                        only(EnumSet.of(Kind.BOOT), process -> {
                            Boot boot = process.boot(instances);
                            if (counts) {
                                results.addBoot(instances, boot);
                            }
                        }));
                }
            }
        }
    }

    private void measureVerbs() throws IOException, InterruptedException {
        if (comparisons.contains(Comparison.VERBS)) {
            /* The first ones read the files. */
            for (int round = 0; round <= effort.verbs(); round++) {
                boolean counts = round > 0;
                for (String verb : Contender.VERB_NAMES) {
                    each(verb + ", round " + round + " of " + effort.verbs(),
                        only(EnumSet.of(Kind.VERBS), process -> {
                            VerbTime time = process.verb(verb);
                            if (counts) {
                                results.addVerb(verb, time);
                            }
                        }));
                }
            }
        }
    }

    private void measureSweeps() throws IOException, InterruptedException {
        if (comparisons.contains(Comparison.SIMULATE)) {
            Set<Kind> kinds = EnumSet.of(Kind.SIMULATE);
            List<Integer> jobs = Stream.of(1, cpus.size()).distinct().toList();
            /* A window of a warm-up in another measure is too short: each sweep loads its modules anew. */
            warmUp("sweeps", kinds, (process, millis, into) -> {
                for (int threads : jobs) {
                    into.addSweep(threads, process.sweep(threads, effort.sweepMillis() / WARM_PART));
                }
            });
            for (int round = 1; round <= effort.sweeps(); round++) {
                for (int threads : jobs) {
                    each("simulation, " + threads + (threads == 1 ? " thread" : " threads") + ", round " + round
                        + " of " + effort.sweeps(), only(kinds,
                            process -> results.addSweep(threads, process.sweep(threads, effort.sweepMillis()))));
                }
            }
        }
    }

    private void measureIdle() throws IOException, InterruptedException {
        each("idle machine", only(EnumSet.of(Kind.MKEMU), process -> {
            Rate rate = process.idle(effort.idleMillis());
            results.addIdle(process.contender().name(), rate.messages() / (double) rate.nanos());
        }));
    }

    private void measureRates() throws IOException, InterruptedException {
        for (int senders : effort.senders()) {
            warmUp(senders + (senders == 1 ? " sender" : " senders"), PEERS,
                (process, millis, into) -> rate(process, Effort.USUAL_BYTES, senders, into));
            for (int round = 1; round <= effort.rateRounds(); round++) {
                for (int bytes : effort.rateBytes()) {
                    each("messages of " + bytes + " bytes from " + senders + " senders, round " + round + " of "
                        + effort.rateRounds(), only(PEERS, process -> rate(process, bytes, senders, results)));
                }
            }
        }
    }

    /** A bare cache line has none. */
    private void rate(ContenderProcess process, int bytes, int senders, Results into)
        throws BenchException, InterruptedException {
        if (process.contender().carriesMessages()) {
            Rate rate = process.rate(bytes, senders, effort.rateMillis());
            into.addRate(process.contender().name(), bytes, senders,
                rate.messages() * (double) TimeUnit.SECONDS.toNanos(1) / rate.nanos());
        }
    }
}
