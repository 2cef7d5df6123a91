// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.mkemu.abi.InstanceState;
import io.mkemu.test.Machine;
import io.mkemu.test.MachineTest;
import io.mkemu.test.MachineTestException;
import io.mkemu.test.NotSimulated;
import io.mkemu.test.SimulatedMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Tests that {@link MachineTestIT} runs, some of which fail; and a program that has a machine and is killed. */
final class MachineFixtures {
    private MachineFixtures() {
    }

    /** Two that run at the same time: one fails, the other loses its host. */
    @Execution(ExecutionMode.CONCURRENT)
    static final class Parallel {
        static final Queue<Machine> MACHINES = new ConcurrentLinkedQueue<>();
        private static final CyclicBarrier BOTH_ARE_UP = new CyclicBarrier(2);

        private static void awaitOther(Machine machine) throws Exception {
            MACHINES.add(machine);
            machine.awaitLog("k1", "40 sent, 40 received");
            machine.awaitLog("k2", "40 sent, 40 received");
            BOTH_ARE_UP.await(120, TimeUnit.SECONDS);
            assertEquals(3, machine.kernels().size());
        }

        @MachineTest("machine-test.dts")
        void fails(Machine machine) throws Exception {
            awaitOther(machine);
            fail("deliberately");
        }

        @MachineTest("machine-test.dts")
        void losesItsHost(Machine machine) throws Exception {
            awaitOther(machine);
            machine.crash("host");
            assertThrows(MachineTestException.class, machine::kernels);
            assertThrows(AssertionError.class, () -> machine.awaitLog("k1", "never"));
        }
    }

    /** A tree with a mistake: it is told once, not once for each test. */
    @MachineTest("machine-test-wrong.dts")
    static final class WrongTree {
        @Test
        void first(Machine machine) {
            fail("never");
        }

        @Test
        void second() {
            fail("never");
        }
    }

    /** Tests with a machine: each runs in the simulator, some of them on a real machine after that. */
    @MachineTest("machine-test.dts")
    @SimulatedMachine(runs = 20)
    static final class Scripts {
        static final Queue<String> REAL = new ConcurrentLinkedQueue<>();
        private int before;

        @BeforeEach
        void begins(Machine machine) {
            before = machine.kernels().size();
        }

        @Test
        void runsInBoth(Machine machine) throws Exception {
            machine.awaitLog("k2", "40 sent, 40 received, 0 lost");
            assertTrue(machine.delivered("k1", "k2") >= 40, () -> machine.traffic().toString());
            machine.crash("k1");
            machine.awaitState("k1", InstanceState.FAILED);
            machine.exec("k1");
            assertEquals(2, machine.awaitState("k1", InstanceState.ACTIVE).life());
            machine.kill("k1");
            assertEquals(InstanceState.LOADED, machine.kernel("k1").state());
            assertEquals(3, before);
            if (!machine.isSimulated()) {
                REAL.add("runsInBoth");
            }
        }

        @Test
        void failsInTheSimulator(Machine machine) throws Exception {
            machine.awaitLog("k2", "40 sent, 40 received, 0 lost");
            assertFalse(machine.isSimulated(), "deliberately");
            REAL.add("failsInTheSimulator");
        }

        @Test
        @NotSimulated
        void isReal(Machine machine) {
            REAL.add(machine.mk("show").isEmpty() ? "nothing shown" : "isReal");
        }

        @Test
        void isRefusedInTheSimulator(Machine machine) {
            machine.mk("show");
        }
    }

    /** In the simulator alone: there is no real machine for it. */
    static final class ScriptsAlone {
        @SimulatedMachine(value = "machine-test.dts", runs = 50)
        void itDies(Machine machine) throws Exception {
            machine.awaitLog("k1", "40 sent, 40 received, 0 lost");
            machine.awaitLog("k2", "40 sent, 40 received, 0 lost");
            machine.crash("k1");
            machine.awaitState("k1", InstanceState.FAILED);
        }
    }

    /** Simulated: what the traffic has no answer to, a peer that dies, is found. */
    static final class Simulated {
        @SimulatedMachine(value = "machine-test.dts", runs = 20)
        void passes() {
        }

        @SimulatedMachine(value = "machine-test.dts", runs = 50, faults = "kill")
        void findsADeath() {
            fail("never");
        }
    }

    /** A tree that is not there. */
    @MachineTest("no-tree.dts")
    static final class NoTree {
        @Test
        void first() {
            fail("never");
        }
    }

    /**
     * Makes a machine, prints where it lies and the pids of its kernels, and waits for its end.
     *
     * @param args the tree
     */
    public static void main(String[] args) throws IOException {
        Machine machine = Machine.of(Path.of(args[0])).start();
        StringBuilder line = new StringBuilder(machine.directory().toString());
        machine.kernels().forEach(kernel -> line.append(' ').append(kernel.pid()));
        System.out.println(line);
        System.in.read();
    }
}
