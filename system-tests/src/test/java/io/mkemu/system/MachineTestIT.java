// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.abi.InstanceState;
import io.mkemu.test.KernelStatus;
import io.mkemu.test.LogLine;
import io.mkemu.test.Machine;
import io.mkemu.test.MachineTest;
import io.mkemu.test.MachineTestException;
import io.mkemu.testkit.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What mkemu-test promises: a test has a real machine, and nothing of it is left, whatever becomes of the test. */
@Timeout(300)
class MachineTestIT {
    private static final int END_SECONDS = 60;

    @MachineTest("machine-test.dts")
    void aTestHasAMachineAndItsVerbs(Machine machine) throws Exception {
        LogLine done = machine.awaitLog("k2", "40 sent, 40 received, 0 lost");
        assertEquals("k2", done.kernel());
        assertTrue(machine.delivered("k1", "k2") >= 40, () -> machine.traffic().toString());
        assertEquals(0, machine.delivered("k1", "host"));
        assertTrue(machine.iomem().contains("mk-instance-2-k2-region-0"), machine::iomem);
        assertTrue(machine.dmesg("k1").contains("Command line:"), () -> machine.dmesg("k1"));
        assertEquals(List.of("host", "k1", "k2"), machine.kernels().stream().map(KernelStatus::name).toList());

        machine.pause("k1");
        assertEquals("paused", machine.kernel("k1").detail());
        machine.resume("k1");
        machine.crash("k1");
        KernelStatus dead = machine.awaitState("k1", InstanceState.FAILED);
        assertTrue(dead.reason().contains("SIGKILL"), dead::toString);
        machine.exec("k1");
        assertEquals(2, machine.awaitState("k1", InstanceState.ACTIVE).life());
        LogLine first = machine.awaitLog("k1", "Command line:");
        LogLine second = machine.awaitLogAfter(first, "k1", "Command line:.*mk_life=2");
        assertTrue(second.nanos() > first.nanos());
        machine.kill("k1");
        assertEquals(InstanceState.LOADED, machine.kernel("k1").state());

        MachineTestException refused = assertThrows(MachineTestException.class, () -> machine.kill("k1"));
        assertEquals(ExitCode.STATE, refused.exitCode());
        assertTrue(refused.getMessage().contains("k1"), refused::getMessage);
        assertTrue(assertThrows(MachineTestException.class, () -> machine.kernel("nobody")).getMessage()
            .contains("k1, k2"));
        assertTrue(assertThrows(MachineTestException.class, () -> machine.mk("dmesg", "nobody")).getMessage()
            .contains("nobody"));
    }

    @Test
    void twoTestsAtATimeDoNotMeetAndAFailureTellsAll() throws Exception {
        MachineFixtures.Parallel.MACHINES.clear();
        FixtureRun run = FixtureRun.of(MachineFixtures.Parallel.class);
        assertEquals(1, run.passed(), run::toString);
        assertEquals(1, run.failures().size(), run::toString);
        List<Machine> machines = List.copyOf(MachineFixtures.Parallel.MACHINES);
        assertEquals(2, machines.size());
        assertNotEquals(machines.get(0).name(), machines.get(1).name());

        Throwable failure = run.failures().getFirst();
        assertEquals("deliberately", failure.getMessage());
        String report = failure.getSuppressed()[0].toString();
        for (String part : List.of("dmesg of host:\n", "dmesg of k1:\n", "dmesg of k2:\n", "mk_life=1",
            "40 sent, 40 received", "k1 active, life 1", "journal: ")) {
            assertTrue(report.contains(part), () -> part + " in " + report);
        }
        Path journal = Path.of(report.replaceFirst("(?s).*\njournal: (\\S+) .*", "$1"));
        assertFalse(Trees.below(journal).isEmpty(), () -> journal + " is empty");
        try (var all = Files.list(journal.getParent())) {
            List<Path> fixtures = all.filter(file -> file.getFileName().toString().startsWith("Parallel.")).toList();
            assertEquals(List.of(journal), fixtures, "that of the test that passed is gone");
        }
        Trees.delete(journal);
        for (Machine machine : machines) {
            assertNothingLeft(machine.directory(), List.of());
        }
    }

