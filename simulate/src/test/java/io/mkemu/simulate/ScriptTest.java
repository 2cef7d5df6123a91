// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.module.Script;
import io.mkemu.module.ScriptedMachine;
import io.mkemu.simulate.run.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scripts beside simulated machines, on the lock of examples/tested-module. */
class ScriptTest {
    private static final long SECOND = 1_000_000_000;

    @TempDir
    private static Path directory;

    @BeforeAll
    static void build() throws IOException {
        Path example = ModuleJar.root().resolve("examples/tested-module");
        Files.createDirectories(directory.resolve("target"));
        try (Stream<Path> trees = Files.list(example)) {
            for (Path file : trees.filter(each -> each.toString().endsWith(".dts")).toList()) {
                Files.copy(file, directory.resolve(file.getFileName().toString()));
            }
        }
        Path sources = example.resolve("src/main/java/lock");
        ModuleJar.build(directory.resolve("target/tested-module.jar"), List.of(sources.resolve("Lock.java"),
            sources.resolve("OneHolder.java")), "lock.Lock", "lock.OneHolder");
    }

    private static Simulator of(String tree, Script script) {
        return Simulator.of(directory.resolve(tree)).runs(50).jobs(2).script(() -> script);
    }

    private static boolean says(ScriptedMachine machine, String kernel, String text) {
        return machine.await(() -> machine.lines().stream().anyMatch(line -> line.kernel().equals(kernel)
            && line.text().contains(text)), 60 * SECOND);
    }

    private static void is(ScriptedMachine machine, String instance, InstanceState state) {
        assertTrue(machine.await(() -> machine.state(instance) == state, SECOND), () -> instance + " is "
            + machine.state(instance));
    }

    @Test
    void theHolderCrashesInTheMidstOfAnythingAndIsExecutedAgain() {
        Set<Long> times = ConcurrentHashMap.newKeySet();
        Simulator.Outcome outcome = of("stuck.dts", machine -> {
            assertEquals(List.of("host", "n1", "n2"), machine.kernels());
            assertTrue(says(machine, "n1", "has the lock"));
            machine.crash("n1");
            is(machine, "n1", InstanceState.FAILED);
            times.add(machine.lines().getLast().nanos());
            assertEquals("killed by SIGKILL (a fault of the simulation)", machine.reason("n1"));
            assertTrue(says(machine, "n2", "had the lock 20 times"));
            machine.exec("n1");
            is(machine, "n1", InstanceState.ACTIVE);
            assertEquals(2, machine.life("n1"));
            assertTrue(machine.await(() -> machine.delivered("host", "n1") == 1 && machine.waiting("host", "n1") == 0,
                SECOND));
            assertTrue(machine.iomem().contains("mk-instance-1"), machine.iomem());
        }).check();
        assertEquals(50, outcome.runs());
        assertTrue(times.size() > 10, times::toString);
    }

    @Test
    void endsInOrderPausesAndResumes() {
        of("lock.dts", machine -> {
            is(machine, "n1", InstanceState.ACTIVE);
            machine.pause("n1");
            assertTrue(machine.isPaused("n1"));
            assertThrows(MachineException.class, () -> machine.pause("n1"));
            assertTrue(!says(machine, "n1", "had the lock"));
            machine.resume("n1");
            assertTrue(says(machine, "n1", "had the lock 5 times"));
            machine.kill("n2");
            is(machine, "n2", InstanceState.LOADED);
            assertEquals("", machine.reason("n2"));
            assertThrows(MachineException.class, () -> machine.kill("n2"));
            machine.exec("n2");
            is(machine, "n2", InstanceState.ACTIVE);
        }).check();
    }

    @Test
    void whatItThrowsIsTheFailureOfTheRunAndTheSeedRepeatsIt() {
        Script script = machine -> {
            is(machine, "n1", InstanceState.ACTIVE);
            if (machine.seed() == 17) {
                machine.crash("n2");
                throw new AssertionError("seventeen");
            }
        };
        Simulator.Outcome outcome = of("lock.dts", script).run();
        assertEquals(Failure.Kind.SCRIPT, outcome.failure().kind());
        assertEquals("seventeen", outcome.failure().text());
        assertEquals(17, outcome.seed());
        Simulator.Outcome again = of("lock.dts", script).seed(17).runs(1).run();
        assertEquals(outcome.failure().step(), again.failure().step());
        assertEquals(outcome.failure().nanos(), again.failure().nanos());
    }

    @Test
    void theTimeOfAWaitIsVirtualAndOverWhenNobodyCanGoOn() {
        long begun = System.nanoTime();
        Simulator.Outcome outcome = of("lock.dts", machine -> assertTrue(says(machine, "n1", "never")))
            .runs(2).run();
        assertEquals(Failure.Kind.SCRIPT, outcome.failure().kind());
        assertTrue(outcome.failure().nanos() >= 60 * SECOND, outcome::toString);
        assertTrue(System.nanoTime() - begun < 60 * SECOND, outcome::toString);
    }

    @Test
    void theDeathOfTheHostEndsTheRun() {
        assertNull(of("stuck.dts", machine -> {
            is(machine, "n1", InstanceState.ACTIVE);
            machine.crash("host");
            assertTrue(says(machine, "n1", "never"));
        }).run().failure());
    }

    @Test
    void instancesAreExecutedByItIfItSaysSo() {
        of("lock.dts", new Script() {
            @Override
            public boolean executesInstances() {
                return false;
            }

            @Override
            public void run(ScriptedMachine machine) {
                assertTrue(!machine.await(() -> machine.state("n1") != InstanceState.LOADED, SECOND));
                machine.exec("n1");
                assertTrue(says(machine, "n1", "had the lock 5 times"));
                assertEquals(InstanceState.LOADED, machine.state("n2"));
            }
        }).runs(10).check();
    }

    @Test
    void aClassThatIsNoScriptIsRefusedInALine() {
        for (String wrong : List.of("no.Such", "java.lang.String", "java.lang.Thread#x")) {
            String line = assertThrows(MachineException.class, () -> ScriptClass.load(wrong, "")).getMessage();
            assertTrue(line.startsWith("script " + wrong + " cannot be loaded: "), line);
        }
    }
}
