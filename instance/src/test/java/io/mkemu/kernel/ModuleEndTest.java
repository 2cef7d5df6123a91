// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import io.mkemu.testkit.Await;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Of a module that ends, or whose init fails, nothing remains on any CPU. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class ModuleEndTest {
    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);

    @BeforeEach
    void make() throws Exception {
        machine.load(1, 2, 5);
    }

    /** Runs a task on each CPU, and then fails or not. */
    private static final class Everywhere implements KernelModule {
        private final boolean fails;
        private final AtomicInteger steps = new AtomicInteger();
        private final Set<Integer> cpus = ConcurrentHashMap.newKeySet();
        private final CountDownLatch stepped = new CountDownLatch(2);
        private Kernel kernel;

        Everywhere(boolean fails) {
            this.fails = fails;
        }

        @Override
        public String name() {
            return "everywhere";
        }

        private long step() {
            steps.incrementAndGet();
            if (cpus.add(kernel.smpProcessorId())) {
                stepped.countDown();
            }
            return Task.AGAIN;
        }

        @Override
        public void init(Kernel given) throws Exception {
            kernel = given;
            kernel.startTask("boot", this::step);
            kernel.runOnCpu(1, () -> kernel.startTask("other", this::step));
            if (fails) {
                Await.until(() -> steps.get() > 0);
                throw new IllegalStateException("cannot work");
            }
        }
    }

    @Test
    void anInitThatFailsTakesTheTasksOfAllCpusAlong() throws Exception {
        Everywhere module = new Everywhere(true);
        Node node = machine.boot(1, "quiet", module);
        node.settle(1);
        Await.until(() -> node.kernel.entry().tasksEnded() == node.kernel.entry().tasksStarted());
        int steps = module.steps.get();
        node.settle(1);
        assertEquals(steps, module.steps.get());
    }

    @Test
    void anExitTakesTheTasksOfAllCpusAlong() throws Exception {
        Everywhere module = new Everywhere(false);
        Node node = machine.boot(1, "quiet", module);
        Await.latch(module.stepped);
        /* The boot CPU may have stepped twice before the other one began. */
        Await.until(() -> node.kernel.entry().tasksStarted() == 2);
        node.shutDown();
        assertEquals(2, node.kernel.entry().tasksStarted());
        assertEquals(2, node.kernel.entry().tasksEnded());
    }

    @Test
    void aModuleThatHasEndedStartsNothing() throws Exception {
        Everywhere module = new Everywhere(true);
        Node node = machine.boot(1, "quiet", module);
        for (int cpu = 0; cpu < 2; cpu++) {
            String refusal = node.on(cpu, () -> assertThrows(IllegalStateException.class,
                () -> module.kernel.startTask("late", () -> Task.DONE)).getMessage());
            assertTrue(refusal.contains("module everywhere has ended"), refusal);
        }
        assertThrows(IllegalStateException.class, () -> module.kernel.registerHandler((data, context) -> { }, null, 7));
        assertEquals(0, node.kernel.handlers().handlersOf(7).length);
    }
}
