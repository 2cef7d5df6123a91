// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which instances may map a page. */
class PageTableTest extends PageTableMachine {
    private static final int ROUNDS = 100_000;

    @Test
    void aGrantIsForOnePageAndOneInstance() {
        for (int id : new int[] {0, 63, 64, 255}) {
            for (long pfn : new long[] {first, first + 1, end - 1}) {
                assertFalse(table.isGranted(pfn, id));
                assertEquals(0, table.grant(pfn, id));
                assertEquals(0, table.grant(pfn, id), "again is harmless");
                assertTrue(table.isGranted(pfn, id));
                assertEquals(1, grants(pfn));
                assertEquals(0, table.revoke(pfn, id));
                assertFalse(table.isGranted(pfn, id));
            }
        }
        table.grant(first + 1, 9);
        assertEquals(0, grants(first));
        assertEquals(0, grants(first + 2));
    }

    @Test
    void whatCannotBeSharedIsRefused() {
        for (long pfn : new long[] {0, 1, first - 1, end, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertFalse(table.contains(pfn));
            assertEquals(-Errno.EINVAL, table.grant(pfn, 1), "PFN " + pfn);
            assertEquals(-Errno.EINVAL, table.revoke(pfn, 1), "PFN " + pfn);
            assertFalse(table.isGranted(pfn, 1));
        }
        for (int id : new int[] {-1, IDS, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertEquals(-Errno.EINVAL, table.grant(first, id), "instance " + id);
            assertEquals(-Errno.EINVAL, table.revoke(first, id), "instance " + id);
            assertFalse(table.isGranted(first, id));
        }
        assertEquals(0, grants(first));
    }

    @Test
    void clearEndsAllSharesOfAStretchAndNoOthers() {
        for (long pfn = first; pfn < first + 5; pfn++) {
            for (int id = 0; id < IDS; id++) {
                table.grant(pfn, id);
            }
            table.noteMapped(pfn, 77);
        }
        table.clearGrants(Pages.address(first + 1), 3L * Pages.PAGE_SIZE);
        assertEquals(IDS, grants(first));
        assertEquals(0, grants(first + 1) + grants(first + 2) + grants(first + 3));
        assertEquals(IDS, grants(first + 4));
        table.clearGrants(Pages.address(first), 0);
        table.clearGrants(0, Pages.address(first));
        table.clearGrants(Pages.address(end), Pages.PAGE_SIZE);
        assertEquals(IDS, grants(first));
        table.clearGrants(0, Pages.address(end) + Pages.PAGE_SIZE);
        assertEquals(0, grants(first) + grants(first + 4));
        assertEquals(List.of(77), table.mappers(first + 2), "no mapping ends");
    }

    /* Two processes set and take their own bits of one word; one of them is killed in between, and starts anew. */
    @Test
    void bitsOfOneWordBelongToTheirProcesses() throws Exception {
        for (int life = 0; life < 2; life++) {
            try (ChildJvm other = ChildJvm.start(Other.class, machine.ram())) {
                while (!table.isGranted(first + 1, 1)) {
                    assertTrue(other.isAlive());
                }
                for (int round = 0; round < ROUNDS; round++) {
                    assertFalse(table.isGranted(first, 2));
                    table.grant(first, 2);
                    assertTrue(table.isGranted(first, 2), "lost by the other's update");
                    table.revoke(first, 2);
                    assertTrue(table.isGranted(first, 7) || table.grant(first, 7) == 0);
                }
                assertEquals(ChildJvm.KILLED, other.kill());
            }
            assertTrue(table.isGranted(first, 7), "a bit nobody took");
            table.revoke(first, 1);
            table.revoke(first + 1, 1);
            assertEquals(1, grants(first));
        }
    }

    static final class Other {
        private Other() {
        }

        public static void main(String[] args) throws IOException {
            ChildJvm.endWithParent();
            PhysicalMemory memory = PhysicalMemory.open(Path.of(args[0]));
            long first = Pages.pfn(memory.layout().hostAt());
            while (true) {
                memory.pageTable().grant(first, 1);
                memory.pageTable().revoke(first, 1);
                memory.pageTable().grant(first + 1, 1);
            }
        }
    }
}
