// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.memory.PageTable.MappedPage;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Which instances have a page mapped, and what that means to whoever frees it. */
class PageMappingTest extends PageTableMachine {
    @Test
    void aMappingIsOfOnePageAndOneInstanceAndNoGrant() {
        for (int id : new int[] {0, 63, 64, 255}) {
            for (long pfn : new long[] {first, first + 1, end - 1}) {
                assertFalse(table.isMapped(pfn, id));
                assertEquals(0, table.noteMapped(pfn, id));
                assertEquals(0, table.noteMapped(pfn, id), "again is harmless");
                assertTrue(table.isMapped(pfn, id));
                assertEquals(List.of(id), table.mappers(pfn));
                assertEquals(0, grants(pfn));
                assertEquals(0, table.noteUnmapped(pfn, id));
                assertFalse(table.isMapped(pfn, id));
            }
        }
        table.grant(first + 1, 9);
        table.noteMapped(first + 1, 200);
        table.noteMapped(first + 1, 3);
        assertEquals(List.of(3, 200), table.mappers(first + 1));
        assertEquals(1, grants(first + 1));
        assertEquals(List.of(), table.mappers(first));
        assertEquals(List.of(), table.mappers(first + 2));
        table.revoke(first + 1, 9);
        table.clearGrantsTo(3);
        assertEquals(List.of(3, 200), table.mappers(first + 1), "a grant that ends ends no mapping");
    }

    @Test
    void whatCannotBeMappedIsRefused() {
        for (long pfn : new long[] {0, first - 1, end, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertEquals(-Errno.EINVAL, table.noteMapped(pfn, 1), "PFN " + pfn);
            assertEquals(-Errno.EINVAL, table.noteUnmapped(pfn, 1), "PFN " + pfn);
            assertFalse(table.isMapped(pfn, 1));
            assertEquals(List.of(), table.mappers(pfn));
        }
        for (int id : new int[] {-1, IDS, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertEquals(-Errno.EINVAL, table.noteMapped(first, id), "instance " + id);
            assertEquals(-Errno.EINVAL, table.noteUnmapped(first, id), "instance " + id);
            assertFalse(table.isMapped(first, id));
        }
        assertEquals(List.of(), table.mappers(first));
    }

    @Test
    void endSharesTellsWhetherAnyPageOfTheStretchIsMapped() {
        for (int id : new int[] {0, 63, 64, 127, 128, 191, 192, 255}) {
            table.noteMapped(first + 2, id);
            table.grant(first + 1, id);
            table.grant(first + 4, id);
            assertTrue(table.endShares(Pages.address(first + 1), 3L * Pages.PAGE_SIZE));
            assertTrue(table.endShares(Pages.address(first + 2), Pages.PAGE_SIZE));
            assertFalse(table.endShares(Pages.address(first), 2L * Pages.PAGE_SIZE));
            assertFalse(table.endShares(Pages.address(first + 3), Pages.PAGE_SIZE));
            assertFalse(table.endShares(Pages.address(first + 2), 0));
            assertFalse(table.isGranted(first + 1, id), "whatever it tells, the shares have ended");
            assertTrue(table.isGranted(first + 4, id));
            table.noteUnmapped(first + 2, id);
            assertFalse(table.endShares(Pages.address(first + 1), 3L * Pages.PAGE_SIZE));
            table.revoke(first + 4, id);
        }
    }

    /* A mapper does all of its steps between any two steps of the one that frees. */
    @Test
    void whoEndsSharesSeesEveryMapperWhoWasNotRefused() {
        boolean mappedOnce = false;
        boolean refusedOnce = false;
        int steps = 0;
        for (boolean reached = true; reached; steps++) {
            table.grant(first, 200);
            boolean[] mapped = new boolean[1];
            try (Window entries = machine.memory().map(TestMachine.LAYOUT.pagesAt(), Pages.PAGE_SIZE)) {
                SteppedTable stepped = new SteppedTable(entries.buffer(), steps, () -> {
                    table.noteMapped(first, 200);
                    mapped[0] = table.isGranted(first, 200);
                    if (!mapped[0]) {
                        table.noteUnmapped(first, 200);
                    }
                });
                PageTable freer = new PageTable(stepped, TestMachine.LAYOUT, true);
                boolean held = freer.endShares(Pages.address(first), Pages.PAGE_SIZE);
                reached = stepped.isReached();
                assertEquals(mapped[0], held, "step " + steps);
            }
            mappedOnce |= mapped[0];
            refusedOnce |= reached && !mapped[0];
            table.noteUnmapped(first, 200);
        }
        assertTrue(mappedOnce && refusedOnce && steps > 8, "steps " + steps);
    }

    /** The page table, with a hook before one of the accesses to it. */
    private static final class SteppedTable extends UnsafeBuffer {
        private final Runnable hook;
        private int left;

        private SteppedTable(UnsafeBuffer entries, int steps, Runnable hook) {
            super(entries);
            this.left = steps;
            this.hook = hook;
        }

        private boolean isReached() {
            return left < 0;
        }

        private void step() {
            if (left-- == 0) {
                hook.run();
            }
        }

        @Override
        public long getLongVolatile(int index) {
            step();
            return super.getLongVolatile(index);
        }

        @Override
        public void putLongVolatile(int index, long value) {
            step();
            super.putLongVolatile(index, value);
        }
    }

    @Test
    void stillMappedNamesPagesAndInstances() {
        Region low = new Region(Pages.address(first), 4L * Pages.PAGE_SIZE);
        Region high = new Region(Pages.address(end - 2), 2L * Pages.PAGE_SIZE);
        assertEquals(List.of(), table.stillMapped(List.of(low, high)));
        table.noteMapped(first, 7);
        table.noteMapped(first + 3, 255);
        table.noteMapped(first + 3, 1);
        table.noteMapped(first + 4, 1);
        table.noteMapped(end - 1, 2);
        assertEquals(List.of(new MappedPage(Pages.address(end - 1), List.of(2)),
            new MappedPage(Pages.address(first), List.of(7)),
            new MappedPage(Pages.address(first + 3), List.of(1, 255))), table.stillMapped(List.of(high, low)));
        table.clearMappingsOf(1);
        assertEquals(List.of(255), table.mappers(first + 3));
        assertEquals(List.of(), table.mappers(first + 4));
        assertEquals(List.of(7), table.mappers(first), "what others have mapped");
        assertEquals(List.of(), table.stillMapped(List.of()));
    }

    @Test
    void asTheRfcAMappingHoldsNothing() throws IOException {
        Path ram = machine.ram().resolveSibling("single-slot");
        RamFile.create(ram, TestMachine.LAYOUT, IpiMode.SINGLE_SLOT, "single-slot");
        try (PhysicalMemory memory = PhysicalMemory.open(ram)) {
            PageTable rfc = memory.pageTable();
            rfc.noteMapped(first, 1);
            assertEquals(List.of(1), rfc.mappers(first), "it is noted");
            assertFalse(rfc.endShares(Pages.address(first), Pages.PAGE_SIZE));
            assertEquals(List.of(), rfc.stillMapped(List.of(new Region(Pages.address(first), Pages.PAGE_SIZE))));
        }
    }
}
