// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static io.mkemu.memory.PoolRam.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.Pages;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process is killed at each step of a call; nobody is blocked, and what it held is found and returned. */
@Timeout(300)
class PoolKillTest {
    private static final int PAGES = 160;
    private static final int MOST_STEPS = 40;

    /** Runs the check on a RAM in which the call was killed, for each of its steps; returns how many there are. */
    private static int atEachStep(String call, long size, int[] free, Predicate<PoolRam> check) throws Exception {
        for (int step = 0; step < MOST_STEPS; step++) {
            try (PoolRam ram = new PoolRam((long) PAGES * PAGE)) {
                prepare(ram, call, size, free);
                boolean stopped = killAt(ram, call, size, step);
                assertTrue(!stopped || check.test(ram), call + " killed at step " + step);
                if (!stopped) {
                    return step;
                }
            }
        }
        throw new AssertionError(call + " has more than " + MOST_STEPS + " steps");
    }

    private static void prepare(PoolRam ram, String call, long size, int[] free) {
        if (call.equals("create")) {
            ram.fragment(free);
            return;
        }
        InstanceEntry entry = ram.instance(1, ram.pool.createInstancePool(100L * PAGE, Pages.PAGE_SHIFT), 1);
        if (call.equals("free")) {
            try (InstancePool pool = ram.mapped.poolOf(entry)) {
                pool.alloc(size, PAGE);
            }
        }
    }

    private static boolean killAt(PoolRam ram, String call, long size, int step) throws IOException {
        try (ChildJvm victim = ChildJvm.start(List.of("-XX:TieredStopAtLevel=1"), PoolKillProcess.class, ram.ram(),
            call, size, step)) {
            String said = victim.readLine();
            assertTrue("stopped".equals(said) || "done".equals(said), () -> call + ": the victim said " + said);
            return said.equals("stopped");
        }
    }

    @Test
    void createOfAnInstancePool() throws Exception {
        int[] free = {0, 40, 50, 55, 60, 80};
        int steps = atEachStep("create", 63L * PAGE, free, ram -> {
            long others = ram.pool.alloc(2L * PAGE);
            ram.sweep(address -> address == others || isFiller(ram, address, free));
            assertEquals(63L * PAGE, ram.pool.available());
            assertEquals(0, ram.pool.free(others, 2L * PAGE));
            return ram.pool.available() == 65L * PAGE;
        });
        assertTrue(steps >= 5, "steps " + steps);
    }

    private static boolean isFiller(PoolRam ram, long address, int... free) {
        int page = (int) ((address - ram.page(0)) / PAGE);
        for (int range = 0; range < free.length; range += 2) {
            if (page >= free[range] && page < free[range + 1]) {
                return false;
            }
        }
        return true;
    }

    @Test
    void freeToAnInstancePool() throws Exception {
        int steps = atEachStep("free", 70L * PAGE, new int[0], ram -> {
            try (InstancePool pool = ram.mapped.poolOf(ram.mapped.instances().entry(1))) {
                assertNotEquals(0, pool.alloc(PAGE, PAGE), "blocked by the one that was killed");
                assertEquals(List.of(), pool.recover(address -> false));
                return pool.available() == 99L * PAGE;
            }
        });
        assertTrue(steps >= 4, "steps " + steps);
    }

    @Test
    void allocationFromAnInstancePool() throws Exception {
        int steps = atEachStep("alloc", 70L * PAGE, new int[0], ram -> {
            InstanceEntry entry = ram.mapped.instances().entry(1);
            List<Region> regions = entry.regions();
            try (InstancePool pool = ram.mapped.poolOf(entry)) {
                long ipiArea = pool.alloc(3L * PAGE, PAGE);
                assertNotEquals(0, ipiArea, "blocked by the one that was killed");
                long module = pool.alloc(2L * PAGE, PAGE);
                ram.memory.pageTable().grant(Pages.pfn(module), 9);
                pool.recover(address -> address == ipiArea);
                assertEquals(96L * PAGE, pool.available());
                assertTrue(pool.isAllocated(ipiArea, 3L * PAGE));
                assertTrue(!ram.memory.pageTable().isGranted(Pages.pfn(module), 9));
            }
            entry.regions(List.of());
            assertEquals(0, ram.pool.release(regions));
            return ram.pool.available() == (long) PAGES * PAGE;
        });
        assertTrue(steps >= 3, "steps " + steps);
    }
}
