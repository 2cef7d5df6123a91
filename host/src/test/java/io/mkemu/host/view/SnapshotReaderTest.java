// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRingDescriptor;
import io.mkemu.cpu.LocalApic;
import io.mkemu.host.view.Snapshot.Cpu;
import io.mkemu.host.view.Snapshot.CpuState;
import io.mkemu.host.view.Snapshot.Kernel;
import io.mkemu.host.view.Snapshot.Lane;
import io.mkemu.host.view.Snapshot.Region;
import io.mkemu.host.view.Snapshot.RegionKind;
import io.mkemu.host.view.Snapshot.Share;
import io.mkemu.ipi.IpiDispatcher;
import io.mkemu.ipi.IpiReceiver;
import io.mkemu.ipi.IpiSender;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.machine.Iomem;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.TestMachine;
import io.mkemu.trace.TraceControl;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The RAM is mapped read-only: whatever the reader wrote would end this JVM. */
class SnapshotReaderTest {
    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final MappedMachine mapped = machine.mapped();
    private MappedMachine readOnly;
    private SnapshotReader reader;
    private boolean runs = true;

    @BeforeEach
    void open() throws IOException {
        machine.activate(1, 0, 5);
        machine.activate(4, 2);
        machine.reserve(9, 7);
        readOnly = MappedMachine.openReadOnly(machine.ram());
        reader = new SnapshotReader(readOnly, "m", () -> runs);
    }

    @AfterEach
    void close() throws IOException {
        reader.close();
        readOnly.close();
    }

    @Test
    void tellsKernelsAsTheirTableDoes() throws IOException {
        InstanceEntry entry = mapped.instances().entry(4);
        entry.pid(77);
        entry.reason("killed by a test");
        entry.cmdline("idle=halt");
        entry.enter(InstanceState.FAILED);
        entry.countTask(InstanceDescriptor.TASKS_STARTED_OFFSET);
        entry.countTask(InstanceDescriptor.TASKS_FAILED_OFFSET);
        Snapshot seen = reader.read();
        assertEquals(List.of(1, 4, 9), seen.kernels().stream().map(Kernel::id).toList());
        long free;
        try (InstancePool pool = mapped.poolOf(entry)) {
            free = pool.available();
        }
        assertEquals(new Kernel(4, "instance-4", InstanceState.FAILED, 2, 77, "killed by a test", List.of(2),
            1 << 20, free, entry.ipiArea(), entry.ipiAreaSize(), "idle=halt", 1, 0, 1), seen.kernels().get(1));
        assertEquals(InstanceState.READY, seen.kernels().get(2).state());
        assertEquals(List.of(), seen.problems());
    }

    @Test
    void tellsWhetherTheHostLivesAndHowOldTheMachineIs() throws IOException {
        Snapshot first = reader.read();
        assertEquals("running", first.state());
        assertEquals("m", first.machine());
        assertEquals(mapped.layout().ramSize(), first.ramBytes());
        assertEquals(IpiMode.QUEUED, first.ipi());
        assertEquals(mapped.layout().ipiSlots(), first.ipiSlots());
        assertEquals(first.takenNanos() - mapped.memory().createdNanos(), first.upNanos());
        runs = false;
        Snapshot second = reader.read();
        assertEquals("dead", second.state());
        assertEquals(0, second.pid());
        assertTrue(second.takenNanos() > first.takenNanos());
    }

