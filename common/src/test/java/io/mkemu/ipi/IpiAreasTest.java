// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.cpu.LocalApic;
import io.mkemu.memory.InstancePool;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.TestMachine;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Making and taking away the IPI area of instance 5, while CPUs 2 and 4, which the test plays, send to it. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class IpiAreasTest {
    private static final int ID = 5;

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final IpiAreas areas = machine.mapped().interconnect().areas();
    private final InstanceEntry entry = machine.load(ID, 1, 3);

    private LocalApic apic(int cpu) {
        return machine.mapped().apic(cpu);
    }

    private boolean isAllocated(long area) {
        try (InstancePool pool = machine.mapped().poolOf(entry)) {
            return pool.isAllocated(area, machine.mapped().interconnect().areaLength(2));
        }
    }

    @Test
    void sendersAreThoseThatSaySo() {
        assertArrayEquals(new int[0], areas.senders(ID));
        apic(4).sendsTo(ID, true);
        apic(2).sendsTo(ID, true);
        apic(6).sendsTo(ID + 1, true);
        assertArrayEquals(new int[] {2, 4}, areas.senders(ID));
        apic(4).retire();
        assertArrayEquals(new int[] {2}, areas.senders(ID));
    }

    @Test
    void unpublishLeavesTheMemory() {
        long area = entry.ipiArea();
        long size = entry.ipiAreaSize();
        assertTrue(areas.unpublish(ID));
        assertEquals(0, areas.get(ID));
        assertTrue(isAllocated(area));
        assertTrue(areas.unpublish(ID), "nothing to take away");
        entry.ipiArea(area, size);
        assertEquals(area, areas.get(ID), "published again");
        machine.mapped().interconnect().mapArea(entry, area).close();
        assertEquals(0, areas.destroy(ID));
        assertFalse(isAllocated(area));
    }

    @Test
    void unpublishAsksTheSendersAndWaitsUntilAllHaveLetGo() throws Exception {
        for (int round = 0; round < 200; round++) {
            long area = entry.ipiArea();
            apic(2).sendsTo(ID, true);
            apic(4).sendsTo(ID, true);
            CompletableFuture<Boolean> unpublished = CompletableFuture.supplyAsync(() -> areas.unpublish(ID));
            for (int cpu : new int[] {2, 4}) {
                Await.until(() -> apic(cpu).isPending(LocalApicDescriptor.RESCHEDULE_VECTOR));
                assertEquals(0, areas.get(ID), "unpublished before anybody is asked");
                assertFalse(unpublished.isDone(), "CPU " + cpu + " has it mapped still");
                apic(cpu).takePending();
                apic(cpu).sendsTo(ID, false);
            }
            assertTrue(unpublished.get());
            assertFalse(apic(6).hasPending(), "who does not send is not asked");
            entry.ipiArea(area, machine.mapped().interconnect().areaLength(2));
        }
    }

    @Test
    void aSenderThatDoesNotLetGoKeepsTheMemory() {
        long area = entry.ipiArea();
        apic(4).sendsTo(ID, true);
        assertFalse(areas.unpublish(ID));
        assertEquals(0, areas.get(ID));
        assertTrue(isAllocated(area));
        assertArrayEquals(new int[] {4}, areas.senders(ID));
        assertTrue(apic(4).isPending(LocalApicDescriptor.RESCHEDULE_VECTOR));
        assertEquals(0, areas.create(ID), "the next life has another one");
        assertNotEquals(area, areas.get(ID));
        assertEquals(-Errno.EBUSY, areas.destroy(ID));
        apic(4).sendsTo(ID, false);
        assertTrue(areas.unpublish(ID));
    }

    @Test
    void createRefusesWhatTheContractRefuses() {
        assertEquals(-Errno.EEXIST, areas.create(ID));
        assertEquals(-Errno.EINVAL, areas.create(-1));
        assertEquals(-Errno.EINVAL, areas.create(256));
        assertEquals(-Errno.EINVAL, areas.create(ID + 1));
        long area = entry.ipiArea();
        assertTrue(areas.unpublish(ID));
        entry.cpus(new int[] {0, 1, 2, 3, 4, 5, 6, 7});
        assertEquals(0, areas.create(ID));
        assertEquals(machine.mapped().interconnect().areaLength(8), entry.ipiAreaSize());
        assertNotEquals(area, areas.get(ID));
        entry.enter(InstanceState.READY);
        entry.regions(List.of());
        assertEquals(-Errno.ENODEV, areas.create(ID));
    }
}
