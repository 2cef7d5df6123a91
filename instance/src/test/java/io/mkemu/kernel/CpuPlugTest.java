// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.ResourceDescriptor;
import io.mkemu.ipi.IpiSender;
import io.mkemu.kernel.TestKernels.Hold;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.module.CpuChange;
import io.mkemu.module.Task;
import io.mkemu.module.Timer;
import io.mkemu.os.Affinity;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.ResourceOperation;
import io.mkemu.table.ResourceRequest;
import io.mkemu.testkit.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A kernel that is given CPUs and gives them back while it runs; this test is its host. */
class CpuPlugTest {
    private static final int ID = 1;
    private static final int BOOT = 1;
    private static final int FURTHER = 3;
    private static final int TYPE = 0x77;

    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final AtomicReference<String> veto = new AtomicReference<>();
    private InstanceEntry entry;
    private Node node;

    @BeforeEach
    void boot() throws Exception {
        entry = machine.reserve(ID, BOOT);
        assertEquals(0, machine.areas().create(ID, 3));
        entry.newLife(InstanceState.LOADED);
        node = machine.boot(ID, "quiet");
        node.on(() -> node.api.onCpu((change, logical, physical) -> {
            told.add(change + " " + logical + " " + physical);
            return change == CpuChange.REMOVING ? veto.get() : null;
        }));
    }

    @AfterEach
    void close() throws Exception {
        machine.close();
    }

    private long begin(ResourceOperation operation, ResourceOperation about, int cpu) {
        long number = entry.resources().ask(operation, about, cpu, 0);
        assertTrue(number > 0);
        machine.mapped().apic(BOOT).raise(LocalApicDescriptor.REQUEST_VECTOR);
        return number;
    }

    private int end() throws Exception {
        Await.until(() -> ResourceRequest.isOver(entry.resources().decision()));
        return ResourceRequest.stateOf(entry.resources().decision());
    }

    private int ask(ResourceOperation operation, int cpu) throws Exception {
        begin(operation, null, cpu);
        return end();
    }

    private void assign(int cpu, int logical) {
        machine.mapped().apic(cpu).reset();
        machine.mapped().apic(cpu).configure(Affinity.allowed().nextSetBit(0), true, ID, cpu);
        machine.mapped().apic(cpu).logicalCpu(logical);
    }

    private void add(int cpu, int logical) throws Exception {
        assign(cpu, logical);
        assertEquals(ResourceDescriptor.STATE_DONE, ask(ResourceOperation.CPU_ADD, cpu), entry.resources()::text);
        entry.cpu(cpu, true);
    }

    private void awaitOffline(int cpu) throws Exception {
        Await.until(() -> machine.mapped().apic(cpu).idleWord() == LocalApicDescriptor.STATE_OFFLINE);
    }

    @Test
    void aCpuThatComesRunsModulesAndGetsMessages() throws Exception {
        List<Integer> came = new CopyOnWriteArrayList<>();
        node.on(() -> node.api.registerHandler((data, context) -> came.add(node.api.smpProcessorId()), null, TYPE));
        add(FURTHER, 2);
        Await.until(() -> told.equals(List.of("ADDED 2 3")));
        assertEquals(FURTHER, (int) node.on(2, node.api::physicalCpuId));
        assertThrows(IllegalArgumentException.class, () -> node.api.runOnCpu(1, () -> { }), "nobody has that number");
        UnsafeBuffer data = new UnsafeBuffer(new byte[8]);
        assertEquals(0, (int) node.on(() -> node.api.sendIpiDataToCpu(ID, FURTHER, data, 0, 8, TYPE)));
        assertEquals(0, (int) node.on(2, () -> node.api.sendIpiData(ID, data, 0, 8, TYPE)));
        Await.until(() -> came.size() == 2);
        assertTrue(came.containsAll(List.of(0, 2)), came::toString);
    }

    @Test
    void whatRanOnACpuThatGoesRunsOnTheBootCpu() throws Exception {
        add(FURTHER, 1);
        List<Integer> steps = new CopyOnWriteArrayList<>();
        AtomicInteger wentOff = new AtomicInteger(-1);
        List<Timer> timers = new ArrayList<>();
        var task = node.on(1, () -> node.api.startTask("wanders", () -> {
            steps.add(node.api.smpProcessorId());
            return node.api.smpProcessorId() == 1 ? Task.WAIT : Task.DONE;
        }));
        Await.until(() -> !steps.isEmpty());
        node.on(1, () -> timers.add(node.api.after(1, () -> wentOff.set(node.api.smpProcessorId()))));
        Await.until(() -> wentOff.get() == 1);
        node.on(1, () -> timers.add(node.api.after(3_600_000_000_000L, () -> wentOff.set(100))));
        entry.cpu(FURTHER, false);
        assertEquals(ResourceDescriptor.STATE_DONE, ask(ResourceOperation.CPU_REMOVE, FURTHER));
        awaitOffline(FURTHER);
        Await.until(() -> told.contains("REMOVED 1 3"));
        task.wake();
        Await.until(() -> steps.getLast() == 0);
        node.on(() -> {
            timers.getFirst().restart(1);
            assertTrue(timers.getLast().isPending());
            timers.getLast().restart(1);
            return null;
        });
        Await.until(() -> wentOff.get() == 100);
        assertThrows(IllegalArgumentException.class, () -> node.api.runOnCpu(1, () -> { }));
        assertFalse(machine.mapped().apic(FURTHER).sendsTo(ID));
        add(FURTHER, 1);
        assertEquals(FURTHER, (int) node.on(1, node.api::physicalCpuId));
    }

