// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static io.mkemu.memory.PoolRam.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.Pages;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An instance's memory exchanged for other memory: whole or not at all. */
@Timeout(300)
class ExchangePoolTest {
    private static final int PAGES = 128;

    private final List<List<Region>> seen = new ArrayList<>();
    @RegisterExtension
    private final PoolRam ram = new PoolRam((long) PAGES * PAGE);
    private final MultikernelPool pool = ram.pool;

    private Region region(int page, int pages) {
        return new Region(ram.page(page), (long) pages * PAGE);
    }

    private List<Region> exchange(List<Region> old, int pages, boolean good) {
        seen.clear();
        return pool.exchangeInstancePool(old, (long) pages * PAGE, found -> {
            seen.add(found);
            return good;
        });
    }

    @Test
    void theNewMemoryLiesBesideTheOldWhereBothFit() {
        List<Region> old = pool.createInstancePool(20L * PAGE, Pages.PAGE_SHIFT);
        assertEquals(List.of(region(0, 20)), old);
        List<Region> next = exchange(old, 60, true);
        assertEquals(List.of(region(20, 60)), next);
        assertEquals(List.of(next), seen);
        assertEquals((PAGES - 60L) * PAGE, pool.available());
        assertEquals(List.of(region(0, 10)), exchange(next, 10, true));
        assertEquals((PAGES - 10L) * PAGE, pool.available());
    }

    @Test
    void theOldMemoryIsGivenUpWhereOnlyTheNewFits() {
        List<Region> old = pool.createInstancePool(20L * PAGE, Pages.PAGE_SHIFT);
        List<Region> all = exchange(old, PAGES, true);
        assertEquals(List.of(region(0, PAGES)), all);
        assertEquals(0, pool.available());
        assertEquals(List.of(region(0, PAGES)), exchange(all, PAGES, true), "the same again");
        assertEquals(0, pool.release(all));
    }

    @Test
    void memoryThatCannotBeHadLeavesTheOldWhereItWas() {
        ram.fragment(3, 9, 20, 31, 40, 44);
        List<Region> old = pool.createInstancePool(21L * PAGE, Pages.PAGE_SHIFT);
        assertEquals(List.of(region(20, 11), region(3, 6), region(40, 4)), old);
        assertEquals(List.of(), exchange(old, 22, true));
        assertEquals(List.of(), exchange(old, PAGES + 1, true));
        assertEquals(List.of(), exchange(old, 0, true));
        assertEquals(List.of(), seen);
        assertEquals(0, pool.available());
        old.forEach(region -> assertEquals(region.size(), pool.bitmap().sizeAt(region.address())));
        assertEquals(0, pool.release(old), "each of them an allocation as before");
        assertEquals(21L * PAGE, pool.available());
    }

    @Test
    void memoryThatWillNotDoIsGivenBackAndTheOldStays() {
        List<Region> old = pool.createInstancePool(20L * PAGE, Pages.PAGE_SHIFT);
        assertEquals(List.of(), exchange(old, 60, false));
        assertEquals(List.of(List.of(region(20, 60)), List.of(region(0, 60))), seen,
            "beside, then in place of the old");
        assertEquals((PAGES - 20L) * PAGE, pool.available());
        assertEquals(20L * PAGE, pool.bitmap().sizeAt(ram.page(0)));
        assertEquals((PAGES - 20L) * PAGE, pool.bitmap().largestFree());
    }

    @Test
    void memoryThatWillDoOnlyInPlaceOfTheOldIsHad() {
        ram.fragment(0, 40, 50, 70);
        List<Region> old = List.of(region(0, 20));
        assertTrue(pool.bitmap().take(ram.page(0), 20L * PAGE));
        List<Region> next = pool.exchangeInstancePool(old, 35L * PAGE, found -> found.size() == 1);
        assertEquals(List.of(region(0, 35)), next);
        assertEquals(25L * PAGE, pool.available());
    }

    @Test
    void sharesOfTheOldEnd() {
        List<Region> old = pool.createInstancePool(20L * PAGE, Pages.PAGE_SHIFT);
        PageTable shares = ram.memory.pageTable();
        shares.grant(Pages.pfn(ram.page(3)), 7);
        shares.grant(Pages.pfn(ram.page(100)), 7);
        exchange(old, 30, true);
        assertFalse(shares.isGranted(Pages.pfn(ram.page(3)), 7));
        assertTrue(shares.isGranted(Pages.pfn(ram.page(100)), 7), "somebody else's");
    }

    @Test
    void oldMemoryThatCannotBeTakenBackIsSaid() {
        List<Region> old = pool.createInstancePool((PAGES - 10L) * PAGE, Pages.PAGE_SHIFT);
        MachineException damaged = assertThrows(MachineException.class,
            () -> pool.exchangeInstancePool(old, (PAGES - 5L) * PAGE, found -> {
                /* Somebody gets in between. */
                pool.release(found);
                assertTrue(pool.bitmap().take(ram.page(7), PAGE));
                return false;
            }));
        assertTrue(damaged.getMessage().contains("multikernel pool: the " + (PAGES - 10) * PAGE + " bytes at 0x"
            + Long.toHexString(ram.page(0)) + " that were given up just now are taken"), damaged.getMessage());
        assertEquals(ExitCode.MACHINE, damaged.exitCode());
    }

    /** A kernel that tries to map a page says so first, and takes it back when it is refused: that holds up nobody. */
    @Test
    void whoHasLookedReleasesWhateverIsSaidSince() {
        ram.fragment(0, 4, 8, 16);
        List<Region> regions = pool.createInstancePool(12L * PAGE, Pages.PAGE_SHIFT);
        PageTable pages = ram.memory.pageTable();
        assertEquals(List.of(), pages.stillMapped(regions));
        pages.noteMapped(Pages.pfn(ram.page(9)), 5);
        assertEquals(List.of(), pool.exchangeInstancePool(regions, 2 * PAGE, found -> true));
        assertEquals(0, pool.available());
        assertEquals(0, pool.release(regions));
        assertEquals(12L * PAGE, pool.available());
        assertEquals(-Errno.ENOENT, pool.release(regions), "twice");
        assertEquals(12L * PAGE, pool.available());
    }
}
