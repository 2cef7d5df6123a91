// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.simulate.fault.FaultKind;
import io.mkemu.simulate.run.Bench;
import io.mkemu.simulate.run.RunResult;
import io.mkemu.simulate.run.Scenario;
import io.mkemu.simulate.strategy.RandomWalk;
import io.mkemu.testkit.TakesLong;
import io.mkemu.tree.MachineSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same seed is the same run. */
@TakesLong
class SeedsTest {
    private static final int REPETITIONS = 100;

    @TempDir
    private static Path directory;
    private static Path tree;

    @BeforeAll
    static void build() throws IOException {
        try (Stream<Path> sources = Files.list(ModuleJar.root().resolve("simulate/src/test/modules"))) {
            ModuleJar.build(directory.resolve("lock.jar"), sources.sorted().toList(), "LockTwice", "LockTwice$Rule");
        }
        tree = ModuleJar.tree(directory.resolve("lock.dts"), "./lock.jar", 3, 16, "bug.planted=1");
    }

    private static void assertSame(RunResult one, RunResult other) {
        assertEquals(one.failure(), other.failure());
        assertEquals(one.points(), other.points());
        assertEquals(one.steps(), other.steps());
        assertEquals(one.delivered(), other.delivered());
        assertEquals(one.nanos(), other.nanos());
        assertEquals(one.faults(), other.faults());
        assertArrayEquals(one.decisions().actors(), other.decisions().actors());
        assertArrayEquals(one.decisions().lengths(), other.decisions().lengths());
        assertEquals(one.decisions().faults(), other.decisions().faults());
        assertEquals(one.decisions().full(), other.decisions().full());
    }

    @Test
    void hundredRepetitionsBetweenOtherRuns() throws IOException {
        Scenario scenario = Scenario.of("lock", MachineSpec.read(tree), EnumSet.allOf(FaultKind.class), 20_000,
            Long.MAX_VALUE);
        long length = Sweep.lengthOf(scenario);
        int failed = 0;
        int struck = 0;
        try (Bench bench = new Bench(scenario, length)) {
            for (int seed = 0; seed < 5; seed++) {
                RunResult first = bench.run(seed, new RandomWalk(), null);
                failed += first.failure() == null ? 0 : 1;
                struck += first.faults().size();
                for (int again = 0; again < REPETITIONS / 5; again++) {
                    bench.run(1_000 + again, new RandomWalk(), null);
                    assertSame(first, bench.run(seed, new RandomWalk(), null));
                }
            }
        }
        assertTrue(failed > 0 && struck > 0, failed + " runs failed, " + struck + " faults");
    }

    @Test
    void anotherBenchHasTheSameRun() throws IOException {
        Scenario scenario = Scenario.of("lock", MachineSpec.read(tree), EnumSet.of(FaultKind.KILL, FaultKind.MID_SEND,
            FaultKind.RESTART, FaultKind.PAUSE), 20_000, Long.MAX_VALUE);
        for (int seed = 0; seed < 5; seed++) {
            RunResult first;
            try (Bench bench = new Bench(scenario, 1_000)) {
                first = bench.run(seed, new RandomWalk(), null);
            }
            try (Bench bench = new Bench(scenario, 1_000)) {
                assertSame(first, bench.run(seed, new RandomWalk(), null));
            }
        }
    }

    @Test
    void moreThreadsFindTheSame() {
        List<Simulator.Outcome> found = Stream.of(1, 4)
            .map(jobs -> Simulator.of(tree).runs(50).faults("kill,pause").steps(20_000).jobs(jobs).run()).toList();
        assertNotNull(found.getFirst().failure(), found.getFirst()::report);
        assertEquals(found.get(0).failure(), found.get(1).failure());
        assertEquals(found.get(0).report(), found.get(1).report());
    }

    @Test
    void moreThreadsTellTheSameOfRunsThatDoNotFail() throws IOException {
        Path mended = ModuleJar.tree(directory.resolve("mended.dts"), "./lock.jar", 3, 16, "");
        List<String> told = Stream.of(1, 3)
            .map(jobs -> Simulator.of(mended).runs(60).steps(20_000).jobs(jobs).run().report()).toList();
        assertEquals(told.get(0), told.get(1));
    }
}
