// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.TestMachine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The RAM of a machine with an empty multikernel pool and a formatted host pool, to be registered or closed as a
 * {@link TestMachine}.
 */
public final class PoolRam implements AfterEachCallback, AutoCloseable {
    public static final int PAGE = Pages.PAGE_SIZE;
    private static final long HOST_SIZE = 64L * PAGE;

    private final TestMachine machine;
    public final MappedMachine mapped;
    public final PhysicalMemory memory;
    public final MultikernelPool pool;

    public PoolRam(long poolSize) {
        machine = new TestMachine(new RamLayout(4, 16, HOST_SIZE, poolSize));
        mapped = machine.mapped();
        memory = machine.memory();
        pool = machine.pool();
        InstanceEntry host = mapped.instances().entry(0);
        host.name("host");
        host.regions(List.of(new Region(memory.layout().hostAt(), HOST_SIZE)));
        InstancePool.format(memory, host.regions()).close();
        host.newLife(InstanceState.LOADED);
    }

    public Path ram() {
        return machine.ram();
    }

    /** Makes an instance with these regions, its pool formatted. */
    public InstanceEntry instance(int id, List<Region> regions, int... cpus) {
        InstanceEntry entry = mapped.instances().entry(id);
        entry.name("instance" + id);
        entry.cpus(cpus);
        entry.regions(regions);
        InstancePool.format(memory, regions).close();
        entry.newLife(InstanceState.READY);
        return entry;
    }

    /** Allocates the whole pool, then frees these [from, end) ranges of pages. */
    public void fragment(int... free) {
        List<Long> pages = new ArrayList<>();
        for (long page = pool.alloc(PAGE); page != 0; page = pool.alloc(PAGE)) {
            pages.add(page);
        }
        for (int range = 0; range < free.length; range += 2) {
            for (int page = free[range]; page < free[range + 1]; page++) {
                pool.free(pages.get(page), PAGE);
            }
        }
    }

    /** Frees what is not kept, and what kills left in the multikernel pool. Nobody else may use that meanwhile. */
    public void sweep(LongPredicate keep) {
        List<Region> left = new ArrayList<>();
        pool.bitmap().forEachAllocation((address, size) -> left.add(new Region(address, size)));
        left.removeIf(region -> keep.test(region.address()));
        left.forEach(region -> pool.free(region.address(), region.size()));
        pool.bitmap().reclaim();
    }

    public long page(int index) {
        return memory.layout().poolAt() + (long) index * PAGE;
    }

    public static long total(List<Region> regions) {
        return regions.stream().mapToLong(Region::size).sum();
    }

    @Override
    public void afterEach(ExtensionContext test) {
        close();
    }

    @Override
    public void close() {
        machine.close();
    }

    /** Runs a hook before the compare-and-set of that number. */
    public static final class SteppedBuffer extends UnsafeBuffer {
        private final Runnable hook;
        private int left;

        public SteppedBuffer(UnsafeBuffer region, int steps, Runnable hook) {
            super(region);
            this.left = steps;
            this.hook = hook;
        }

        @Override
        public boolean compareAndSetLong(int index, long expected, long updated) {
            if (left-- == 0) {
                hook.run();
            }
            return super.compareAndSetLong(index, expected, updated);
        }
    }
}
