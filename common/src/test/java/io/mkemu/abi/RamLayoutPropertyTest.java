// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class RamLayoutPropertyTest {
    private static final long MOST_PAGES = (RamLayout.MAX_BYTES >> Pages.PAGE_SHIFT) - 1;

    @Property
    void regionsAscendWithoutOverlapAndHoldWhatTheyMust(@ForAll @IntRange(min = 1, max = RamLayout.MAX_CPUS) int cpus,
        @ForAll @IntRange(min = 1, max = 10) int slotsShift, @ForAll @LongRange(min = 1, max = MOST_PAGES) long host,
        @ForAll @LongRange(min = 0, max = MOST_PAGES) long wanted) {
        long pool = Math.min(wanted, MOST_PAGES - host);
        RamLayout layout = new RamLayout(cpus, 1 << slotsShift, host << Pages.PAGE_SHIFT, pool << Pages.PAGE_SHIFT);
        long[] starts = {0, layout.cpusAt(), layout.instancesAt(), layout.logsAt(), layout.tracesAt(), layout.pagesAt(),
            layout.poolMapAt(), layout.hostAt(), layout.poolAt(), layout.ramSize()};
        long[] needs = {Pages.PAGE_SIZE, (long) cpus * LocalApicDescriptor.LENGTH,
            (long) InstanceDescriptor.MAX_INSTANCES * InstanceDescriptor.LENGTH,
            (long) InstanceDescriptor.MAX_INSTANCES * KernelLogDescriptor.LENGTH,
            (long) cpus * TraceRingDescriptor.length(cpus),
            (host + pool) * PageTableDescriptor.LENGTH,
            pool == 0 ? 0 : BitmapPoolDescriptor.bytesFor(pool << Pages.PAGE_SHIFT, Pages.PAGE_SHIFT),
            host << Pages.PAGE_SHIFT, pool << Pages.PAGE_SHIFT};
        for (int region = 0; region < needs.length; region++) {
            assertEquals(0, starts[region + 1] % Pages.PAGE_SIZE, "region " + region);
            assertTrue(needs[region] >= 0 && starts[region] + needs[region] <= starts[region + 1], "region " + region);
        }
        assertEquals(layout.poolAt() + layout.poolSize(), layout.ramSize());
        assertEquals(layout.hostAt(), layout.poolMapAt() + layout.poolMapSize());
        assertTrue(layout.pagesAt() <= Integer.MAX_VALUE, "the tables fit one window");
        assertTrue(layout.poolMapSize() <= Integer.MAX_VALUE, "the bitmaps fit one window");
    }

    @Example
    void thePageTableOfTheLargestMachineFitsOneWindow() {
        for (long host : new long[] {1, MOST_PAGES / 2, MOST_PAGES}) {
            RamLayout layout = new RamLayout(RamLayout.MAX_CPUS, RamLayout.MAX_SLOTS, host << Pages.PAGE_SHIFT,
                MOST_PAGES - host << Pages.PAGE_SHIFT);
            assertTrue(layout.poolMapAt() - layout.pagesAt() <= Integer.MAX_VALUE,
                "bytes of the page table: " + (layout.poolMapAt() - layout.pagesAt()));
        }
        long gibibyte = 1L << 30;
        refused("pool size " + 127 * gibibyte + " is not whole pages, below 127 GiB together with the host's 4096", 1,
            2, 4096, 127 * gibibyte);
        refused("pool size " + 64 * gibibyte + " is not", 1, 2, 63 * gibibyte, 64 * gibibyte);
        refused("host size " + RamLayout.MAX_BYTES + " is not whole pages below 127 GiB", 1, 2, RamLayout.MAX_BYTES,
            0);
    }

    @Example
    void numbersOutsideTheirRangesAreNamed() {
        refused("nr_cpus 0 is not 1..1024", 0, 2, 4096, 0);
        refused("nr_cpus 1025 is not 1..1024", 1025, 2, 4096, 0);
        refused("nr_cpus -1 is not", -1, 2, 4096, 0);
        refused("ipi_slots 1 is not a power of two, 2..16384", 1, 1, 4096, 0);
        refused("ipi_slots 3 is not", 1, 3, 4096, 0);
        refused("ipi_slots 32768 is not", 1, 32768, 4096, 0);
        refused("ipi_slots -2147483648 is not", 1, Integer.MIN_VALUE, 4096, 0);
        refused("host size 0 is not", 1, 2, 0, 0);
        refused("host size 4097 is not whole pages", 1, 2, 4097, 0);
        refused("host size 137438953472 is not", 1, 2, 1L << 37, 0);
        refused("host size -4096 is not", 1, 2, -4096, 0);
        refused("pool size -4096 is not", 1, 2, 4096, -4096);
        refused("pool size 1 is not", 1, 2, 4096, 1);
        refused("pool size 137438953472 is not", 1, 2, 4096, 1L << 37);
    }

    private static void refused(String message, int cpus, int slots, long host, long pool) {
        String told = assertThrows(IllegalArgumentException.class, () -> new RamLayout(cpus, slots, host, pool))
            .getMessage();
        assertTrue(told.startsWith(message), told);
    }
}
