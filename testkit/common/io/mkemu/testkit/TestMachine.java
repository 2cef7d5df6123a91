// SPDX-License-Identifier: Apache-2.0
package io.mkemu.testkit;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.log.KernelLogReader;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.RamFile;
import io.mkemu.memory.Region;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * A machine's RAM as the host makes it, without the host, in a directory of its own on the memory file system. A field
 * of a test that registers it as an extension lasts as long as the test; another one must be closed. One thread makes,
 * changes and closes it, any thread reads.
 */
public final class TestMachine implements AfterEachCallback, AutoCloseable {
    /** Eight CPUs, 16 messages a lane. */
    public static final RamLayout LAYOUT = new RamLayout(8, 16, 1 << 20, 8 << 20);
    private static final int MOST_REGIONS = 8;

    /** For a {@code TempDir}: directories on the memory file system. */
    public static final class Shm implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws IOException {
            return Files.createTempDirectory(Path.of("/dev/shm"), "mkemu-test-");
        }
    }

    private final Path ram;
    private final MappedMachine mapped;
    private final MultikernelPool pool;

    /** A queued machine of {@link #LAYOUT}. */
    public TestMachine() {
        this(LAYOUT);
    }

    /** A queued machine. */
    public TestMachine(RamLayout layout) {
        this(layout, IpiMode.QUEUED);
    }

    /** A machine without instances whose CPUs nobody owns. */
    public TestMachine(RamLayout layout, IpiMode mode) {
        try {
            this.ram = Files.createTempDirectory(Path.of("/dev/shm"), "mkemu-test-").resolve("ram");
            RamFile.create(ram, layout, mode, "test");
            this.mapped = MappedMachine.open(ram);
        } catch (IOException refused) {
            throw new UncheckedIOException(refused);
        }
        this.pool = MultikernelPool.format(mapped.memory());
        for (int cpu = 0; cpu < layout.nrCpus(); cpu++) {
            mapped.apic(cpu).configure(-1, false, -1, cpu);
        }
    }

    /** Gives an instance CPUs, a pool and an IPI area; it is loaded then. */
    public InstanceEntry load(int id, int... cpus) {
        InstanceEntry entry = reserve(id, cpus);
        long areaSize = mapped.interconnect().areaLength(cpus.length);
        try (InstancePool instancePool = mapped.poolOf(entry)) {
            long area = instancePool.alloc(areaSize, Pages.PAGE_SIZE);
            if (area == 0) {
                throw new IllegalStateException("IPI area of " + areaSize + " bytes does not fit " + entry.regions());
            }
            mapped.interconnect().formatArea(area, cpus.length);
            entry.ipiArea(area, areaSize);
        }
        entry.newLife(InstanceState.LOADED);
        return entry;
    }

    /** Gives an instance CPUs and an eighth of the memory, its pool empty; it is ready then. */
    public InstanceEntry reserve(int id, int... cpus) {
        InstanceEntry entry = mapped.instances().entry(id);
        long size = mapped.layout().poolSize() / MOST_REGIONS;
        long region = pool.alloc(size);
        if (region == 0) {
            throw new IllegalStateException("no region of " + size + " bytes is left for instance " + id);
        }
        entry.name("instance-" + id);
        entry.cpus(cpus);
        entry.regions(List.of(new Region(region, size)));
        for (int cpu : cpus) {
            mapped.apic(cpu).reset();
            mapped.apic(cpu).configure(cpu, false, id, cpu);
        }
        mapped.apics().number(cpus);
        InstancePool.format(mapped.memory(), entry.regions()).close();
        entry.newLife(InstanceState.READY);
        return entry;
    }

    /** As {@link #load}, and active. */
    public InstanceEntry activate(int id, int... cpus) {
        InstanceEntry entry = load(id, cpus);
        entry.enter(InstanceState.ACTIVE);
        return entry;
    }

    /** The RAM file, for other processes. What lies beside it is removed with it. */
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

    /** What no instance has of it. */
    public MultikernelPool pool() {
        return pool;
    }

    /** All lines of an instance's kernel log. */
    public List<String> log(int id) {
        KernelLogReader reader = new KernelLogReader(mapped.memory(), id);
        List<String> lines = new ArrayList<>();
        for (var line = reader.poll(); line != null; line = reader.poll()) {
            lines.add(line.text());
        }
        return lines;
    }

    @Override
    public void afterEach(ExtensionContext test) {
        close();
    }

    @Override
    public void close() {
        pool.close();
        try {
            mapped.close();
            try (Stream<Path> files = Files.list(ram.getParent())) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(ram.getParent());
        } catch (IOException refused) {
            throw new UncheckedIOException(refused);
        }
    }
}
