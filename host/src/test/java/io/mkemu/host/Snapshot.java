// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.RamLayout;
import io.mkemu.cpu.LocalApic;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.machine.Iomem;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.plan.CpuPlan;
import io.mkemu.table.InstanceEntry;
import io.mkemu.tree.InstanceSpec;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
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
public record Snapshot(MachineStatus status, List<InstanceSpec> specs, CpuPlan plan, String iomem, List<Entry> entries,
                List<Cpu> cpus, ByteBuffer pool) {
    /** An entry of the instance table. */
    public record Entry(int id, InstanceState state, long life, String name, List<Integer> cpus, List<Region> regions,
                 long ipiArea, long ipiAreaSize, String cmdline, String reason, int requested) {
        public static Entry of(InstanceEntry entry) {
            return new Entry(entry.id(), entry.state(), entry.life(), entry.name(),
                IntStream.of(entry.cpus()).boxed().toList(), entry.regions(), entry.ipiArea(), entry.ipiAreaSize(),
                entry.cmdline(), entry.reason(), entry.requested());
        }
    }

    /** A local APIC. */
    public record Cpu(int physical, int number, int instanceId, int hostCpu, boolean sharesCore, boolean hasPending) {
        static Cpu of(LocalApic apic) {
            return new Cpu(apic.physicalCpu(), apic.cpuNumber(), apic.instanceId(), apic.hostCpu(), apic.sharesCore(),
                apic.hasPending());
        }
    }

    public static Snapshot of(Host host) {
        MappedMachine mapped = host.machine().mapped();
        MachineStatus now = host.status();
        RamLayout layout = mapped.memory().layout();
        return new Snapshot(new MachineStatus(now.name(), now.directory(), now.pid(), 0, now.ipi(), now.cpus(),
            now.freeCpus(), now.memoryBytes(), now.freeBytes(), now.ramBytes(),
            now.instances().stream().map(Snapshot::withoutCounters).toList()),
            host.instances().stream().map(HostedInstance::spec).toList(), host.machine().cpus(), iomem(mapped),
            IntStream.range(0, InstanceDescriptor.MAX_INSTANCES).mapToObj(id ->
                Entry.of(mapped.instances().entry(id))).toList(),
            IntStream.range(0, layout.nrCpus()).mapToObj(cpu -> Cpu.of(mapped.apic(cpu))).toList(),
            bytes(mapped, layout.pagesAt(), layout.hostAt() - layout.pagesAt()));
    }

    /** The CPUs of a kernel that lives look around once a second, whatever else happens. */
    private static InstanceStatus withoutCounters(InstanceStatus now) {
        return new InstanceStatus(now.id(), now.name(), now.state(), now.detail(), now.reason(), now.pid(), now.cpus(),
            now.plannedHostCpus(), now.hostCpus(), now.memoryBytes(), now.life(), now.external(), now.restart(),
            now.restarts(), now.kernel(), now.jvmOptions(), now.modules(), now.cmdline(), now.bootMicros(), Map.of(),
            now.report());
    }

    /** The memory map as text; what cannot be so, too. */
    public static String iomem(MappedMachine mapped) {
        Iomem map = Iomem.of(mapped);
        return map.tree() + String.join("\n", map.problems());
    }

    private static ByteBuffer bytes(MappedMachine mapped, long address, long length) {
        byte[] bytes = new byte[(int) length];
        try (Window window = mapped.memory().map(address, length)) {
            window.buffer().getBytes(0, bytes);
        }
        return ByteBuffer.wrap(bytes);
    }
}
