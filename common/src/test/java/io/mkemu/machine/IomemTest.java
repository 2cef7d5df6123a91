// SPDX-License-Identifier: Apache-2.0
package io.mkemu.machine;

import static io.mkemu.memory.PoolRam.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.PoolRam;
import io.mkemu.memory.PoolRam.SteppedBuffer;
import io.mkemu.memory.Region;
import io.mkemu.memory.ResourceTree.Resource;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(300)
@DisplayName("/proc/iomem")
class IomemTest {
    private static final int PAGES = 200;

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @RegisterExtension
    private final PoolRam ram = new PoolRam((long) PAGES * PAGE);

    private Iomem look() throws IOException {
        try (MappedMachine readOnly = MappedMachine.openReadOnly(ram.ram())) {
            Iomem map = Iomem.of(readOnly);
            assertCovers(map.tree().resources(), readOnly.layout());
            assertSums(map);
            return map;
        }
    }

    /** The outermost ranges are RAM, from its first byte to its last, without a gap. */
    private static void assertCovers(List<Resource> outermost, RamLayout layout) {
        long next = 0;
        for (Resource resource : outermost) {
            assertEquals(next, resource.start(), resource.name());
            next = resource.end() + 1;
        }
        assertEquals(layout.ramSize(), next);
    }

    /** What lies in each pool, and what the pool says is free, make up its region. */
    private void assertSums(Iomem map) {
        assertEquals(List.of(), map.problems());
        Resource pool = named(map.tree().resources(), "Multikernel Memory Pool");
        assertEquals(pool.size(), inside(pool) + ram.pool.available());
        for (Resource region : pool.children()) {
            if (region.name().startsWith("mk-instance-")) {
                String[] words = region.name().split("-");
                int index = Integer.parseInt(words[words.length - 1]);
                try (InstancePool instance =
                    ram.mapped.poolOf(ram.mapped.instances().entry(Integer.parseInt(words[2])))) {
                    assertEquals(region.size(), inside(region) + instance.bitmaps().get(index).available());
                }
            }
        }
        Resource host = named(map.tree().resources(), "Host memory");
        try (InstancePool hostPool = ram.mapped.poolOf(ram.mapped.instances().entry(0))) {
            assertEquals(host.size(), inside(host) + hostPool.available());
        }
    }

    private static long inside(Resource resource) {
        return resource.children().stream().mapToLong(Resource::size).sum();
    }

    private static Resource named(List<Resource> resources, String name) {
        return resources.stream().filter(resource -> resource.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void showsWhatLiesWhereInEveryState() throws IOException {
        ram.mapped.instances().entry(0).cpus(new int[] {0});
        assertEquals(List.of(), named(look().tree().resources(), "Multikernel Memory Pool").children());
        List<Region> regions = ram.pool.createInstancePool(100L * PAGE, Pages.PAGE_SHIFT);
        InstanceEntry entry = ram.instance(1, regions, 1, 2);
        look();
        assertEquals(0, ram.mapped.interconnect().areas().create(1));
        assertEquals(0, ram.mapped.interconnect().areas().create(0));
        look();
        long loose = ram.pool.alloc(3 * PAGE);
        long page;
        try (InstancePool pool = ram.mapped.poolOf(entry)) {
            page = pool.alloc(PAGE, PAGE);
            String text = look().tree().toString();
            long start = regions.getFirst().address();
            long area = ram.mapped.interconnect().areaLength(2);
            assertTrue(text.endsWith(String.format("""
                %08x-%08x : Multikernel Memory Pool
                  %08x-%08x : mk-instance-1-instance1-region-0
                    %08x-%08x : Bitmap
                    %08x-%08x : IPI area
                    %08x-%08x : Allocation
                  %08x-%08x : Allocation
                """, start, start + PAGES * PAGE - 1, start, start + 100 * PAGE - 1, start, start + PAGE - 1,
                start + PAGE, start + PAGE + area - 1, page, page + PAGE - 1, loose, loose + 3 * PAGE - 1)
                .replace("\n", System.lineSeparator())), text);
            assertEquals(0, pool.free(page, PAGE));
        }
        look();
        assertEquals(0, ram.mapped.interconnect().areas().destroy(1));
        look();
        ram.pool.free(loose, 3 * PAGE);
        entry.regions(List.of());
        ram.pool.release(regions);
        assertEquals(List.of(), named(look().tree().resources(), "Multikernel Memory Pool").children());
    }

    @Test
    void showsEachRegionOfAFragmentedPool() throws IOException {
        ram.fragment(2, 8, 10, 20);
        ram.instance(3, ram.pool.createInstancePool(16L * PAGE, Pages.PAGE_SHIFT), 1);
        assertEquals(List.of(new Region(ram.page(2), 6 * PAGE), new Region(ram.page(10), 10 * PAGE)),
            named(look().tree().resources(), "Multikernel Memory Pool").children().stream()
                .filter(region -> region.name().startsWith("mk-instance-3-instance3-region-"))
                .map(region -> new Region(region.start(), region.size())).toList());
    }

    @Test
    void showsWhatAKillLeft() throws IOException {
        RamLayout layout = ram.memory.layout();
        ram.pool.alloc(PAGE);
        try (Window map = ram.memory.map(layout.poolMapAt(), layout.poolMapSize())) {
            MultikernelPool dies = MultikernelPool.attach(ram.memory, map,
                new SteppedBuffer(map.buffer(), 2, () -> {
                    throw new Killed();
                }));
            assertThrows(Killed.class, () -> dies.alloc(150 * PAGE));
        }
        ram.pool.alloc(2 * PAGE);
        List<Resource> children = named(look().tree().resources(), "Multikernel Memory Pool").children();
        assertEquals(List.of("Allocation", "Unfinished allocation", "Allocation"),
            children.stream().map(Resource::name).toList());
        ram.sweep(address -> address == ram.page(0));
        assertEquals(1, named(look().tree().resources(), "Multikernel Memory Pool").children().size());
    }

    @Test
    void leavesOutWhatCannotBeAndSaysSo() throws IOException {
        InstanceEntry entry = ram.instance(1, ram.pool.createInstancePool(10L * PAGE, Pages.PAGE_SHIFT), 1);
        ram.instance(2, ram.pool.createInstancePool(10L * PAGE, Pages.PAGE_SHIFT), 2);
        entry.regions(List.of(new Region(0x1234, -5), new Region(0x1234, 99)));
        try (MappedMachine readOnly = MappedMachine.openReadOnly(ram.ram())) {
            Iomem map = Iomem.of(readOnly);
            assertEquals(1, map.problems().size(), map.problems()::toString);
            assertTrue(map.problems().getFirst().contains("instance 1"), map.problems()::toString);
            assertEquals(List.of("Allocation", "mk-instance-2-instance2-region-0"),
                named(map.tree().resources(), "Multikernel Memory Pool").children().stream().map(Resource::name)
                    .toList());
        }
    }
}
