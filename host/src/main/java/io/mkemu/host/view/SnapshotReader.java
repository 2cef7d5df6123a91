// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.host.view.Snapshot.Cpu;
import io.mkemu.host.view.Snapshot.CpuState;
import io.mkemu.host.view.Snapshot.Kernel;
import io.mkemu.host.view.Snapshot.Trace;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Region;
import io.mkemu.table.InstanceEntry;
import io.mkemu.trace.TraceControl;
import io.mkemu.trace.TraceTotals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Reads snapshots of a machine from its RAM. It only loads: the RAM may be mapped read-only, and no kernel notices but
 * by a cache line that it shares for a moment. What stands in RAM is checked before it is used; what cannot be is a
 * problem of the snapshot, not an exception. The memory map and the shares cost the more the larger the machine is:
 * they are read so seldom that they take no more than about a hundredth of the time. Not thread-safe.
 */
public final class SnapshotReader implements AutoCloseable {
    /* Of a RAM that somebody scribbles over there could be any number. */
    private static final int MOST_PROBLEMS = 64;
    private static final Counter[] COUNTERS = Counter.values();

    /** Whether the machine's host lives. */
    @FunctionalInterface
    interface HostLife {
        boolean runs() throws IOException;
    }

    private final MappedMachine machine;
    private final String name;
    private final HostLife hostLife;
    private final LaneViews lanes;
    private final MemoryMap memory;
    private final TraceControl trace;

    /** A reader of a machine; the view is the caller's to close, after this. */
    public SnapshotReader(MachineView view) {
        this(view.mapped(), view.name(), view::runs);
    }

    SnapshotReader(MappedMachine machine, String name, HostLife hostLife) {
        this.machine = machine;
        this.name = name;
        this.hostLife = hostLife;
        this.lanes = new LaneViews(machine);
        this.memory = new MemoryMap(machine);
        this.trace = new TraceControl(machine.memory());
    }

    /**
     * Reads.
     *
     * @throws IOException if it cannot be told whether the host lives
     */
    public Snapshot read() throws IOException {
        List<String> problems = new ArrayList<>();
        boolean runs = hostLife.runs();
        PhysicalMemory ram = machine.memory();
        List<InstanceEntry> entries = InstanceNames.all(machine);
        memory.look(entries, machine.platform().nanoTime());
        /* Now: that may have taken long, and what follows is a moment's. */
        long taken = machine.platform().nanoTime();
        List<Kernel> kernels = entries.stream().map(this::kernel)
            .filter(kernel -> kernel.state() != InstanceState.EMPTY).toList();
        List<Cpu> cpus = cpus(taken, problems);
        var lanesSeen = lanes.look(entries, problems);
        TraceTotals totals = TraceTotals.of(ram);
        problems.addAll(totals.problems());
        problems.addAll(memory.problems());
        return new Snapshot(name, runs ? MachineSummary.RUNNING : MachineSummary.DEAD,
            runs ? machine.instances().entry(0).pid() : 0, taken, taken - ram.createdNanos(), ram.ipiMode(),
            ram.layout().ipiSlots(), ram.layout().ramSize(), kernels, cpus, lanesSeen, memory.regions(),
            memory.shares(), new Trace(trace.mode(), totals.slots(), totals.lost()),
            problems.stream().distinct().limit(MOST_PROBLEMS).toList());
    }

    private Kernel kernel(InstanceEntry entry) {
        long life = entry.lifeWord();
        return new Kernel(entry.id(), entry.name(), InstanceEntry.stateOf(life), InstanceEntry.lifeOf(life),
            entry.pid(), entry.reason(), Arrays.stream(entry.cpus()).boxed().toList(),
            entry.regions().stream().mapToLong(Region::size).sum(), memory.freeBytes(entry.id()), entry.ipiArea(),
            entry.ipiAreaSize(), entry.cmdline(), entry.tasksStarted(), entry.tasksEnded(), entry.tasksFailed());
    }

    private List<Cpu> cpus(long now, List<String> problems) {
        List<Cpu> cpus = new ArrayList<>();
        for (int cpu = 0; cpu < machine.layout().nrCpus(); cpu++) {
            int owner = machine.instances().ownerOf(cpu);
            if (owner >= 0 && owner < InstanceDescriptor.MAX_INSTANCES) {
                cpus.add(cpu(machine.apic(cpu), owner, now, problems));
            }
        }
        return cpus;
    }

    private Cpu cpu(LocalApic apic, int owner, long now, List<String> problems) {
        Map<Counter, Long> counters = new EnumMap<>(Counter.class);
        for (Counter counter : COUNTERS) {
            counters.put(counter, apic.counter(counter));
        }
        long idle = apic.idleWord();
        long since = apic.onlineSince();
        return new Cpu(apic.physicalCpu(), apic.cpuNumber(), apic.hostCpu(), apic.sharesCore(), owner,
            state(apic, idle, problems), Math.max(0, apic.haltedNanos(now)), Math.max(0, apic.polledNanos()),
            since <= 0 || since > now ? 0 : now - since, hotLanes(apic, idle, problems), counters);
    }

    private static CpuState state(LocalApic apic, long idle, List<String> problems) {
        return switch (LocalApic.state(idle)) {
            case LocalApicDescriptor.STATE_OFFLINE -> CpuState.OFFLINE;
            case LocalApicDescriptor.STATE_RUNNING -> CpuState.RUNNING;
            case LocalApicDescriptor.STATE_HALTED -> CpuState.HALTED;
            default -> {
                problems.add("CPU " + apic.physicalCpu() + " has state " + LocalApic.state(idle) + ", which is none");
                yield CpuState.OFFLINE;
            }
        };
    }

    private List<Integer> hotLanes(LocalApic apic, long idle, List<String> problems) {
        List<Integer> senders = new ArrayList<>(LocalApicDescriptor.HOT_LANES);
        for (int lane = 0; lane < LocalApicDescriptor.HOT_LANES; lane++) {
            int sender = LocalApic.hotLane(idle, lane);
            if (sender >= machine.layout().nrCpus()) {
                problems.add("CPU " + apic.physicalCpu() + " polls the lane of CPU " + sender + ", which is none");
            } else if (sender >= 0) {
                senders.add(sender);
            }
        }
        return senders;
    }

    /** Unmaps what it has mapped. */
    @Override
    public void close() {
        lanes.close();
    }
}
