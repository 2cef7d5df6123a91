// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.MachineException;
import io.mkemu.abi.BitmapPoolDescriptor;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(300)
class InstancePoolTest {
    private static final int PAGE = Pages.PAGE_SIZE;

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private MappedMachine mapped;
    private List<Region> regions;
    private InstanceEntry entry;

    @BeforeEach
    void makeMachine() throws IOException {
        mapped = machine.mapped();
        long at = TestMachine.LAYOUT.poolAt();
        regions = List.of(new Region(at, 8L * PAGE), new Region(at + 64L * PAGE, 16L * PAGE));
        entry = mapped.instances().entry(5);
        entry.regions(regions);
    }

    @Test
    void pagesComeFromAllRegionsOnceEach() {
        try (InstancePool pool = InstancePool.format(mapped.memory(), regions)) {
            assertEquals(22L * PAGE, pool.available());
            Set<Long> pages = new HashSet<>();
            for (long page = pool.alloc(1, 1); page != 0; page = pool.alloc(PAGE, PAGE)) {
                assertTrue(pages.add(page) && page % PAGE == 0 && InstancePool.owns(regions, page, PAGE));
                assertTrue(pool.isAllocated(page, PAGE));
            }
            assertEquals(22, pages.size());
            assertEquals(0, pool.available());
            assertFalse(pages.contains(regions.get(0).address()), "the bitmap's own page");
            assertFalse(pages.contains(regions.get(1).address()), "the bitmap's own page");
            pages.forEach(page -> assertEquals(0, pool.free(page, PAGE)));
            assertEquals(22L * PAGE, pool.available());
            assertEquals(0, pool.alloc(16L * PAGE, PAGE), "no region has so much in one piece");
            long large = pool.alloc(10L * PAGE, PAGE);
            assertTrue(InstancePool.owns(regions.subList(1, 2), large, 10L * PAGE));
        }
    }

    @Test
    void anAttachedPoolIsTheSamePool() {
        try (InstancePool pool = InstancePool.format(mapped.memory(), regions);
            InstancePool attached = mapped.poolOf(entry)) {
            long page = pool.alloc(2 * PAGE, PAGE);
            assertTrue(attached.isAllocated(page, 2 * PAGE));
            assertEquals(pool.available(), attached.available());
            assertEquals(0, attached.free(page, 2 * PAGE));
            assertFalse(pool.isAllocated(page, PAGE));
        }
    }

    @Test
    void freeingEndsTheShares() {
        try (InstancePool pool = InstancePool.format(mapped.memory(), regions)) {
            long pages = pool.alloc(2 * PAGE, PAGE);
            long neighbour = pool.alloc(PAGE, PAGE);
            PageTable table = mapped.memory().pageTable();
            table.grant(Pages.pfn(pages), 3);
            table.grant(Pages.pfn(pages) + 1, 255);
            table.grant(Pages.pfn(neighbour), 3);
            assertEquals(0, pool.free(pages, PAGE + 1));
            assertFalse(table.isGranted(Pages.pfn(pages), 3));
            assertFalse(table.isGranted(Pages.pfn(pages) + 1, 255));
            assertTrue(table.isGranted(Pages.pfn(neighbour), 3));
        }
    }

    @Test
    void whatAnInstanceHasMappedIsNotFreed() {
        try (InstancePool pool = InstancePool.format(mapped.memory(), regions)) {
            long pages = pool.alloc(3 * PAGE, PAGE);
            PageTable table = mapped.memory().pageTable();
            table.grant(Pages.pfn(pages), 3);
            table.grant(Pages.pfn(pages) + 2, 4);
            table.noteMapped(Pages.pfn(pages) + 2, 4);
            assertEquals(-Errno.EBUSY, pool.free(pages, 3 * PAGE));
            assertTrue(pool.isAllocated(pages, 3 * PAGE));
            assertFalse(table.isGranted(Pages.pfn(pages), 3), "nobody maps it any more");
            assertFalse(table.isGranted(Pages.pfn(pages) + 2, 4));
            assertEquals(-Errno.EINVAL, pool.free(pages, PAGE), "a part");
            table.noteUnmapped(Pages.pfn(pages) + 2, 4);
            assertEquals(0, pool.free(pages, 3 * PAGE));
            table.noteMapped(Pages.pfn(pages), 4);
            assertEquals(-Errno.ENOENT, pool.free(pages, 3 * PAGE), "no allocation, mapped or not");
        }
    }

    @Test
    void recoveryKeepsWhatItIsToldToAndWhatIsMapped() {
        try (InstancePool pool = InstancePool.format(mapped.memory(), regions)) {
            PageTable table = mapped.memory().pageTable();
            long kept = pool.alloc(2 * PAGE, PAGE);
            long free = pool.alloc(3 * PAGE, PAGE);
            long mapped = pool.alloc(9 * PAGE, PAGE);
            for (long page : new long[] {kept, free, mapped}) {
                table.grant(Pages.pfn(page), 9);
            }
            table.noteMapped(Pages.pfn(mapped) + 8, 2);
            List<Region> stay = List.of(new Region(mapped, 9L * PAGE));
            assertEquals(stay, pool.recover(address -> address == kept));
            assertTrue(pool.isAllocated(kept, 2 * PAGE) && pool.isAllocated(mapped, 9 * PAGE));
            assertFalse(pool.isAllocated(free, PAGE));
            assertTrue(table.isGranted(Pages.pfn(kept), 9), "what is kept is as it was");
            assertFalse(table.isGranted(Pages.pfn(free), 9));
            assertFalse(table.isGranted(Pages.pfn(mapped), 9), "mapped, but never again");
            assertEquals(stay, pool.recover(address -> address == kept), "still mapped");
            assertEquals(11L * PAGE, pool.available());
            table.clearMappingsOf(2);
            assertEquals(List.of(), pool.recover(address -> address == kept));
            assertEquals(20L * PAGE, pool.available());
            assertEquals(List.of(), pool.recover(address -> false));
            assertEquals(22L * PAGE, pool.available());
        }
    }

