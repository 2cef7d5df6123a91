// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.RamLayout;
import io.mkemu.machine.InterruptTable;
import io.mkemu.machine.InterruptTable.Cpu;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.TestMachine;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class InterruptTableTest {
    @RegisterExtension
    private final TestMachine machine = new TestMachine(new RamLayout(6, 16, 1 << 20, 1 << 20));
    private final MappedMachine mapped = machine.mapped();

    @BeforeEach
    void fill() {
        instance(0, "host", 0);
        instance(7, "a-rather-long-name", 5, 3);
        /* Owned by an instance that does not exist. */
        mapped.apic(2).configure(0, false, 9, 2);
    }

    private void instance(int id, String name, int... cpus) {
        InstanceEntry entry = mapped.instances().entry(id);
        entry.name(name);
        entry.cpus(cpus);
        entry.newLife(InstanceState.ACTIVE);
        for (int cpu : cpus) {
            mapped.apic(cpu).configure(1, true, id, 10 + cpu);
        }
    }

    @Test
    void hasAColumnForEachOwnedCpu() {
        mapped.apic(3).count(Counter.SENT, 42);
        List<Cpu> cpus = InterruptTable.read(mapped);
        assertEquals(List.of(0, 3, 5), cpus.stream().map(Cpu::physicalCpu).toList());
        Cpu cpu = cpus.get(1);
        assertEquals(13, cpu.number());
        assertEquals(1, cpu.hostCpu());
        assertEquals(7, cpu.instanceId());
        assertEquals("a-rather-long-name", cpu.instance());
        assertEquals(42, cpu.counters().get(Counter.SENT));
        assertEquals(Counter.values().length, cpu.counters().size());
    }

    @Test
    void columnsAreAsWideAsWhatStandsInThem() {
        mapped.apic(0).count(Counter.INTERRUPTS, 123_456_789_012L);
        mapped.apic(5).count(Counter.HALTS, 5);
        List<String> lines = InterruptTable.text(InterruptTable.read(mapped)).lines().toList();
        assertEquals("             CPU0               CPU3               CPU5", lines.get(0));
        assertEquals("             host a-rather-long-name a-rather-long-name", lines.get(1));
        List<String> rows = lines.subList(2, lines.size());
        assertEquals(Counter.values().length, rows.size());
        for (String row : rows) {
            assertTrue(row.matches("[A-Z]{3}: +\\d+ +\\d+ +\\d+  [A-Z].*"), row);
            assertEquals(55, row.replaceFirst("  [A-Z].*$", "").length(), row);
        }
        assertTrue(rows.contains("INT: 123456789012                  0                  0  Interrupts taken"),
            () -> String.join("\n", rows));
        assertTrue(rows.contains("HLT:            0                  0                  5  Halts"),
            () -> String.join("\n", rows));
        assertEquals(rows.size(), rows.stream().map(row -> row.substring(0, 3)).distinct().count());
        assertEquals(Arrays.stream(Counter.values()).count(), rows.stream().map(row -> row.replaceFirst(".*\\d  ", ""))
            .distinct().count());
    }
}
