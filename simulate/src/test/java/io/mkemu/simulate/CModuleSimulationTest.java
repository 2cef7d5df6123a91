// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.testkit.CModules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Modules in C in many simulated machines: each run has its own data, and a seed makes the same run each time. */
@Timeout(300)
class CModuleSimulationTest {
    private static final int RUNS = 40;

    @TempDir
    Path directory;

    private Path module(String name) {
        return CModules.build(CModules.root().resolve("instance/src/test/c/" + name + ".c"), directory);
    }

    private Simulator simulator(String of, String hostArgs, String on, String args) throws IOException {
        return Simulator.of(Files.writeString(directory.resolve("tree.dts"), """
            /dts-v1/;
            / {
                compatible = "multikernel-v1";
                mkemu,modules = "%s";
                chosen { bootargs = "%s"; };
                resources { cpus = <0 1>; memory-bytes = <0x100000>; };
                instances {
                    n1 {
                        id = <1>;
                        mkemu,modules = "%s";
                        resources { cpus = <1>; memory-bytes = <0x100000>; };
                        chosen { bootargs = "%s"; };
                    };
                };
            };
            """.formatted(of, hostArgs, on, args))).runs(RUNS).steps(200_000);
    }

    @Test
    void kthreadsTalkAndEveryRunBeginsAnew() throws Exception {
        module("threads");
        Simulator.Outcome first = simulator("./threads.so", "threads.peer=1 threads.rounds=9", "./threads.so",
            "threads.peer=0 threads.rounds=4").run();
        assertNull(first.failure(), first::report);
        assertEquals(RUNS, first.runs());
        assertEquals(RUNS * 13, first.messages(), "all messages of each run are delivered");
        Simulator.Outcome again = simulator("./threads.so", "threads.peer=1 threads.rounds=9", "./threads.so",
            "threads.peer=0 threads.rounds=4").run();
        assertEquals(first.points(), again.points(), "the same seeds make the same runs");
        assertEquals(first.messages(), again.messages());
    }

    @Test
    void kernelsThatAreKilledLeaveTheOthersGoing() throws Exception {
        module("threads");
        Simulator.Outcome outcome = simulator("./threads.so", "threads.peer=1 threads.rounds=5", "./threads.so",
            "threads.peer=0 threads.rounds=5").faults("kill,restart").run();
        assertNull(outcome.failure(), outcome::report);
        assertTrue(outcome.faults() > 0, outcome::report);
    }
}
