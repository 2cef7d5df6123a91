// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static io.mkemu.kernel.PageStressProcess.BUSY;
import static io.mkemu.kernel.PageStressProcess.FAULTS;
import static io.mkemu.kernel.PageStressProcess.FREED;
import static io.mkemu.kernel.PageStressProcess.KERNELS;
import static io.mkemu.kernel.PageStressProcess.MAPS;
import static io.mkemu.kernel.PageStressProcess.REFUSALS;
import static io.mkemu.kernel.PageStressProcess.isOwner;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Alone;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Kernels, each a process, that share, map, unmap and free the same few pages, and are killed at it. */
@Alone
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class PageStressTest {
    private static final int KILLS = 6;
    private static final int OWNER_TO_KILL = 2;
    private static final int MAPPER_TO_KILL = KERNELS;
    private static final long OPERATIONS = 500;

    private final Map<Integer, ChildJvm> processes = new LinkedHashMap<>();
    private final Map<Integer, Long> available = new LinkedHashMap<>();
    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private PageTable table;
    private Window window;
    private UnsafeBuffer board;
    private long lives;

    @BeforeEach
    void boot() throws IOException {
        table = machine.memory().pageTable();
        window = PageStressProcess.board(machine.mapped());
        board = window.buffer();
        for (int id = 1; id <= KERNELS; id++) {
            machine.load(id, id);
            available.put(id, recover(id));
        }
        for (int id = 1; id <= KERNELS; id++) {
            start(id);
        }
    }

    private void start(int id) throws IOException {
        processes.put(id, ChildJvm.start(PageStressProcess.class, machine.ram(), id, ++lives));
    }

    @AfterEach
    void end() throws Exception {
        processes.values().forEach(ChildJvm::close);
        window.close();
    }

    /** Does what the host does when a kernel has ended; returns what of its pool is free then. */
    private long recover(int id) {
        InstanceEntry entry = machine.mapped().instances().entry(id);
        table.clearGrantsTo(id);
        table.clearMappingsOf(id);
        for (Region region : entry.regions()) {
            table.clearGrants(region.address(), region.size());
        }
        try (InstancePool pool = machine.mapped().poolOf(entry)) {
            pool.recover(address -> address == entry.ipiArea());
            return pool.available();
        }
    }

    private long available(int id) {
        try (InstancePool pool = machine.mapped().poolOf(machine.mapped().instances().entry(id))) {
            return pool.available();
        }
    }

    private long sum(int counter) {
        long sum = 0;
        for (int id = 1; id <= KERNELS; id++) {
            sum += PageStressProcess.count(board, id, counter);
        }
        return sum;
    }

    private void awaitMore(int id, long operations) {
        int counter = isOwner(id) ? FREED : MAPS;
        long wanted = PageStressProcess.count(board, id, counter) + operations;
        while (PageStressProcess.count(board, id, counter) < wanted) {
            assertTrue(processes.get(id).isAlive(), "kernel " + id + " ended, of itself");
            assertEquals(0, sum(FAULTS), "pages that were handed out while they were mapped, and other faults");
            assertFalse(Thread.interrupted(), "kernel " + id + " is blocked: " + sum(MAPS) + " maps, " + sum(FREED)
                + " freed, " + sum(BUSY) + " busy");
            Thread.yield();
        }
    }

    @Test
    @DisplayName("a page that is mapped is never handed out, to nobody, whoever is killed meanwhile")
    void noPageIsHandedOutWhileItIsMapped() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int kill = 0; kill < KILLS; kill++) {
            int id = kill % 2 == 0 ? OWNER_TO_KILL : MAPPER_TO_KILL;
            awaitMore(id, 1 + random.nextInt(100));
            assertEquals(ChildJvm.KILLED, processes.get(id).kill(),
                "seed " + seed + ": it died of something else");
            recover(id);
            start(id);
        }
        for (int id = 1; id <= KERNELS; id++) {
            awaitMore(id, OPERATIONS);
        }
        PageStressProcess.stop(board);
        for (int id = 1; id <= KERNELS; id++) {
            assertEquals(0, processes.get(id).waitFor(), "seed " + seed + ": kernel " + id);
        }
        assertEquals(0, sum(FAULTS), "seed " + seed);
        assertTrue(sum(BUSY) > 0 && sum(REFUSALS) > 0, "nobody met anybody: " + sum(BUSY) + ", " + sum(REFUSALS));
        assertNothingLeft(seed);
    }

    private void assertNothingLeft(long seed) {
        for (int id = 1; id <= KERNELS; id++) {
            List<Region> regions = machine.mapped().instances().entry(id).regions();
            assertEquals(List.of(), table.stillMapped(regions), "seed " + seed + ": pages of " + id);
            for (Region region : regions) {
                for (long at = 0; at < region.size(); at += Pages.PAGE_SIZE) {
                    for (int mapper = 1; mapper <= KERNELS; mapper++) {
                        assertFalse(table.isGranted(Pages.pfn(region.address() + at), mapper), "seed " + seed);
                    }
                }
            }
            /* What a killed owner could not free while it was mapped, the next recovery does. */
            assertEquals(available.get(id), id == OWNER_TO_KILL ? recover(id) : available(id), "seed " + seed);
        }
    }
}
