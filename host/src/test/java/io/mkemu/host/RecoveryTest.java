// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.MachineException;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceEntry.Region;
import io.mkemu.ipi.IpiMode;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Pages;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.RamFile;
import io.mkemu.memory.RamLayout;
import io.mkemu.memory.Window;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class RecoveryTest {
    private static final int PAGE = Pages.PAGE_SIZE;

    @TempDir
    private Path directory;
    private PhysicalMemory memory;
    private PageTable shares;

    @BeforeEach
    void makeRam() throws IOException {
        RamFile.create(directory.resolve("ram"), new RamLayout(2, 16, 1 << 20, 1 << 20), IpiMode.QUEUED, "recovery");
        memory = PhysicalMemory.open(directory.resolve("ram"));
        shares = memory.pageTable();
    }

    @AfterEach
    void close() throws IOException {
        memory.close();
    }

    private InstanceEntry instance(int id, MultikernelPool pool) {
        InstanceEntry entry = memory.instances().entry(id);
        entry.regions(pool.createInstancePool(20L * PAGE, Pages.PAGE_SHIFT));
        InstancePool.format(memory, entry.regions()).close();
        return entry;
    }

    @Test
    void endsSharesBothWaysAndFreesAllButTheIpiArea() {
        try (MultikernelPool multikernel = MultikernelPool.format(memory)) {
            InstanceEntry dead = instance(1, multikernel);
            InstanceEntry alive = instance(2, multikernel);
            try (InstancePool mine = InstancePool.attach(memory, dead);
                InstancePool others = InstancePool.attach(memory, alive)) {
                dead.ipiArea(mine.alloc(3L * PAGE, PAGE), 3L * PAGE);
                long page = mine.alloc(2L * PAGE, PAGE);
                long theirs = others.alloc(PAGE, PAGE);
                shares.grant(Pages.pfn(page), 2);
                shares.grant(Pages.pfn(theirs), 1);
                shares.grant(Pages.pfn(theirs), 5);
                assertEquals(2L * PAGE, Recovery.ended(memory, dead));
                assertFalse(shares.isGranted(Pages.pfn(page), 2), "the dead owner's page");
                assertFalse(shares.isGranted(Pages.pfn(theirs), 1), "what the dead receiver might map");
                assertTrue(shares.isGranted(Pages.pfn(theirs), 5), "what others share with others");
                assertTrue(mine.isAllocated(dead.ipiArea(), 3L * PAGE));
                assertFalse(mine.isAllocated(page, PAGE));
                assertTrue(others.isAllocated(theirs, PAGE));
                assertEquals(0, Recovery.ended(memory, dead), "twice");
            }
        }
    }

    @Test
    void endsTheSharesEvenIfThePoolIsDamaged() {
        try (MultikernelPool multikernel = MultikernelPool.format(memory)) {
            InstanceEntry dead = instance(1, multikernel);
            Region region = dead.regions().getFirst();
            long pfn = Pages.pfn(region.address()) + 4;
            shares.grant(pfn, 2);
            try (Window bitmap = memory.map(region.address(), PAGE)) {
                bitmap.buffer().setMemory(0, 64, (byte) 0x5a);
            }
            assertThrows(MachineException.class, () -> Recovery.ended(memory, dead));
            assertFalse(shares.isGranted(pfn, 2));
            dead.regions(List.of());
            assertThrows(MachineException.class, () -> Recovery.ended(memory, dead));
        }
    }
}
