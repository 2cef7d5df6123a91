// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.simulate.run.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be simulated is told in a line, and a module's or a check's own mistakes are told as theirs. */
class RefusalsTest {
    private static final String MODULE = "import io.mkemu.module.*;\npublic final class Bug implements KernelModule {\n"
        + "    @Override public void init(Kernel kernel) throws Exception {\n        %s\n    }\n%s}\n";

    @TempDir
    private Path directory;

    private Simulator simulator(String init, String more) throws IOException {
        ModuleJar.build(directory.resolve("bug.jar"), MODULE.formatted(init, more));
        return Simulator.of(ModuleJar.tree(directory.resolve("bug.dts"), "./bug.jar", 1, 16, "")).runs(3);
    }

    private static void fails(Simulator simulator, Failure.Kind kind, String text) {
        Simulator.Outcome outcome = simulator.run();
        assertEquals(kind, outcome.failure().kind(), outcome::report);
        assertTrue(outcome.failure().text().contains(text), outcome::report);
        assertTrue(outcome.report().startsWith("simulate: seed 1 fails: " + kind.label()), outcome::report);
    }

    @Test
    void aCheckThatThrowsIsToldAsTheChecksFailure() throws IOException {
        fails(simulator("kernel.observe(\"x\", 1);", "    public static final class Rule implements Check {\n"
            + "        @Override public String look(Observed machine) { return \"\" + machine.value(0, \"y\"); }\n"
            + "    }\n").faults("none"), Failure.Kind.CHECK_THREW, "publishes no \"y\"");
    }

    @Test
    void anInitThatThrows() throws IOException {
        fails(simulator("throw new IllegalStateException(\"no\");", ""), Failure.Kind.MODULE_THREW,
            "init threw java.lang.IllegalStateException: no");
    }

    /** What a module does wrong is refused to the module, as by a real kernel, and not a fault of the simulator. */
    @Test
    void aModuleThatSendsToWhatIsNotThere() throws IOException {
        String sends = "var data = new org.agrona.concurrent.UnsafeBuffer(new byte[8]);"
            + " for (int id : new int[] {77, 300, -1}) for (int cpu : new int[] {0, 5000, -1, -2})"
            + " if (kernel.sendIpiDataToCpu(id, cpu, data, 0, 8, 1) >= 0 || kernel.sendIpiData(id, data, 0, 8, 1) >= 0)"
            + " throw new IllegalStateException(\"sent to CPU \" + cpu + \" of \" + id);";
        simulator(sends, "").check();
    }

    @Test
    void aTaskThatReturnsNothingThatItMay() throws IOException {
        fails(simulator("kernel.startTask(\"odd\", () -> -7);", ""), Failure.Kind.TASK_FAILED,
            "task odd returned -7");
    }

    @Test
    void aTaskThatNeverEnds() throws IOException {
        fails(simulator("kernel.startTask(\"forever\", () -> Task.AGAIN);", "").steps(2_000), Failure.Kind.LIVELOCK,
            "task forever of");
    }

    @Test
    void aStepThatSpinsIsGivenUpWithItsPlace() throws IOException {
        Simulator spins = simulator("kernel.startTask(\"spin\", this::spin);",
            "    private long spin() {\n        while (!Thread.currentThread().isInterrupted()) {\n"
            + "            Thread.onSpinWait();\n        }\n        return Task.DONE;\n    }\n");
        MachineException given = assertThrows(MachineException.class, spins.stuck(Duration.ofSeconds(3))::run);
        assertEquals(ExitCode.FAILED, given.exitCode());
        assertTrue(given.getMessage().contains("Bug.spin(Bug.java"), given::getMessage);
        assertTrue(given.getMessage().startsWith("the run of seed "), given::getMessage);
    }

    @Test
    void aServiceFileThatNamesWhatIsNotThere() throws IOException {
        ModuleJar.build(directory.resolve("bug.jar"), List.of(Files.writeString(directory.resolve("Bug.java"),
            MODULE.formatted("", ""))), "Gone", null);
        Path tree = ModuleJar.tree(directory.resolve("bug.dts"), "./bug.jar", 1, 16, "");
        fails(Simulator.of(tree).runs(1), Failure.Kind.BOOT, "names Gone");
    }

    @Test
    void aCheckThatIsNotThere() throws IOException {
        ModuleJar.build(directory.resolve("bug.jar"), List.of(Files.writeString(directory.resolve("Bug.java"),
            MODULE.formatted("", ""))), "Bug", "Gone");
        Path tree = ModuleJar.tree(directory.resolve("bug.dts"), "./bug.jar", 1, 16, "");
        MachineException refused = assertThrows(MachineException.class, Simulator.of(tree).runs(1)::run);
        assertEquals(ExitCode.MODULE, refused.exitCode());
        assertTrue(refused.getMessage().contains("io.mkemu.module.Check names Gone"), refused::getMessage);
    }

    @Test
    void anExternalInstance() throws IOException {
        Path tree = Files.writeString(directory.resolve("external.dts"), "/dts-v1/;\n/ { compatible = "
            + "\"multikernel-v1\"; resources { cpus = <0 1>; memory-bytes = <0x100000>; }; instances { far { id = <1>; "
            + "mkemu,external; resources { cpus = <1>; memory-bytes = <0x100000>; }; }; }; };\n");
        MachineException refused = assertThrows(MachineException.class, Simulator.of(tree)::run);
        assertEquals(ExitCode.CONFIG, refused.exitCode());
        assertTrue(refused.getMessage().startsWith("instance far is external"), refused::getMessage);
    }

    @Test
    void wordsThatAreNone() throws IOException {
        Simulator simulator = simulator("", "");
        assertTrue(assertThrows(IllegalArgumentException.class, () -> simulator.faults("kill,fire")).getMessage()
            .startsWith("'fire' is not a fault"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> simulator.strategy("pct:0")).getMessage()
            .startsWith("'pct:0' is not a strategy"));
        assertThrows(IllegalArgumentException.class, () -> simulator.runs(0));
    }
}
