// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.boot.BootParameters;
import io.mkemu.cpu.LocalApic;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.RamFile;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import io.mkemu.os.Affinity;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** RAM above 2 GiB: pools, IPI areas and shared pages beyond what an int can address. */
@Tag("slow")
@Timeout(300)
class HighMemoryTest {
    private static final Path SHM = Path.of("/dev/shm");
    private static final long GIB = 1L << 30;
    private static final long TWO_GIB = 2 * GIB;
    private static final int WORDS = Pages.PAGE_SIZE / Long.BYTES;
    private static final int REPORT = 7;
    private static final long PATIENCE_MILLIS = 20_000;

    private Path directory;
    private MappedMachine mapped;
    private MultikernelPool multikernelPool;

    /** Allocates a page beyond 2 GiB, fills it and shares it; learns what the other kernel read. */
    private static final class Owner implements KernelModule {
        private final CompletableFuture<Long> sum = new CompletableFuture<>();
        private final CompletableFuture<Long> page = new CompletableFuture<>();

        @Override
        public void init(Kernel kernel) {
            kernel.registerHandler((data, context) -> sum.complete(data.buffer().getLong(0)), null, REPORT);
            /* A task runs once the kernel is active: the answer to a send made in init could not be delivered. */
            kernel.startTask("share", () -> {
                long address = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
                try (Window window = kernel.memremap(address, Pages.PAGE_SIZE)) {
                    for (int word = 0; word < WORDS; word++) {
                        window.buffer().putLong(word * Long.BYTES, address + word);
                    }
                }
                assertEquals(0, kernel.sendPfn(2, Pages.pfn(address)));
                page.complete(address);
                return Task.DONE;
            });
        }
    }

    /** Maps what is shared with it and reports the sum of its words. */
    private static final class Reader implements KernelModule {
        @Override
        public void init(Kernel kernel) {
            kernel.registerHandler((data, context) -> {
                Window window = kernel.receiveMapPage(data);
                long sum = 0;
                for (int word = 0; word < WORDS; word++) {
                    sum += window.buffer().getLong(word * Long.BYTES);
                }
                kernel.receiveUnmapPage(window);
                UnsafeBuffer report =
                    new UnsafeBuffer(new byte[Long.BYTES]);
                report.putLong(0, sum);
                kernel.sendIpiData(1, report, 0, Long.BYTES, REPORT);
            }, null, MkIpiDataDescriptor.PFN_IPI_TYPE);
        }
    }

    @BeforeEach
    void makeRam() throws IOException {
        long free = Math.min(Files.getFileStore(SHM).getUsableSpace(), available());
        assumeTrue(free > 4 * GIB, () -> "needs 4 GiB of free memory in " + SHM + ", has " + (free >> 20) + " MiB");
        directory = Files.createTempDirectory(SHM, "mkemu-high-");
        RamFile.create(directory.resolve("ram"), new RamLayout(2, 16, 1 << 20, 3 * GIB), IpiMode.QUEUED, "high");
        mapped = MappedMachine.open(directory.resolve("ram"));
        multikernelPool = MultikernelPool.format(mapped.memory());
    }

    private static long available() throws IOException {
        return Files.readAllLines(Path.of("/proc/meminfo")).stream().filter(line -> line.startsWith("MemAvailable:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10).findFirst().orElse(0);
    }

    @AfterEach
    void removeRam() throws IOException {
        if (directory != null) {
            multikernelPool.close();
            mapped.close();
            Files.delete(directory.resolve("ram"));
            Files.delete(directory);
        }
    }

    private KernelInstance instance(int id, long size, long filler) throws InterruptedException {
        List<Region> regions = multikernelPool.createInstancePool(size, Pages.PAGE_SHIFT);
        assertEquals(1, regions.size());
        InstanceEntry entry = mapped.instances().entry(id);
        entry.name("high" + id);
        entry.cpus(new int[] {id - 1});
        entry.regions(regions);
        LocalApic apic = mapped.apic(id - 1);
        apic.reset();
        apic.configure(Affinity.allowed().nextSetBit(0), true, id, id - 1);
        try (InstancePool pool = InstancePool.format(mapped.memory(), regions)) {
            assertTrue(filler == 0 || pool.alloc(filler, Pages.PAGE_SIZE) != 0);
        }
        assertEquals(0, mapped.interconnect().areas().create(id));
        assertTrue(entry.ipiArea() > TWO_GIB, "IPI area at 0x" + Long.toHexString(entry.ipiArea()));
        entry.newLife(InstanceState.LOADED);
        KernelInstance kernel = new KernelInstance(mapped, id, BootParameters.parse("idle=halt"), entry.ipiArea());
        kernel.bringUpCpus();
        return kernel;
    }

    @Test
    void poolsPagesAndIpiAreasBeyondTwoGiB() throws Exception {
        Owner owner = new Owner();
        try (KernelInstance first = instance(1, 2 * GIB + (GIB >> 2), TWO_GIB);
            KernelInstance second = instance(2, GIB >> 1, 0)) {
            try {
                second.start(List.of(new Reader()));
                Await.until(() -> mapped.instances().entry(2).state() == InstanceState.ACTIVE);
                first.start(List.of(owner));
                long page = owner.page.get(30, TimeUnit.SECONDS);
                assertTrue(page > TWO_GIB, "page at 0x" + Long.toHexString(page));
                assertEquals(WORDS * page + (long) WORDS * (WORDS - 1) / 2, owner.sum.get(30, TimeUnit.SECONDS));
                assertTrue(mapped.memory().pageTable().isGranted(Pages.pfn(page), 2));
            } finally {
                assertTrue(first.shutDown(PATIENCE_MILLIS));
                assertTrue(second.shutDown(PATIENCE_MILLIS));
            }
        }
        long last = multikernelPool.alloc(GIB >> 2);
        assertNotEquals(0, last);
        assertEquals(mapped.memory().layout().ramSize(), last + (GIB >> 2));
        assertEquals(0, multikernelPool.available());
        try (Window window = mapped.memory().map(last, GIB >> 2)) {
            window.buffer().putLong(window.buffer().capacity() - Long.BYTES, -1);
        }
        assertEquals(0, multikernelPool.release(mapped.instances().entry(1).regions()));
        assertEquals(2 * GIB + (GIB >> 2), multikernelPool.available());
    }
}