    @Test
    void tellsWhatCpusDo() throws IOException {
        mapped.apic(0).announce(LocalApic.runningWord(3, 6, 0));
        mapped.apic(2).announce(LocalApicDescriptor.STATE_HALTED);
        mapped.apic(2).onlineSince(1);
        mapped.apic(2).polled(7);
        mapped.apic(2).fallsAsleep(2);
        mapped.apic(2).count(Counter.SENT, 12);
        mapped.apic(2).count(Counter.RUNG, 5);
        Snapshot seen = reader.read();
        assertEquals(List.of(0, 2, 5, 7), seen.cpus().stream().map(Cpu::id).toList());
        assertEquals(CpuState.RUNNING, seen.cpus().get(0).state());
        assertEquals(List.of(2, 5), seen.cpus().get(0).hotLanes());
        assertEquals(CpuState.HALTED, seen.cpus().get(1).state());
        assertEquals(4, seen.cpus().get(1).kernel());
        assertEquals(CpuState.OFFLINE, seen.cpus().get(2).state());
        assertEquals(seen.takenNanos() - 1, seen.cpus().get(1).onlineNanos());
        assertEquals(seen.takenNanos() - 2, seen.cpus().get(1).haltedNanos());
        assertEquals(7, seen.cpus().get(1).pollingNanos());
        assertEquals(0, seen.cpus().get(0).onlineNanos());
        assertEquals(12, seen.cpus().get(1).counters().get(Counter.SENT));
        assertEquals(7, seen.cpus().get(1).counters().get(Counter.ELIDED));
        assertEquals(List.of(), seen.problems());
    }

    @Test
    void countsLanesAndWhatWaitsInThem() throws IOException {
        assertEquals(List.of(), reader.read().lanes());
        IpiSender sender = mapped.interconnect().sender(mapped.apic(2));
        UnsafeBuffer data = new UnsafeBuffer(new byte[64]);
        for (int message = 0; message < 5; message++) {
            assertEquals(0, sender.sendToCpu(1, 5, 0x77, data, 0, 8 * message));
        }
        assertEquals(List.of(new Lane(2, 5, 0, 5)), reader.read().lanes());
        try (Window area = mapped.interconnect().mapArea(mapped.instances().entry(1),
            mapped.instances().entry(1).ipiArea())) {
            Taker taker = new Taker();
            IpiReceiver receiver = mapped.interconnect().receiver(area, mapped.apic(5), 1, false, taker);
            receiver.interrupt();
            assertEquals(5, receiver.deliver());
            assertEquals(List.of(new Lane(2, 5, 5, 0)), reader.read().lanes());
        }
        assertEquals(0, sender.send(1, 0x77, data, 0, 0));
        assertEquals(List.of(new Lane(2, 0, 0, 1), new Lane(2, 5, 5, 0)), reader.read().lanes());
        /* A new life's area. */
        InstanceEntry entry = mapped.instances().entry(1);
        mapped.interconnect().formatArea(entry.ipiArea(), 2);
        entry.newLife(InstanceState.ACTIVE);
        assertEquals(List.of(), reader.read().lanes());
        assertEquals(List.of(), reader.read().problems());
    }

    @Test
    void theMemoryMapIsThatOfIomem() throws IOException {
        Snapshot seen = reader.read();
        assertEquals(Iomem.of(mapped).tree().toString(), text(seen.memory(), ""));
        Region pool = seen.memory().stream().filter(region -> region.kind() == RegionKind.POOL).findFirst()
            .orElseThrow();
        assertEquals(List.of(1, 4, 9), pool.children().stream().map(Region::kernel).toList());
        Region area = pool.children().get(1).children().stream()
            .filter(region -> region.kind() == RegionKind.IPI_AREA).findFirst().orElseThrow();
        assertEquals(mapped.instances().entry(4).ipiArea(), area.start());
        assertEquals(4, area.kernel());
    }

    private static String text(List<Region> regions, String indent) {
        StringBuilder text = new StringBuilder();
        for (Region region : regions) {
            text.append(String.format("%s%08x-%08x : %s%n", indent, region.start(), region.end(), region.name()))
                .append(text(region.children(), indent + "  "));
        }
        return text.toString();
    }

    @Test
    void sharedNeighboursAreOneRun() throws IOException {
        InstanceEntry owner = mapped.instances().entry(1);
        try (InstancePool pool = mapped.poolOf(owner)) {
            long first = Pages.pfn(pool.alloc(6L * Pages.PAGE_SIZE, Pages.PAGE_SIZE));
            var table = mapped.memory().pageTable();
            for (int page : new int[] {0, 1, 2, 4}) {
                table.grant(first + page, 4);
            }
            table.grant(first + 1, 200);
            table.noteMapped(first + 2, 4);
            table.noteMapped(first + 5, 4);
            assertEquals(List.of(new Share(1, 4, first, 2, false), new Share(1, 4, first + 2, 1, true),
                new Share(1, 4, first + 4, 1, false), new Share(1, 200, first + 1, 1, false)), reader.read().shares());
            pool.free(Pages.address(first), 6L * Pages.PAGE_SIZE);
        }
    }