    @Test
    void aWrongTreeIsOneClearFailure() throws Exception {
        FixtureRun run = FixtureRun.of(MachineFixtures.WrongTree.class);
        assertEquals(0, run.passed(), run::toString);
        assertEquals(1, run.failures().size(), run::toString);
        String message = run.failures().getFirst().getMessage();
        assertTrue(message.matches(".*machine-test-wrong\\.dts:\\d+:\\d+: .*no-such-module.*"), message);
        FixtureRun none = FixtureRun.of(MachineFixtures.NoTree.class);
        assertEquals(1, none.failures().size(), none::toString);
        assertTrue(none.failures().getFirst().getMessage().contains("no-tree.dts"), none::toString);
    }

    @Test
    void whatASimulatedRunFindsIsTheFailure() {
        FixtureRun run = FixtureRun.of(MachineFixtures.Simulated.class);
        assertEquals(1, run.passed(), run::toString);
        assertEquals(1, run.failures().size(), run::toString);
        String message = run.failures().getFirst().getMessage();
        assertTrue(message.contains("killed by SIGKILL"), message);
        assertTrue(message.matches("(?s).*again: mk simulate \\S+machine-test\\.dts --faults kill --seed \\d+.*"),
            message);
    }

    @Test
    void theSameTestRunsInTheSimulatorBeforeItRunsOnARealMachine() {
        MachineFixtures.Scripts.REAL.clear();
        FixtureRun run = FixtureRun.of(MachineFixtures.Scripts.class);
        assertEquals(Set.of("runsInBoth", "isReal"), Set.copyOf(MachineFixtures.Scripts.REAL), run::toString);
        assertEquals(2, run.passed(), run::toString);
        assertEquals(2, run.failures().size(), run::toString);
        String both = run.failures().get(0).getMessage() + run.failures().get(1).getMessage();
        assertTrue(both.contains("deliberately") && both.contains("there is no mk for a simulated machine"), both);
        assertTrue(both.matches("(?s).*again: mk simulate \\S+machine-test\\.dts --script '\\S+#\\S+Scripts#\\w+' "
            + "--script-path '\\S+' --seed \\d+.*"), both);
        FixtureRun alone = FixtureRun.of(MachineFixtures.ScriptsAlone.class);
        assertEquals(List.of(), alone.failures());
        assertEquals(1, alone.passed());
    }

    @Test
    void whateverEndsTheTestsJvmNothingIsLeft() throws Exception {
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.addAll(ChildJvm.command(List.of("-Dmkemu.mk=" + System.getProperty("mkemu.mk")),
            MachineFixtures.class, Path.of("target/test-classes/machine-test.dts")));
        try (ChildJvm interrupted = new ChildJvm(command); ChildJvm killed = new ChildJvm(command)) {
            String[] first = interrupted.readLine().split(" ");
            String[] second = killed.readLine().split(" ");
            Procs.signal("INT", interrupted.pid());
            killed.kill();
            assertEquals(128 + 2, interrupted.waitFor());
            /* This one had the time to wait for its host, so nothing is there now. */
            assertTrue(Files.notExists(Path.of(first[0])));
            assertNothingLeft(Path.of(first[0]), List.of(first).subList(1, first.length));
            assertNothingLeft(Path.of(second[0]), List.of(second).subList(1, second.length));
        }
    }

    private static void assertNothingLeft(Path directory, List<String> pids) throws Exception {
        for (String pid : pids) {
            Procs.awaitEnd(Long.parseLong(pid), END_SECONDS);
        }
        Procs.awaitNoInstances(directory, END_SECONDS);
        assertTrue(Files.notExists(directory), directory::toString);
    }
}
