// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.boot.InstanceDescriptor;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceEntry.Region;
import io.mkemu.boot.InstanceState;
import io.mkemu.boot.dt.InstanceSpec;
import io.mkemu.cpu.LocalApic;
import io.mkemu.memory.Iomem;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.RamLayout;
import io.mkemu.memory.Window;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * All that the verbs of a host can change, at one moment: two that are equal mean that nothing was changed in between.
 *
 * @param status  without the time
 * @param specs   what the host keeps of each instance
 * @param plan    which host CPU runs which CPU
 * @param iomem   the memory map
 * @param entries of the instance table, those that are empty too
 * @param cpus    what the local APICs say
 * @param pool    the multikernel pool's bitmap and the page table, byte for byte
 */
record Snapshot(MachineStatus status, List<InstanceSpec> specs, CpuPlan plan, String iomem, List<Entry> entries,
                List<Cpu> cpus, ByteBuffer pool) {
    /** An entry of the instance table. */
    record Entry(int id, InstanceState state, long epoch, String name, List<Integer> cpus, List<Region> regions,
                 long ipiArea, long ipiAreaSize, String cmdline, String reason, int requested) {
        static Entry of(InstanceEntry entry) {
            return new Entry(entry.id(), entry.state(), entry.epoch(), entry.name(),
                IntStream.of(entry.cpus()).boxed().toList(), entry.regions(), entry.ipiArea(), entry.ipiAreaSize(),
                entry.cmdline(), entry.reason(), entry.requested());
        }
    }

    /** A local APIC. */
    record Cpu(int physical, int number, int instanceId, int hostCpu, boolean sharesCore, boolean hasPending) {
        static Cpu of(LocalApic apic) {
            return new Cpu(apic.physicalCpu(), apic.cpuNumber(), apic.instanceId(), apic.hostCpu(), apic.sharesCore(),
                apic.hasPending());
        }
    }

    static Snapshot of(Host host) {
        PhysicalMemory memory = host.machine().memory();
        MachineStatus now = host.status();
        RamLayout layout = memory.layout();
        return new Snapshot(new MachineStatus(now.name(), now.directory(), now.pid(), 0, now.ipi(), now.cpus(),
            now.freeCpus(), now.memoryBytes(), now.freeBytes(), now.ramBytes(), now.instances()),
            host.instances().stream().map(HostedInstance::spec).toList(), host.machine().cpus(), iomem(memory),
            IntStream.range(0, InstanceDescriptor.MAX_INSTANCES).mapToObj(id ->
                Entry.of(memory.instances().entry(id))).toList(),
            IntStream.range(0, layout.nrCpus()).mapToObj(cpu -> Cpu.of(LocalApic.of(memory, cpu))).toList(),
            bytes(memory, layout.pagesAt(), layout.hostAt() - layout.pagesAt()));
    }

    /** The memory map as text; what cannot be so, too. */
    static String iomem(PhysicalMemory memory) {
        Iomem map = Iomem.of(memory);
        return map.tree() + String.join("\n", map.problems());
    }

    private static ByteBuffer bytes(PhysicalMemory memory, long address, long length) {
        byte[] bytes = new byte[(int) length];
        try (Window window = memory.map(address, length)) {
            window.buffer().getBytes(0, bytes);
        }
        return ByteBuffer.wrap(bytes);
    }
}