    @Test
    void theMapIsReadSoSeldomThatItCostsAHundredthAtMost() {
        assertEquals(500, MemoryMap.rest(1));
        assertEquals(1_000_000_000L, MemoryMap.rest(2_000_000L));
        assertEquals(1_000_000_000L, MemoryMap.rest(10_000_000L));
        assertEquals(100_000_000_000L, MemoryMap.rest(1_000_000_000L));
    }

    @Test
    void addsUpTheTraceRings() throws IOException {
        new TraceControl(mapped.memory()).mode(TraceMode.IPI);
        UnsafeBuffer tables = mapped.memory().tables();
        tables.putLong(mapped.layout().traceRingAt(2) + TraceRingDescriptor.TAIL_OFFSET, 40);
        tables.putLong(mapped.layout().traceRingAt(3) + TraceRingDescriptor.TAIL_OFFSET, 2);
        tables.putLong(mapped.layout().traceRingAt(3) + TraceRingDescriptor.LOST_SENDS_OFFSET, 7);
        tables.putLong(mapped.layout().traceRingAt(3) + TraceRingDescriptor.LOST_OTHERS_OFFSET, 1);
        assertEquals(new Snapshot.Trace(TraceMode.IPI, 42, 8), reader.read().trace());
        tables.putLong(mapped.layout().traceRingAt(3) + TraceRingDescriptor.TAIL_OFFSET, -1);
        Snapshot damaged = reader.read();
        assertEquals(40, damaged.trace().slots());
        assertEquals(1, damaged.problems().size(), damaged.problems()::toString);
    }

    @Test
    void damageIsToldInLines() throws IOException {
        mapped.apic(2).announce(9);
        mapped.apic(0).announce(LocalApic.runningWord(100, 0, 0));
        mapped.instances().entry(4).ipiArea(Pages.PAGE_SIZE, 1);
        List<String> problems = reader.read().problems();
        assertEquals(3, problems.size(), problems::toString);
        assertTrue(problems.contains("CPU 2 has state 9, which is none"), problems::toString);
        assertTrue(problems.contains("CPU 0 polls the lane of CPU 99, which is none"), problems::toString);
        assertTrue(problems.stream().anyMatch(line -> line.contains("IPI area of instance 4")), problems::toString);
    }

    @Test
    void whateverIsScribbledOverTheTablesItReads() throws IOException {
        Random random = new Random(16);
        UnsafeBuffer tables = mapped.memory().tables();
        int begin = (int) mapped.layout().cpusAt();
        int end = (int) mapped.layout().instancesAt() + 16 * InstanceDescriptor.LENGTH;
        int damaged = 0;
        for (int round = 0; round < 300; round++) {
            for (int word = 0; word < 50; word++) {
                int at = begin + random.nextInt((end - begin) / Long.BYTES) * Long.BYTES;
                tables.putLong(at, switch (random.nextInt(3)) {
                    case 0 -> random.nextLong();
                    case 1 -> random.nextInt(32);
                    default -> (long) random.nextInt((int) (mapped.layout().ramSize() / Pages.PAGE_SIZE))
                        * Pages.PAGE_SIZE;
                });
            }
            Snapshot seen = reader.read();
            assertTrue(seen.problems().size() <= 64);
            damaged += seen.problems().size();
            SnapshotJson.of(seen);
        }
        assertTrue(damaged > 0);
    }

    /** Takes what comes. */
    private static final class Taker implements IpiDispatcher, IpiDispatcher.Messages {
        private final List<Integer> types = new ArrayList<>();

        @Override
        public Messages messages() {
            return this;
        }

        @Override
        public IrqWork irqWork() {
            throw new UnsupportedOperationException("single-slot");
        }

        @Override
        public void dispatch(MkIpiData data) {
            types.add(data.type());
        }

        @Override
        public void anomaly(int senderCpu, MkIpiData data) {
            throw new AssertionError("anomaly from CPU " + senderCpu);
        }
    }
}