    @Test
    void aNewPoolHasNoSharesAndNoMappings() {
        PageTable table = mapped.memory().pageTable();
        long last = Pages.pfn(regions.get(1).address()) + 15;
        table.grant(last, 3);
        table.noteMapped(last, 7);
        String message = assertThrows(MachineException.class,
            () -> InstancePool.format(mapped.memory(), regions)).getMessage();
        assertEquals("page 0x" + Long.toHexString(Pages.address(last))
            + " of a new pool is still mapped by instance 7: have it unmap the page, or kill it", message);
        assertAttachRefused();
        table.noteUnmapped(last, 7);
        InstancePool.format(mapped.memory(), regions).close();
        assertFalse(table.isGranted(last, 3));
    }

    @Test
    void aRefusedFreeChangesNothing() {
        try (InstancePool pool = InstancePool.format(mapped.memory(), regions)) {
            long pages = pool.alloc(3 * PAGE, PAGE);
            for (long bad : new long[] {0, -4096, pages - PAGE * 100L, Long.MAX_VALUE, Long.MIN_VALUE}) {
                assertEquals(-Errno.EINVAL, pool.free(bad, PAGE));
            }
            assertTrue(pool.free(pages, 0) < 0);
            assertTrue(pool.free(pages, -1) < 0);
            assertTrue(pool.free(pages, Long.MAX_VALUE) < 0);
            assertEquals(0, pool.free(pages, 3 * PAGE));
            assertEquals(-Errno.ENOENT, pool.free(pages, 3 * PAGE), "twice");
        }
    }

    @Test
    void aRefusedFreeKeepsTheShares() {
        try (InstancePool pool = InstancePool.format(mapped.memory(), regions)) {
            long pages = pool.alloc(3 * PAGE, PAGE);
            PageTable table = mapped.memory().pageTable();
            for (long page = 0; page < 3; page++) {
                table.grant(Pages.pfn(pages) + page, 3);
            }
            assertEquals(-Errno.EINVAL, pool.free(pages, PAGE), "a part");
            assertEquals(-Errno.EINVAL, pool.free(pages + PAGE, PAGE), "the middle");
            assertEquals(-Errno.EINVAL, pool.free(pages + 1, PAGE), "no page");
            assertTrue(pool.isAllocated(pages, 3 * PAGE));
            for (long page = 0; page < 3; page++) {
                assertTrue(table.isGranted(Pages.pfn(pages) + page, 3), "page " + page);
            }
        }
    }

    @Test
    void ownsIsAboutWholeStretches() {
        long at = regions.get(0).address();
        assertTrue(InstancePool.owns(regions, at, 8L * PAGE));
        assertTrue(InstancePool.owns(regions, at + PAGE, PAGE));
        assertTrue(InstancePool.owns(regions, regions.get(1).address() + 15L * PAGE, PAGE));
        long[][] foreign = {{at - 1, 1}, {at, 8L * PAGE + 1}, {at + 8L * PAGE, 1}, {at, -1}, {at, Long.MAX_VALUE},
            {at + 1, Long.MAX_VALUE}, {0, PAGE}, {Long.MIN_VALUE, 1}, {Long.MAX_VALUE, 1}};
        for (long[] one : foreign) {
            assertFalse(InstancePool.owns(regions, one[0], one[1]), one[0] + "+" + one[1]);
        }
        assertFalse(InstancePool.owns(List.of(), at, PAGE));
    }

    private void assertAttachRefused() {
        String message = assertThrows(MachineException.class, () -> mapped.poolOf(entry)).getMessage();
        assertFalse(message.contains("\n"), message);
    }

    @Test
    void whatIsNoPoolIsRefused() {
        assertAttachRefused();
        InstancePool.format(mapped.memory(), regions).close();
        entry.regions(List.of(regions.get(0), new Region(regions.get(1).address() + PAGE, 8L * PAGE)));
        assertAttachRefused();
        entry.regions(List.of(new Region(TestMachine.LAYOUT.ramSize(), 8L * PAGE)));
        assertAttachRefused();
        entry.regions(List.of());
        assertAttachRefused();
        assertEquals(InstanceDescriptor.MAX_REGIONS, 8);
    }

    @Test
    void aRegionSizeThatIsNoneIsRefused() {
        InstancePool.format(mapped.memory(), regions).close();
        for (long size : new long[] {1, PAGE + 1, Long.MAX_VALUE, 1L << 50}) {
            entry.regions(List.of(new Region(regions.get(0).address(), size)));
            assertAttachRefused();
        }
    }

    @Test
    void aPoolThatSaysItManagesOtherMemoryIsRefused() {
        InstancePool.format(mapped.memory(), regions).close();
        try (Window map = mapped.memory().map(regions.get(0).address(), PAGE)) {
            map.buffer().putLong(BitmapPoolDescriptor.BASE_OFFSET, regions.get(1).address());
        }
        assertAttachRefused();
    }
}
