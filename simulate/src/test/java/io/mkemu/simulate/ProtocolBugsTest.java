// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.mkemu.simulate.run.Failure.Kind;
import io.mkemu.testkit.TakesLong;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Bugs of protocols, as people write them: each is found in a bounded number of runs from seed 1, and told as what it
 * is; and the same module without its bug passes as many runs. Nothing depends on how fast that goes.
 */
@TakesLong
class ProtocolBugsTest {
    private static final int RUNS = 300;
    private static final long MOST_STEPS = 20_000;

    @TempDir
    private static Path directory;
    private static List<Path> sources;

    @BeforeAll
    static void sources() throws IOException {
        try (Stream<Path> files = Files.list(ModuleJar.root().resolve("simulate/src/test/modules"))) {
            sources = files.sorted().toList();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "LostWakeup, DEADLOCK, none, 2, 16, false, task consumer of n2 waits for an interrupt",
        "TwoLeaders, CHECK, kill|restart, 2, 16, true, two leaders",
        "Enospc, DEADLOCK, none, 2, 2, false, task take of n2 waits for an interrupt",
        "Aba, CHECK, none, 2, 16, true, a page has two owners",
        "TimedSends, LIVELOCK, none, 2, 2, false, not done: task exchange of n",
        "ForgottenUnmap, LEAK, none, 2, 16, false, n1 still has a page of host mapped",
        "LockTwice, NOT_LINEARIZABLE, none, 3, 16, true, no order of these operations",
        "StaleRead, NOT_LINEARIZABLE, none, 3, 16, true, no order of these operations",
        "FormerLife, MODULE_THREW, kill|restart, 2, 16, false, n1: the callback for type 0x2 threw",
        "LeakAtExit, LEAK, none, 2, 16, false, bytes of its pool allocated when all modules have ended",
        "DoubleCount, CHECK, kill|restart, 2, 16, true, counted twice"})
    void isFoundAndItsMendingPasses(String bug, Kind kind, String faults, int members, int slots, boolean checked,
        String told) throws IOException {
        Path jar = directory.resolve(bug + ".jar");
        ModuleJar.build(jar, sources, bug, checked ? bug + "$Rule" : null);
        Simulator.Outcome found = simulator(bug, "bug.planted=1", members, slots, faults).run();
        assertNotNull(found.failure(), () -> bug + " is not found in " + RUNS + " runs");
        assertEquals(kind, found.failure().kind(), found::report);
        assertEquals(told, found.failure().text().contains(told) ? told : found.failure().text(), found::report);
        Simulator.Outcome mended = simulator(bug, "", members, slots, faults).check();
        assertEquals(RUNS, mended.runs());
    }

    private static Simulator simulator(String bug, String bootargs, int members, int slots, String faults)
        throws IOException {
        Path tree = Files.createTempFile(directory, bug, ".dts");
        return Simulator.of(ModuleJar.tree(tree, "./" + bug + ".jar", members, slots, bootargs))
            .faults(faults.replace('|', ',')).runs(RUNS).steps(MOST_STEPS);
    }
}
