// SPDX-License-Identifier: Apache-2.0
package io.mkemu.machine;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.memory.BitmapPool;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.RamFile;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/** A machine's RAM as the host makes it, without the host: what the tests of this module run on. */
public final class TestMachine implements AutoCloseable {
    /** Eight CPUs, 16 messages a lane. */
    public static final RamLayout LAYOUT = new RamLayout(8, 16, 1 << 20, 8 << 20);
    private static final long REGION = 1 << 20;

    /** Directories on the memory file system. */
    public static final class Shm implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws IOException {
            return Files.createTempDirectory(Path.of("/dev/shm"), "mkemu-test-");
        }
    }

    private final Path ram;
    private final MappedMachine mapped;
    private final BitmapPool multikernelPool;
    private final Window poolMap;

    private TestMachine(Path ram, RamLayout layout) throws IOException {
        this.ram = ram;
        RamFile.create(ram, layout, IpiMode.QUEUED, "test");
        this.mapped = MappedMachine.open(ram);
        this.poolMap = mapped.memory().map(layout.poolMapAt(), layout.poolMapSize());
        this.multikernelPool = BitmapPool.format(poolMap.buffer(), 0, layout.poolAt(), layout.poolSize(),
            Pages.PAGE_SHIFT);
        for (int cpu = 0; cpu < layout.nrCpus(); cpu++) {
            mapped.apic(cpu).configure(-1, false, -1, cpu);
        }
    }

    /** A machine without instances in a directory on a memory file system. */
    public static TestMachine create(Path directory, RamLayout layout) throws IOException {
        return new TestMachine(directory.resolve("ram"), layout);
    }

    /** A machine of {@link #LAYOUT}. */
    public static TestMachine create(Path directory) throws IOException {
        return create(directory, LAYOUT);
    }

    /** Gives an instance CPUs, a pool and an IPI area; it is loaded then. */
    public InstanceEntry load(int id, int... cpus) {
        InstanceEntry entry = reserve(id, cpus);
        long areaSize = mapped.interconnect().areaLength(cpus.length);
        try (InstancePool pool = InstancePool.format(mapped.memory(), entry.regions())) {
            long area = pool.alloc(areaSize, Pages.PAGE_SIZE);
            if (area == 0) {
                throw new IllegalStateException("IPI area of " + areaSize + " bytes does not fit " + entry.regions());
            }
            mapped.interconnect().formatArea(area, cpus.length);
            entry.ipiArea(area, areaSize);
        }
        entry.newLife(InstanceState.LOADED);
        return entry;
    }

    /** Gives an instance CPUs and memory, but nothing lies in the memory; it is ready then. */
    public InstanceEntry reserve(int id, int... cpus) {
        InstanceEntry entry = mapped.instances().entry(id);
        long region = multikernelPool.alloc(REGION, Pages.PAGE_SIZE);
        if (region == 0) {
            throw new IllegalStateException("no region of " + REGION + " bytes is left for instance " + id);
        }
        entry.name("instance-" + id);
        entry.cpus(cpus);
        entry.regions(List.of(new Region(region, REGION)));
        for (int cpu : cpus) {
            mapped.apic(cpu).reset();
            mapped.apic(cpu).configure(cpu, false, id, cpu);
        }
        entry.newLife(InstanceState.READY);
        return entry;
    }

    /** As {@link #load}, and active. */
    public InstanceEntry activate(int id, int... cpus) {
        InstanceEntry entry = load(id, cpus);
        entry.enter(InstanceState.ACTIVE);
        return entry;
    }

    /** The RAM file, for other processes. */
    public Path ram() {
        return ram;
    }

    /** The machine as this process has it mapped. */
    public MappedMachine mapped() {
        return mapped;
    }

    /** Its RAM. */
    public PhysicalMemory memory() {
        return mapped.memory();
    }

    @Override
    public void close() throws IOException {
        poolMap.close();
        mapped.close();
    }
}
