// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.abi.TraceMode;
import io.mkemu.boot.BootParameters;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.BitmapPool;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.module.KernelModule;
import io.mkemu.os.Platform;
import io.mkemu.table.InstanceEntry;
import io.mkemu.trace.TraceControl;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * A machine in one buffer, all of whose CPUs are stepped by one thread: a seed chooses who steps and how much time
 * passes. No process, no file, no native call. One thread.
 */
public final class SteppedMachine extends Platform {
    private static final RamLayout LAYOUT = new RamLayout(4, 8, 1 << 20, 3 << 20);
    private static final long REGION = 1 << 20;
    private static final int MOST_NANOS_PER_STEP = 5_000;

    /** A CPU, and until when it sleeps if nobody wakes it. */
    private static final class Stepped {
        private final Cpu cpu;
        private boolean inTurn;
        private boolean asleep;
        private long due;

        Stepped(Cpu cpu) {
            this.cpu = cpu;
        }
    }

    private final KernelHook.Maker hooks;
    private final SplittableRandom chance;
    private final SplittableRandom bits;
    private final ByteBuffer ram;
    private final PhysicalMemory memory;
    private final MappedMachine mapped;
    private final Window poolMap;
    private final BitmapPool pool;
    private final List<KernelInstance> kernels = new ArrayList<>();
    private final List<Stepped> cpus = new ArrayList<>();
    private final StringBuilder events = new StringBuilder();
    private long now = 1_000_000;
    private int wakes;

    /** RAM for machines one after another: to make it anew costs more than to run one. */
    public static ByteBuffer newRam() {
        return ByteBuffer.allocateDirect((int) LAYOUT.ramSize() + Pages.PAGE_SIZE).alignedSlice(Pages.PAGE_SIZE)
            .slice(0, (int) LAYOUT.ramSize());
    }

    SteppedMachine(ByteBuffer ram, IpiMode mode, long seed, KernelHook.Maker hooks) {
        this.hooks = hooks;
        SplittableRandom seeds = new SplittableRandom(seed);
        this.chance = seeds.split();
        this.bits = seeds.split();
        this.ram = ram;
        MemorySegment.ofBuffer(ram).fill((byte) 0);
        this.memory = PhysicalMemory.inMemory(MemorySegment.ofBuffer(ram), LAYOUT, mode, 42, this);
        this.mapped = new MappedMachine(memory);
        this.poolMap = memory.map(LAYOUT.poolMapAt(), LAYOUT.poolMapSize());
        this.pool = BitmapPool.format(poolMap.buffer(), 0, LAYOUT.poolAt(), LAYOUT.poolSize(), Pages.PAGE_SHIFT);
        new TraceControl(memory).mode(TraceMode.ALL);
        for (int cpu = 0; cpu < LAYOUT.nrCpus(); cpu++) {
            mapped.apic(cpu).configure(-1, false, -1, cpu);
        }
    }

    /** Boots a kernel: as the host and InstanceMain do it, but for the process. */
    void boot(int id, int[] itsCpus, KernelModule module) {
        InstanceEntry entry = mapped.instances().entry(id);
        entry.name("instance-" + id);
        entry.cpus(itsCpus);
        entry.regions(List.of(new Region(pool.alloc(REGION, Pages.PAGE_SIZE), REGION)));
        for (int cpu : itsCpus) {
            mapped.apic(cpu).reset();
            mapped.apic(cpu).configure(0, false, id, cpu);
        }
        InstancePool.format(memory, entry.regions()).close();
        entry.newLife(InstanceState.READY);
        int created = mapped.interconnect().areas().create(id);
        if (created != 0) {
            throw new IllegalStateException("IPI area: " + created);
        }
        entry.newLife(InstanceState.LOADED);
        KernelInstance kernel =
            new KernelInstance(mapped, id, BootParameters.parse("idle=haltpoll"), entry.ipiArea(), hooks);
        kernels.add(kernel);
        for (int logical = 0; logical < itsCpus.length; logical++) {
            cpus.add(new Stepped(kernel.cpu(logical)));
        }
        kernel.bringUpStepped();
        kernel.start(List.of(module));
    }

    KernelInstance kernel(int index) {
        return kernels.get(index);
    }

    PhysicalMemory memory() {
        return memory;
    }

    /** Notes what happened, with the time. */
    void note(String event) {
        events.append(now).append(' ').append(event).append('\n');
    }

    /** Lets one of the CPUs do a turn, or sleep on. */
    void step() {
        now += 1 + chance.nextInt(MOST_NANOS_PER_STEP);
        Stepped next = cpus.get(chance.nextInt(cpus.size()));
        Cpu cpu = next.cpu;
        if (next.inTurn) {
            /* It waits in a turn for what another one does. */
            return;
        }
        if (next.asleep) {
            if (!cpu.apic().hasPending() && now < next.due) {
                return;
            }
            next.asleep = false;
            cpu.wakes(true);
        }
        next.inTurn = true;
        long wait = cpu.step();
        next.inTurn = false;
        note("cpu" + cpu.apic().physicalCpu() + (wait > 0 ? " idle" : ""));
        if (wait > 0 && chance.nextBoolean()) {
            next.asleep = cpu.sleeps();
            next.due = now + Math.min(wait, Cpu.AUDIT_NANOS);
            if (!next.asleep) {
                cpu.wakes(false);
            }
        }
    }

    /** Lets the modules exit, and all windows go. */
    void shutDown(int mostSteps) {
        int[] left = {0};
        for (KernelInstance kernel : kernels) {
            left[0] += kernel.entry().cpus().length;
            kernel.exitModules(() -> left[0]--, () -> left[0]--);
        }
        for (int step = 0; left[0] > 0; step++) {
            if (step == mostSteps) {
                throw new AssertionError("the modules have not ended after " + step + " steps");
            }
            step();
        }
        kernels.forEach(KernelInstance::close);
    }

    /** All that happened: what was noted, and all that lies in RAM, of which the trace rings and logs are a part. */
    String record() {
        CRC32C crc = new CRC32C();
        crc.update(ram.duplicate().clear());
        return events + "wakes " + wakes + ", RAM " + Long.toHexString(crc.getValue());
    }

    int wakes() {
        return wakes;
    }

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public long randomLong() {
        return bits.nextLong();
    }

    @Override
    public void wake(long address, int count) {
        wakes++;
    }

    @Override
    public void relax() {
        step();
    }

    @Override
    public void point() {
        /* Who is in a turn here ends it before another one goes on, except where it waits. */
    }

    @Override
    public void park(long nanos) {
        now += nanos;
        step();
    }

    @Override
    public boolean hasAsymmetricFence() {
        return true;
    }

    @Override
    public void lightFence() {
        /* One thread sees its own stores in order. */
    }

    @Override
    public boolean heavyFence() {
        return true;
    }
}
