// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code mk simulate} as a command: the same seed prints the same bytes, and mistakes are told in a line. */
class SimulateIT {
    @RegisterExtension
    final Mk mk = new Mk();

    private Path tree(String text) throws Exception {
        return Files.writeString(mk.work().resolve("machine.dts"), text);
    }

    @Test
    void aSeedPrintsTheSameBytesInTwoProcesses() throws Exception {
        Path demo = Mk.root().resolve("examples/demo.dts");
        Path lossy = tree(Files.readString(demo).replace("compatible =", "ipi = \"single-slot\";\n    compatible ="));
        MkProcess[] runs = new MkProcess[4];
        for (int run = 0; run < runs.length; run++) {
            runs[run] = mk.start("simulate", run < 2 ? demo : lossy, "--seed", 2, "-v", "--for", "0.02", "--faults",
                "kill,restart,pause,slow,full,boot,mid-send", "--jobs", 1 + run % 2);
        }
        for (int run = 0; run < runs.length; run += 2) {
            int code = runs[run].end();
            assertTrue(code == 0 || code == 1, runs[run]::describe);
            runs[run + 1].ends(code);
            assertTrue(runs[run].out().size() > 50, runs[run]::describe);
            assertEquals(runs[run].out(), runs[run + 1].out());
        }
    }

    private static boolean has(String thread, long pid) {
        try {
            return Procs.threads(pid).containsKey(thread);
        } catch (NoSuchFileException gone) {
            return false;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    @Test
    void ctrlCEndsASweepWithItsSummary() throws Exception {
        MkProcess sweep = mk.start("simulate", Mk.root().resolve("examples/demo.dts"), "--time", 3600);
        Await.until(() -> has("simulate-0", sweep.pid()), sweep::describe);
        sweep.signal("INT");
        sweep.ends(130);
        assertEquals(1, sweep.out("^simulate: no run (of [0-9,]+ failed|has come to its end)").size(),
            sweep::describe);
    }

    /** The library that writes journals, out of which the events are told, ends with the JVM. */
    @ParameterizedTest
    @ValueSource(strings = {"simulate-report", "trace-drain"})
    void ctrlCWhileAFailureIsToldStillTellsIt(String thread) throws Exception {
        MkProcess sweep = mk.start("simulate", Mk.root().resolve("examples/demo.dts"), "--seed", 1, "--steps", 30_000);
        Await.until(() -> !sweep.isAlive() || has(thread, sweep.pid()), sweep::describe);
        sweep.signal("INT");
        sweep.endsWith(code -> code == 130 || code == 1, "130, or 1 if the report was quicker");
        assertEquals(1, sweep.out("^simulate: seed 1 fails: livelock").size(), sweep::describe);
        assertEquals(1, sweep.out("^again: ").size(), sweep::describe);
    }

    @Test
    void mistakesAreToldInALine() throws Exception {
        Path demo = Mk.root().resolve("examples/demo.dts");
        Path far = tree("/dts-v1/; / { compatible = \"multikernel-v1\"; resources { cpus = <0 1>; memory-bytes = "
            + "<0x200000>; }; instances { far { id = <1>; mkemu,external; resources { cpus = <1>; memory-bytes = "
            + "<0x200000>; }; }; }; };");
        Path file = Files.writeString(mk.work().resolve("file"), "");
        Refusals refusals = new Refusals();
        refusals.add(mk.start("simulate"), 2, "FILE.dts");
        refusals.add(mk.start("simulate", mk.work().resolve("none.dts")), 3, "none.dts");
        refusals.add(mk.start("simulate", far), 3, "instance far is external");
        refusals.add(mk.start("simulate", demo, "--faults", "kill,fire"), 2, "'fire' is not a fault");
        refusals.add(mk.start("simulate", demo, "--strategy", "luck"), 2, "'luck' is not a strategy");
        refusals.add(mk.start("simulate", demo, "--seed", 1, "--for", "0.001", "--journal", file.resolve("journal")),
            5, "journal");
        refusals.check();
    }
}
