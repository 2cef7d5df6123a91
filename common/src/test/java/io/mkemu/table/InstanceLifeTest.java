// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Region;
import io.mkemu.os.Futex;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the host asks of a life, and what is forgotten before the next one. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class InstanceLifeTest {
    private static final int ROUNDS = 5000;

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final InstanceEntry entry = machine.mapped().instances().entry(5);

    @Test
    void whatALifeSaidOfItselfIsForgottenAndNothingElse() {
        List<Region> regions = List.of(new Region(0x9000, 4096));
        entry.name("web");
        entry.cpus(new int[] {1, 4});
        entry.regions(regions);
        entry.ipiArea(0x9000, 4096);
        entry.cmdline("idle=halt");
        entry.newLife(InstanceState.FAILED);
        entry.requested(InstanceDescriptor.REQUEST_HALT);
        for (BootStep step : BootStep.values()) {
            entry.bootStep(step, 1 + step.ordinal());
        }
        for (int counter : new int[] {InstanceDescriptor.TASKS_STARTED_OFFSET, InstanceDescriptor.TASKS_ENDED_OFFSET,
            InstanceDescriptor.TASKS_FAILED_OFFSET}) {
            entry.countTask(counter);
        }
        entry.pid(4711);
        entry.exitCode(0);
        entry.reason("r".repeat(600));
        InstanceEntry neighbour = machine.mapped().instances().entry(6);
        neighbour.reason("its own");
        entry.forgetLife();
        for (BootStep step : BootStep.values()) {
            assertEquals(0, entry.bootStep(step), step.name());
        }
        assertEquals(List.of(0, 0, 0), List.of(entry.tasksStarted(), entry.tasksEnded(), entry.tasksFailed()));
        assertEquals(List.of(0L, InstanceEntry.NO_EXIT_CODE, ""),
            List.of(entry.pid(), entry.exitCode(), entry.reason()));
        assertEquals(List.of("web", regions, 0x9000L, 4096L, "idle=halt", InstanceState.FAILED, 1L,
            InstanceDescriptor.REQUEST_HALT, "its own"), List.of(entry.name(), entry.regions(), entry.ipiArea(),
            entry.ipiAreaSize(), entry.cmdline(), entry.state(), entry.life(), entry.requested(), neighbour.reason()));
        assertArrayEquals(new int[] {1, 4}, entry.cpus());
    }

    @Test
    void aRequestThatHasChangedIsNotSleptOn() {
        entry.requested(InstanceDescriptor.REQUEST_RUN);
        entry.awaitRequest(new Futex(), InstanceDescriptor.REQUEST_NONE);
        assertEquals(InstanceDescriptor.REQUEST_RUN, entry.requested());
    }

    /** Nobody else wakes them: whoever misses a wake-up sleeps for ever, and the watchdog names the test. */
    @Test
    void aRequestWakesAllWhoSleepForIt() throws Exception {
        AtomicInteger seenByAll = new AtomicInteger();
        List<Thread> sleepers = new ArrayList<>();
        for (int sleeper = 0; sleeper < 3; sleeper++) {
            Thread thread = new Thread(() -> {
                Futex futex = new Futex();
                for (int round = 1; round <= ROUNDS; round++) {
                    for (int seen = entry.requested(); seen < round; seen = entry.requested()) {
                        entry.awaitRequest(futex, seen);
                    }
                    seenByAll.incrementAndGet();
                }
            });
            thread.start();
            sleepers.add(thread);
        }
        for (int round = 1; round <= ROUNDS; round++) {
            entry.requested(round);
            long all = (long) round * sleepers.size();
            Await.until(() -> seenByAll.get() >= all);
        }
        for (Thread sleeper : sleepers) {
            sleeper.join();
        }
        assertEquals(ROUNDS * sleepers.size(), seenByAll.get());
    }

    @Test
    void aRequestWakesAnotherProcess() throws Exception {
        try (ChildJvm child = ChildJvm.start(Asked.class, machine.ram())) {
            for (int request = 1; request <= 200; request++) {
                assertEquals("sleeps for the request after " + (request - 1), child.readLine());
                entry.requested(request);
            }
            assertEquals(0, child.waitFor());
        }
        assertEquals(200, entry.exitCode());
    }

    static final class Asked {
        private Asked() {
        }

        public static void main(String[] args) throws IOException {
            ChildJvm.endWithParent();
            InstanceEntry mine = MappedMachine.open(Path.of(args[0])).instances().entry(5);
            Futex futex = new Futex();
            for (int seen = 0; seen < 200; seen++) {
                System.out.println("sleeps for the request after " + seen);
                while (mine.requested() == seen) {
                    mine.awaitRequest(futex, seen);
                }
            }
            mine.exitCode(mine.requested());
            Runtime.getRuntime().halt(0);
        }
    }
}
