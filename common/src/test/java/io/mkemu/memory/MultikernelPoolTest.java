// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static io.mkemu.memory.PoolRam.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.MachineException;
import io.mkemu.abi.BitmapPoolDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.table.InstanceEntry;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(300)
class MultikernelPoolTest {
    private static final int PAGES = 128;

    @RegisterExtension
    private final PoolRam ram = new PoolRam((long) PAGES * PAGE);
    private final MultikernelPool pool = ram.pool;

    @Test
    @DisplayName("multikernel_alloc / free: first fit, physical address or 0, refusals")
    void allocatesAndFrees() {
        assertEquals(ram.page(0), pool.alloc(1));
        assertEquals(ram.page(1), pool.alloc(3 * PAGE));
        assertEquals(0, pool.alloc(0));
        assertEquals(0, pool.alloc(-PAGE));
        assertEquals(0, pool.alloc((PAGES - 3L) * PAGE));
        assertEquals(-Errno.EINVAL, pool.free(ram.page(1), PAGE));
        assertEquals(-Errno.EINVAL, pool.free(ram.page(2), PAGE));
        assertEquals(-Errno.EINVAL, pool.free(ram.page(1) + 8, 3 * PAGE));
        assertEquals(-Errno.EINVAL, pool.free(ram.page(PAGES), PAGE));
        assertEquals(-Errno.EINVAL, pool.free(ram.page(1), 0));
        assertEquals(-Errno.ENOENT, pool.free(ram.page(9), PAGE));
        assertEquals((PAGES - 4L) * PAGE, pool.available());
        assertEquals(0, pool.free(ram.page(1), 3 * PAGE - 1));
        assertEquals(-Errno.ENOENT, pool.free(ram.page(1), 3 * PAGE));
        assertEquals(0, pool.free(ram.page(0), 1));
        assertEquals((long) PAGES * PAGE, pool.available());
    }

    @Test
    void refusedFreeKeepsTheShares() {
        long address = pool.alloc(2 * PAGE);
        PageTable shares = ram.memory.pageTable();
        shares.grant(Pages.pfn(address), 3);
        assertEquals(-Errno.EINVAL, pool.free(address, PAGE));
        assertTrue(shares.isGranted(Pages.pfn(address), 3));
        assertEquals(0, pool.free(address, 2 * PAGE));
        assertFalse(shares.isGranted(Pages.pfn(address), 3));
    }

    @Test
    void whatAnInstanceHasMappedIsNotFreed() {
        long address = pool.alloc(2 * PAGE);
        PageTable shares = ram.memory.pageTable();
        shares.grant(Pages.pfn(address), 3);
        shares.noteMapped(Pages.pfn(address) + 1, 3);
        assertEquals(-Errno.EBUSY, pool.free(address, 2 * PAGE));
        assertFalse(shares.isGranted(Pages.pfn(address), 3));
        assertEquals((PAGES - 2L) * PAGE, pool.available());
        shares.noteUnmapped(Pages.pfn(address) + 1, 3);
        assertEquals(0, pool.free(address, 2 * PAGE));
    }

    @Test
    void anInstancePoolIsNotExchangedWhileAPageIsMapped() {
        ram.fragment(0, 4, 8, 16);
        List<Region> regions = pool.createInstancePool(12 * PAGE, 12);
        PageTable shares = ram.memory.pageTable();
        shares.grant(Pages.pfn(ram.page(0)), 7);
        shares.noteMapped(Pages.pfn(ram.page(15)), 7);
        assertEquals(List.of(), pool.exchangeInstancePool(regions, 2 * PAGE, found -> true));
        assertEquals(0, pool.available());
        assertFalse(shares.isGranted(Pages.pfn(ram.page(0)), 7));
        assertEquals(List.of(new PageTable.MappedPage(ram.page(15), List.of(7))), shares.stillMapped(regions));
        shares.clearMappingsOf(7);
        assertEquals(List.of(), shares.stillMapped(regions));
        assertEquals(0, pool.release(regions));
        assertEquals(12L * PAGE, pool.available());
    }

    @Test
    @DisplayName("multikernel_create_instance_pool: order below the page shift: none")
    void refusesWhatIsOutOfRange() {
        for (int order : new int[] {-1, 0, 11, 31, 64}) {
            assertEquals(List.of(), pool.createInstancePool(16 * PAGE, order), "order " + order);
        }
        assertEquals(List.of(), pool.createInstancePool(0, 12));
        assertEquals(List.of(), pool.createInstancePool(-1, 12));
        assertEquals(List.of(), pool.createInstancePool(Long.MAX_VALUE, 12));
        assertEquals(List.of(), pool.createInstancePool((PAGES + 1L) * PAGE, 12));
        assertEquals((long) PAGES * PAGE, pool.available());
    }

    @Test
    void isOnePieceWherePossible() {
        ram.fragment(2, 8, 10, 40);
        assertEquals(List.of(new Region(ram.page(10), 20 * PAGE)), pool.createInstancePool(20 * PAGE, 12));
        assertEquals(List.of(new Region(ram.page(2), 4 * PAGE)), pool.createInstancePool(3 * PAGE + 1, 12));
    }

    @Test
    @DisplayName("multikernel_create_instance_pool: on fragmentation smaller chunks")
    void isMadeOfChunksOnFragmentation() {
        ram.fragment(2, 8, 10, 20, 30, 35);
        List<Region> regions = pool.createInstancePool(20 * PAGE, 12);
        assertEquals(List.of(new Region(ram.page(10), 10 * PAGE), new Region(ram.page(2), 6 * PAGE),
            new Region(ram.page(30), 4 * PAGE)), regions);
        try (InstancePool formatted = InstancePool.format(ram.memory, regions)) {
            assertEquals(17L * PAGE, formatted.available());
        }
        assertEquals(PAGE, pool.available());
        assertEquals(0, pool.release(regions));
        assertEquals(21L * PAGE, pool.available());
    }

