// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Region;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class InstanceTableTest {
    private static final int LAST = InstanceDescriptor.MAX_INSTANCES - 1;

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final InstanceTable table = machine.mapped().instances();
    private final InstanceEntry entry = table.entry(5);

    @Test
    void anEntryIsFoundOnceItIsNotEmpty() {
        for (int bad : new int[] {-1, LAST + 1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertNull(table.entry(bad));
            assertNull(table.find(bad));
        }
        assertEquals(5, entry.id());
        assertEquals(InstanceState.EMPTY, entry.state());
        assertNull(table.find(5));
        entry.enter(InstanceState.READY);
        assertEquals(entry, table.find(5));
        assertNotNull(table.entry(LAST));
        assertNull(table.find(4));
        assertNull(table.find(6));
    }

    @Test
    void aCpuLeadsToItsOwner() {
        machine.reserve(LAST, 2, 4);
        assertEquals(LAST, table.ownerOf(2));
        assertEquals(LAST, table.ownerOf(4));
        assertEquals(-1, table.ownerOf(3));
        for (int bad : new int[] {-1, TestMachine.LAYOUT.nrCpus(), Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertEquals(-1, table.ownerOf(bad));
        }
        machine.mapped().apic(3).configure(0, false, 1_000_000, 3);
        assertEquals(-1, table.ownerOf(3), "an owner that cannot be");
        machine.mapped().apic(3).configure(0, false, 6, 3);
        assertEquals(-1, table.ownerOf(3), "an owner that is empty");
    }

    @Test
    void theLifeWordChangesWithStateAndLife() {
        long none = entry.lifeWord();
        assertEquals(0, entry.life());
        entry.newLife(InstanceState.LOADED);
        long loaded = entry.lifeWord();
        assertEquals(1, entry.life());
        assertEquals(InstanceState.LOADED, InstanceEntry.stateOf(loaded));
        entry.enter(InstanceState.ACTIVE);
        long active = entry.lifeWord();
        assertEquals(1, entry.life());
        entry.newLife(InstanceState.ACTIVE);
        assertEquals(4, Set.of(none, loaded, active, entry.lifeWord()).size());
        assertEquals(2, entry.life());
    }

    @Test
    void aStateIsEnteredOnlyFromTheOneExpected() {
        entry.newLife(InstanceState.LOADED);
        assertFalse(entry.enter(InstanceState.READY, InstanceState.ACTIVE));
        assertEquals(InstanceState.LOADED, entry.state());
        assertTrue(entry.enter(InstanceState.LOADED, InstanceState.ACTIVE));
        assertEquals(InstanceState.ACTIVE, entry.state());
        assertEquals(1, entry.life());
    }

    @Test
    void aStateThatIsNoneIsFailed() {
        int life = (int) machine.memory().layout().instancesAt() + 5 * InstanceDescriptor.LENGTH;
        machine.memory().tables().putLongVolatile(life, 3L << 8 | 0xfe);
        assertEquals(InstanceState.FAILED, entry.state());
        assertEquals(3, entry.life());
        assertFalse(entry.enter(InstanceState.ACTIVE, InstanceState.READY));
    }

    @Test
    void ofManyThatEnterAtOnceOneDoes() throws Exception {
        int threads = 4;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int round = 1; round <= 2000; round++) {
                entry.newLife(InstanceState.LOADED);
                List<Future<Boolean>> entries = new ArrayList<>();
                for (int thread = 0; thread < threads; thread++) {
                    InstanceState to = thread % 2 == 0 ? InstanceState.ACTIVE : InstanceState.FAILED;
                    entries.add(pool.submit(() -> entry.enter(InstanceState.LOADED, to)));
                }
                int entered = 0;
                for (Future<Boolean> one : entries) {
                    entered += one.get() ? 1 : 0;
                }
                assertEquals(1, entered);
                assertEquals(round, entry.life());
            }
        }
    }

    @Test
    void textsAreCutToTheirPlaceAndTouchNothingElse() {
        entry.cmdline("kept");
        entry.cpus(new int[] {1});
        entry.requested(1);
        entry.name("n".repeat(10_000));
        entry.reason("r".repeat(10_000));
        assertEquals("n".repeat(InstanceDescriptor.NAME_LENGTH - 1), entry.name());
        assertEquals("r".repeat(InstanceDescriptor.REASON_LENGTH - 1), entry.reason());
        assertEquals("kept", entry.cmdline());
        entry.cmdline("c".repeat(10_000));
        assertEquals("c".repeat(InstanceDescriptor.CMDLINE_LENGTH - 1), entry.cmdline());
        assertEquals(InstanceState.EMPTY, table.entry(6).state());
        assertArrayEquals(new int[] {1}, entry.cpus());
        assertEquals(1, entry.requested());
        entry.name("short");
        entry.reason("");
        entry.cmdline("größe=1");
        assertEquals("short", entry.name());
        assertEquals("", entry.reason());
        assertEquals("größe=1", entry.cmdline());
    }

    @Test
    void cpusComeInAscendingOrderAndOnlyThoseThatExist() {
        entry.cpus(new int[] {7, 0, 3});
        assertArrayEquals(new int[] {0, 3, 7}, entry.cpus());
        assertEquals(0, entry.bootCpu());
        entry.cpus(new int[] {8, 2, 1023});
        assertArrayEquals(new int[] {2}, entry.cpus(), "NR_CPUS is 8");
        assertEquals(2, entry.bootCpu());
        entry.cpus(IntStream.range(0, 1024).toArray());
        assertEquals(TestMachine.LAYOUT.nrCpus(), entry.cpus().length);
        assertEquals(List.of(), entry.regions(), "the next field");
        entry.cpus(new int[0]);
        assertArrayEquals(new int[0], entry.cpus());
        assertEquals(-1, entry.bootCpu());
    }

    @Test
    void regionsKeepTheirOrder() {
        assertEquals(List.of(), entry.regions());
        List<Region> all = IntStream.range(0, InstanceDescriptor.MAX_REGIONS)
            .mapToObj(index -> new Region(0x9000L - index * 0x1000, 4096L * (index + 1))).toList();
        entry.regions(all);
        assertEquals(all, entry.regions());
        entry.regions(all.subList(3, 5));
        assertEquals(all.subList(3, 5), entry.regions());
        assertEquals(0, entry.requested(), "the next field");
        int at = (int) machine.memory().layout().instancesAt() + 5 * InstanceDescriptor.LENGTH
            + InstanceDescriptor.REGIONS_OFFSET;
        machine.memory().tables().putLong(at + Long.BYTES, -1);
        assertEquals(all.subList(4, 5), entry.regions(), "a negative size is no region");
    }

    @Test
    void numbersAreEachTheirOwn() {
        entry.ipiArea(0x7000, 8192);
        entry.pid(1L << 40);
        for (BootStep step : BootStep.values()) {
            assertEquals(0, entry.bootStep(step));
            entry.bootStep(step, 100 + step.ordinal());
        }
        for (int count = 0; count < 3; count++) {
            entry.countTask(InstanceDescriptor.TASKS_STARTED_OFFSET);
        }
        entry.countTask(InstanceDescriptor.TASKS_ENDED_OFFSET);
        entry.countTask(InstanceDescriptor.TASKS_ENDED_OFFSET);
        entry.countTask(InstanceDescriptor.TASKS_FAILED_OFFSET);
        assertEquals(List.of(3, 2, 1), List.of(entry.tasksStarted(), entry.tasksEnded(), entry.tasksFailed()));
        for (BootStep step : BootStep.values()) {
            assertEquals(100 + step.ordinal(), entry.bootStep(step));
        }
        assertEquals(List.of(0x7000L, 8192L, 1L << 40), List.of(entry.ipiArea(), entry.ipiAreaSize(), entry.pid()));
        assertEquals(InstanceState.EMPTY, entry.state());
    }

    /** A kernel that is killed while it tells how it fares: the host reads a state that is one, of this epoch. */
    @Test
    void aKilledInstanceLeavesATrueLifeWord() throws Exception {
        for (long life = 1; life <= 3; life++) {
            entry.newLife(InstanceState.LOADED);
            int until = entry.tasksStarted() + 1000;
            try (ChildJvm instance = ChildJvm.start(Flickering.class, machine.ram())) {
                while (entry.tasksStarted() < until) {
                    InstanceState state = entry.state();
                    assertTrue(state == InstanceState.LOADED || state == InstanceState.ACTIVE, "state " + state);
                    assertEquals(life, entry.life());
                }
                assertEquals(ChildJvm.KILLED, instance.kill());
            }
            int behind = entry.tasksStarted() - entry.tasksEnded();
            assertTrue(behind >= 0 && behind <= life, "at most one task a life was under way: " + behind);
            assertTrue(entry.enter(entry.state(), InstanceState.FAILED));
            assertEquals(life, entry.life());
        }
    }

    static final class Flickering {
        private Flickering() {
        }

        public static void main(String[] args) throws IOException {
            ChildJvm.endWithParent();
            InstanceEntry mine = MappedMachine.open(Path.of(args[0])).instances().entry(5);
            while (true) {
                mine.countTask(InstanceDescriptor.TASKS_STARTED_OFFSET);
                mine.enter(InstanceState.LOADED, InstanceState.ACTIVE);
                mine.enter(InstanceState.ACTIVE, InstanceState.LOADED);
                mine.countTask(InstanceDescriptor.TASKS_ENDED_OFFSET);
            }
        }
    }
}
