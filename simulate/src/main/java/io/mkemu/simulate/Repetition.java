// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import io.mkemu.abi.TraceMode;
import io.mkemu.cli.trace.EventLines;
import io.mkemu.journal.JournalLimits;
import io.mkemu.plan.JournalOptions;
import io.mkemu.plan.MachinePlan;
import io.mkemu.simulate.run.Bench;
import io.mkemu.simulate.run.Decisions;
import io.mkemu.simulate.run.RunResult;
import io.mkemu.simulate.run.Scenario;
import io.mkemu.simulate.strategy.Given;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Does a run once more, recorded into a journal, so that all that reads journals can show it. */
final class Repetition {
    private static final int PATIENCE_SECONDS = 10;

    private final Scenario scenario;
    private final Bench bench;

    Repetition(Scenario scenario, Bench bench) {
        this.scenario = scenario;
        this.bench = bench;
    }

    /**
     * Records a run with all that its modules asked for, so that it can be replayed too.
     *
     * @param journal directory, absolute; made if it is not there
     * @throws IOException              if the journal cannot be written
     * @throws io.mkemu.MachineException if its directory cannot be used
     */
    RunResult record(RunResult run, Path journal) throws IOException {
        Decisions decisions = run.decisions();
        Given strategy = new Given();
        strategy.schedule(decisions.actors(), decisions.lengths(), decisions.coarse());
        MachinePlan plan = (decisions.full() ? scenario.full() : scenario.plan())
            .recorded(new JournalOptions(journal, JournalLimits.DEFAULT, TraceMode.ALL));
        return bench.run(run.seed(), strategy, decisions, plan);
    }

    /**
     * The events of a run, as {@code mk trace} prints them.
     *
     * @throws IOException if there is no room for a journal in the directory for temporary files
     */
    List<String> events(RunResult run) throws IOException {
        Path journal = Files.createTempDirectory("mkemu-simulate-");
        CountDownLatch read = new CountDownLatch(1);
        /* Ctrl-C and SIGTERM end the process without what is finally done, if they need not wait for it. */
        Thread whenKilled = new Thread(() -> {
            try {
                if (!read.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    remove(journal);
                }
            } catch (IOException | InterruptedException left) {
                System.err.println("mk: " + journal + " is left behind: " + left);
            }
        }, "simulate-remove");
        remember(whenKilled);
        try {
            record(run, journal);
            return EventLines.of(journal);
        } finally {
            remove(journal);
            read.countDown();
            forget(whenKilled);
        }
    }

    private static void remember(Thread hook) {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException exits) {
            /* Then somebody has the process wait for what is printed here. */
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException exits) {
            /* Then it has run, or runs now, and finds nothing. */
        }
    }

    private static void remove(Path journal) throws IOException {
        if (Files.exists(journal)) {
            try (Stream<Path> files = Files.walk(journal)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
