// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.testkit.TakesLong;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The simulation bites: each of many small bugs, planted in mkemu's present code, is found within few runs. That the
 * code without them passes the same runs, and many more, {@link SelfSimulation} shows.
 *
 * <p>Memory is sequentially consistent in a simulation. What is wrong only where it is not, cannot be found here: a
 * fence that is left out (HotLanes' heavy fence, the one behind LocalApic.announce, the light one of a send), a plain
 * store in place of one with release (head, the ready word), a last look at retired lanes that only a store which is
 * late needs. Those belong to the litmus tests.
 */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
@TakesLong
class MutationTest {
    /** Enough also when the code changes, and with it what becomes of a seed. */
    private static final int MOST_RUNS = 1_500;

    @TempDir
    private static Path directory;

    @BeforeAll
    static void prepare() throws IOException {
        StressRuns.prepare(directory);
    }

    static List<Mutant> mutants() {
        return Mutants.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void isFound(Mutant mutant) throws IOException {
        String[] result = mutant.run(directory, "queued", SelfSimulation.FAULTS, MOST_RUNS);
        assertNotNull(result[0], () -> "not found in " + result[1] + " runs");
        assertTrue(result[0].startsWith("seed "), result[0]);
    }
}
