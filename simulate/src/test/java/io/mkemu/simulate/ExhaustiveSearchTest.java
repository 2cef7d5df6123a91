// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.simulate.run.Failure;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All executions of a host with a task, to which a kernel sends a message. */
class ExhaustiveSearchTest {
    private static final String MODULE = """
        import io.mkemu.module.*;
        public final class Bug implements KernelModule {
            private int first = -1;
            private int steps;
            @Override public void init(Kernel kernel) {
                if (kernel.instanceId() == 0) {
                    kernel.registerHandler((data, context) -> sees(kernel, 1), null, 1);
                    kernel.startTask("own", () -> {
                        if (steps++ == 0) {
                            return Task.AGAIN;
                        }
                        sees(kernel, 0);
                        return Task.DONE;
                    });
                } else {
                    kernel.startTask("send", () -> {
                        kernel.sendIpiData(0, new byte[1], 1);
                        return Task.DONE;
                    });
                }
            }
            private void sees(Kernel kernel, int who) {
                first = first < 0 ? who : first;
                kernel.observe("first", first);
            }
            public static final class Rule implements Check {
                @Override public String look(Observed machine) {
                    return machine.value(0, "first", 0) == %d ? "%1$d was first" : null;
                }
            }
        }
        """;

    @TempDir
    private Path directory;

    private Simulator simulator(int wrong) throws IOException {
        ModuleJar.build(directory.resolve("bug.jar"), MODULE.formatted(wrong));
        return Simulator.of(ModuleJar.tree(directory.resolve("bug.dts"), "./bug.jar", 1, 16, ""))
            .strategy("exhaustive:500").runs(1_000_000);
    }

    @Test
    void itComesToAnEndAndSaysSo() throws IOException {
        Simulator.Outcome all = simulator(7).check();
        assertTrue(all.report().matches("simulate: all [0-9,]+ executions up to 500 choices did not fail\\R"),
            all::report);
        assertEquals(all.report(), simulator(7).check().report());
    }

    @Test
    void eitherIsFirstInOneOfThem() throws IOException {
        for (int who = 0; who <= 1; who++) {
            Simulator.Outcome outcome = simulator(who).run();
            assertNotNull(outcome.failure(), "never is " + who + " first");
            assertEquals(Failure.Kind.CHECK, outcome.failure().kind(), outcome::report);
            assertTrue(outcome.report().contains(who + " was first"), outcome::report);
        }
    }

    @Test
    void itKnowsNoFaults() throws IOException {
        assertThrows(IllegalStateException.class, simulator(7).faults("kill")::run);
    }
}