    @Test
    void whatHasComeToACpuThatGoesIsDeliveredThere() throws Exception {
        add(FURTHER, 1);
        List<Integer> came = new CopyOnWriteArrayList<>();
        node.on(() -> node.api.registerHandler((data, context) -> came.add(data.buffer().getInt(0)
            + 100 * node.api.smpProcessorId()), null, TYPE));
        try (Hold hold = new Hold(); IpiSender sender = machine.mapped().interconnect().sender(
            machine.mapped().apic(7))) {
            node.submit(1, hold::stand);
            hold.awaitStanding();
            UnsafeBuffer data = new UnsafeBuffer(new byte[8]);
            for (int message = 0; message < 5; message++) {
                data.putInt(0, message);
                assertEquals(0, sender.sendToCpu(ID, FURTHER, TYPE, data, 0, 8));
            }
            entry.cpu(FURTHER, false);
            begin(ResourceOperation.CPU_REMOVE, null, FURTHER);
            Await.until(() -> told.contains("REMOVING 1 3"));
        }
        assertEquals(ResourceDescriptor.STATE_DONE, end());
        assertEquals(List.of(100, 101, 102, 103, 104), came);
    }

    @Test
    void aModuleKeepsACpu() throws Exception {
        add(FURTHER, 1);
        veto.set("busy");
        begin(ResourceOperation.QUERY, ResourceOperation.CPU_REMOVE, FURTHER);
        assertEquals(ResourceDescriptor.STATE_REFUSED, end());
        assertEquals("module probe: busy", entry.resources().text());
        assertEquals(List.of("ADDED 1 3", "REMOVING 1 3", "STAYS 1 3"), told);
        veto.set(null);
        begin(ResourceOperation.QUERY, ResourceOperation.CPU_REMOVE, FURTHER);
        assertEquals(ResourceDescriptor.STATE_DONE, end());
        told.clear();
        assertEquals(ResourceDescriptor.STATE_DONE, ask(ResourceOperation.CPU_ADD, FURTHER), "it stays");
        assertEquals(List.of("STAYS 1 3"), told);
        assertEquals(FURTHER, (int) node.on(1, node.api::physicalCpuId));
    }

    @Test
    void aCpuStaysIfTheHostHasGivenUpBeforeItWasDrained() throws Exception {
        add(FURTHER, 1);
        long number;
        try (Hold hold = new Hold()) {
            node.submit(1, hold::stand);
            hold.awaitStanding();
            number = begin(ResourceOperation.CPU_REMOVE, null, FURTHER);
            Await.until(() -> told.contains("REMOVING 1 3"));
            assertEquals(ResourceDescriptor.STATE_GIVEN_UP, entry.resources().giveUp(number));
        }
        assertEquals(ResourceDescriptor.STATE_LET_GO, end());
        Await.until(() -> told.contains("STAYS 1 3"));
        assertEquals(FURTHER, (int) node.on(1, node.api::physicalCpuId));
    }

    @Test
    void aKernelThatEndsWaitsForCpusThatComeAndGo() throws Exception {
        add(FURTHER, 1);
        try (Hold hold = new Hold()) {
            node.submit(1, hold::stand);
            hold.awaitStanding();
            begin(ResourceOperation.CPU_REMOVE, null, FURTHER);
            Await.until(() -> told.contains("REMOVING 1 3"));
        }
        assertEquals(ResourceDescriptor.STATE_DONE, end());
        /* It has no number any more and still runs: to unmap now would be its end and this JVM's. */
        node.shutDown();
        assertEquals(LocalApicDescriptor.STATE_OFFLINE, (int) machine.mapped().apic(FURTHER).idleWord());
    }

    @Test
    void aCpuThatComesTooLateParks() throws Exception {
        assign(FURTHER, 1);
        try (Hold hold = new Hold()) {
            long number = begin(ResourceOperation.CPU_ADD, null, FURTHER);
            /* It is up, and the boot CPU, which would say so, stands still. */
            node.submit(0, hold::stand);
            hold.awaitStanding();
            if (entry.resources().giveUp(number) == ResourceDescriptor.STATE_DONE) {
                assertEquals(FURTHER, machine.mapped().apic(FURTHER).physicalCpu());
                return;
            }
        }
        assertEquals(ResourceDescriptor.STATE_LET_GO, end());
        awaitOffline(FURTHER);
        assertEquals(List.of(), told);
        add(FURTHER, 1);
    }

    @Test
    void whatCannotBeIsRefused() throws Exception {
        assertEquals(ResourceDescriptor.STATE_REFUSED, ask(ResourceOperation.CPU_REMOVE, BOOT));
        assertEquals("it is the boot CPU", entry.resources().text());
        assertEquals(ResourceDescriptor.STATE_REFUSED, ask(ResourceOperation.CPU_REMOVE, FURTHER));
        assertEquals(ResourceDescriptor.STATE_REFUSED, ask(ResourceOperation.CPU_ADD, FURTHER), "it is nobody's");
        assertEquals(ResourceDescriptor.STATE_REFUSED, ask(ResourceOperation.CPU_ADD, 1 << 20));
        assign(FURTHER, 3);
        assertEquals(ResourceDescriptor.STATE_REFUSED, ask(ResourceOperation.CPU_ADD, FURTHER), "3 are possible");
        assign(FURTHER, 0);
        assertEquals(ResourceDescriptor.STATE_REFUSED, ask(ResourceOperation.CPU_ADD, FURTHER));
        machine.mapped().apic(FURTHER).configure(1 << 20, true, ID, FURTHER);
        machine.mapped().apic(FURTHER).logicalCpu(1);
        assertEquals(ResourceDescriptor.STATE_REFUSED, ask(ResourceOperation.CPU_ADD, FURTHER), "it cannot be pinned");
        assertEquals(List.of(), told);
    }
}