    @Test
    void chunksAreMultiplesOfTheOrder() {
        ram.fragment(1, 8, 10, 21, 30, 35);
        List<Region> regions = pool.createInstancePool(15 * PAGE, 14);
        assertEquals(List.of(8L * PAGE, 4L * PAGE, 4L * PAGE), regions.stream().map(Region::size).toList());
        pool.release(regions);
        assertEquals(List.of(), pool.createInstancePool(17 * PAGE, 14));
    }

    @Test
    void aChunkHoldsItsBitmapAndAPage() {
        ram.fragment(0, 3, 5, 6, 8, 10);
        assertEquals(List.of(), pool.createInstancePool(6 * PAGE, 12), "the lone page 5 cannot be a region");
        assertEquals(6L * PAGE, pool.available());
        assertEquals(List.of(3L * PAGE, 2L * PAGE),
            pool.createInstancePool(4 * PAGE, 12).stream().map(Region::size).toList(), "1 page left becomes 2");
    }

    @Test
    @DisplayName("multikernel_create_instance_pool: all or nothing")
    void isAllOrNothing() {
        int[] ranges = IntStream.range(0, 9).flatMap(range -> IntStream.of(range * 10, range * 10 + 2)).toArray();
        ram.fragment(ranges);
        long free = pool.available();
        assertEquals(List.of(), pool.createInstancePool(18 * PAGE, 12), "9 chunks are one too many");
        assertEquals(free, pool.available());
        assertEquals(8, pool.createInstancePool(16 * PAGE, 12).size());
        assertEquals(2L * PAGE, pool.available());
    }

    @Test
    void releaseReturnsAllThatIsItsOwn() {
        ram.fragment(0, 4, 8, 16);
        List<Region> regions = pool.createInstancePool(12 * PAGE, 12);
        assertEquals(-Errno.EINVAL, pool.release(
            List.of(regions.get(0), new Region(ram.page(20), 2 * PAGE), regions.get(1))));
        assertEquals(12L * PAGE, pool.available());
        assertEquals(-Errno.ENOENT, pool.release(regions), "twice");
    }

    @Test
    void exchangeEndsTheSharesOfItsOwnPagesOnly() {
        ram.fragment(0, 4, 8, 16);
        List<Region> regions = pool.createInstancePool(12 * PAGE, 12);
        PageTable shares = ram.memory.pageTable();
        shares.grant(Pages.pfn(ram.page(9)), 7);
        shares.grant(Pages.pfn(ram.page(20)), 7);
        assertEquals(regions, pool.exchangeInstancePool(
            List.of(regions.get(0), new Region(ram.page(20), 2 * PAGE), regions.get(1)), 12 * PAGE, found -> true));
        assertFalse(shares.isGranted(Pages.pfn(ram.page(9)), 7));
        assertTrue(shares.isGranted(Pages.pfn(ram.page(20)), 7));
    }

    @Test
    void twoCreatorsAtOnceNeverOverlap() throws Exception {
        Callable<Boolean> creator = () -> {
            try (MultikernelPool mine = MultikernelPool.attach(ram.memory)) {
                for (int round = 0; round < 2000; round++) {
                    List<Region> regions = mine.createInstancePool((2L + round % 60) * PAGE, 12);
                    for (Region region : regions) {
                        if (mine.bitmap().sizeAt(region.address()) != region.size()) {
                            return false;
                        }
                    }
                    if (mine.release(regions) != 0) {
                        return false;
                    }
                }
                return true;
            }
        };
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (var result : threads.invokeAll(List.of(creator, creator))) {
                assertTrue(result.get());
            }
        }
        assertEquals((long) PAGES * PAGE, pool.available());
        assertEquals((long) PAGES * PAGE, pool.bitmap().largestFree());
    }

    @Test
    void aBitmapForOtherMemoryIsRefused() {
        RamLayout layout = ram.memory.layout();
        try (Window map = ram.memory.map(layout.poolMapAt(), layout.poolMapSize())) {
            map.buffer().putLong(BitmapPoolDescriptor.BASE_OFFSET, layout.hostAt());
            MachineException other =
                assertThrows(MachineException.class, () -> MultikernelPool.attach(ram.memory).close());
            assertTrue(other.getMessage().contains("0x" + Long.toHexString(layout.hostAt())), other.getMessage());
            map.buffer().putLong(BitmapPoolDescriptor.MAGIC_OFFSET, 0);
            assertThrows(MachineException.class, () -> MultikernelPool.attach(ram.memory).close());
        }
    }

    @Test
    void anInstancesBitmapForOtherMemoryIsRefused() {
        List<Region> regions = pool.createInstancePool(10 * PAGE, 12);
        InstanceEntry entry = ram.instance(4, regions, 1);
        try (Window map = ram.memory.map(ram.page(0), PAGE)) {
            map.buffer().putLong(BitmapPoolDescriptor.BASE_OFFSET, ram.page(40));
        }
        assertThrows(MachineException.class, () -> ram.mapped.poolOf(entry).close());
        entry.regions(List.of(new Region(ram.page(0) + 1, 77)));
        assertThrows(MachineException.class, () -> ram.mapped.poolOf(entry).close());
        entry.regions(List.of(new Region(Long.MAX_VALUE & -PAGE, Long.MAX_VALUE & -PAGE)));
        assertThrows(MachineException.class, () -> ram.mapped.poolOf(entry).close());
    }
}
