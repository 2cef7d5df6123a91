// SPDX-License-Identifier: Apache-2.0
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.simulate.Simulator;
import io.mkemu.simulate.run.Failure;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The election in a JUnit test: copy it. The trees, and beside them election.jar, lie on the class path. */
class ElectionTest {
    private static Path tree(String name) {
        return Path.of(URI.create(ElectionTest.class.getResource("/" + name).toString()));
    }

    @Test
    void noTermHasTwoLeaders() {
        Simulator.of(tree("election.dts")).faults("kill,restart,pause,mid-send").runs(300).check();
    }

    @Test
    void aKernelThatForgetsItsVoteIsFound() {
        Simulator.Outcome outcome = Simulator.of(tree("election-bug.dts")).faults("kill,restart").runs(300).run();
        assertEquals(Failure.Kind.CHECK, outcome.failure().kind(), outcome.report());
    }
}
