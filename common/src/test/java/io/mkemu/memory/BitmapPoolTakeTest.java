// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.BitmapPoolDescriptor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Taking a range that is named. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class BitmapPoolTakeTest {
    private static final int PAGE = 4096;
    private static final long BASE = 0x10_1000;
    private static final int GRANULES = 200;
    private static final int THREADS = 4;

    private final UnsafeBuffer region = new UnsafeBuffer(ByteBuffer.allocateDirect(4096));
    private final BitmapPool pool = BitmapPool.format(region, 0, BASE, GRANULES * PAGE, 12);

    private static long page(final int index) {
        return BASE + (long) index * PAGE;
    }

    private List<String> allocations() {
        final List<String> seen = new ArrayList<>();
        pool.forEachAllocation((address, size) -> seen.add((address - BASE) / PAGE + "+" + size / PAGE));
        return seen;
    }

    /** Within a word of the bitmap, on its borders, over several words, and at the ends of the pool. */
    @ParameterizedTest
    @CsvSource({"0, 1", "0, 200", "31, 1", "31, 2", "32, 32", "30, 100", "199, 1", "64, 136"})
    void whatIsFreeIsTakenAsOneAllocation(final int from, final int count) {
        assertTrue(pool.take(page(from), (long) count * PAGE));
        assertEquals(List.of(from + "+" + count), allocations());
        assertEquals((long) count * PAGE, pool.sizeAt(page(from)));
        assertFalse(pool.take(page(from), (long) count * PAGE), "twice");
        assertEquals(0, pool.free(page(from), (long) count * PAGE));
        assertEquals(0, pool.allocated());
        assertTrue(pool.take(page(from), (long) count * PAGE), "again");
    }

    @Test
    void sizesAreRoundedUp() {
        assertTrue(pool.take(page(5), 1));
        assertTrue(pool.take(page(6), PAGE + 1));
        assertEquals(List.of("5+1", "6+2"), allocations());
    }

    @Test
    void whatIsPartlyTakenIsNotAndNothingChanges() {
        assertEquals(page(0), pool.alloc(10 * PAGE, 1));
        assertTrue(pool.take(page(100), 10L * PAGE));
        final List<String> before = allocations();
        for (final int[] range : new int[][] {{0, 10}, {9, 1}, {9, 2}, {5, 2}, {0, 200}, {10, 91}, {99, 2}, {109, 5},
            {90, 40}, {30, 71}}) {
            assertFalse(pool.take(page(range[0]), (long) range[1] * PAGE), range[0] + "+" + range[1]);
            assertEquals(before, allocations());
            assertEquals(20L * PAGE, pool.allocated(), "no granule is left claimed");
        }
        assertTrue(pool.take(page(10), 90L * PAGE), "what is between them is free still");
        assertTrue(pool.take(page(110), 90L * PAGE));
        assertEquals(0, pool.available());
    }

    @Test
    void whatIsOutsideOrBetweenGranulesIsRefused() {
        for (final long bytes : new long[] {0, -1, Long.MIN_VALUE, (GRANULES + 1) * PAGE, Long.MAX_VALUE}) {
            assertFalse(pool.take(BASE, bytes), "size " + bytes);
        }
        for (final long address : new long[] {0, BASE - PAGE, BASE - 1, BASE + 1, BASE + PAGE / 2, page(GRANULES),
            Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE & -PAGE}) {
            assertFalse(pool.take(address, PAGE), "address " + address);
        }
        assertFalse(pool.take(page(199), 2 * PAGE));
        assertEquals(0, pool.allocated());
    }

    @Test
    void aHalfDoneCallIsNotTakenFrom() {
        pool.take(page(40), 8 * PAGE);
        /* As a caller leaves it that is killed in the middle of free: the bit of the first granule is gone. */
        final int word = BitmapPoolDescriptor.HEADER_LENGTH + 40 / 32 * Long.BYTES;
        region.putLong(word, region.getLong(word) & ~(1L << 40 % 32));
        assertEquals(-Errno.ENOENT, pool.free(page(40), 8 * PAGE));
        for (int at = 40; at < 48; at++) {
            assertFalse(pool.take(page(at), PAGE), "page " + at);
        }
        assertEquals(8L * PAGE, pool.reclaim());
        assertTrue(pool.take(page(40), 8 * PAGE));
    }

    @Test
    void ofManyThatTakeTheSameOneDoes() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            for (int round = 0; round < 2000; round++) {
                final int from = round % 150;
                final int count = 1 + round % 50;
                final Callable<Boolean> taker = () -> pool.take(page(from), (long) count * PAGE);
                assertEquals(1, count(threads, List.of(taker, taker, taker, taker)), "round " + round);
                assertEquals(0, pool.free(page(from), (long) count * PAGE));
            }
        }
        assertEquals(0, pool.allocated());
    }

    private static int count(final ExecutorService threads, final List<Callable<Boolean>> takers) throws Exception {
        int taken = 0;
        for (final Future<Boolean> result : threads.invokeAll(takers)) {
            taken += result.get() ? 1 : 0;
        }
        return taken;
    }

    /** Takers, allocators and freers at once: no granule ever has two owners, and none is lost. */
    @Test
    void takersAndAllocatorsNeverShareAGranule() throws Exception {
        final AtomicIntegerArray owners = new AtomicIntegerArray(GRANULES);
        final List<Callable<Boolean>> workers = new ArrayList<>();
        for (int thread = 1; thread <= THREADS; thread++) {
            final int me = thread;
            workers.add(() -> work(me, owners));
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            assertEquals(THREADS, count(threads, workers));
        }
        assertEquals(0, pool.allocated());
        assertEquals((long) GRANULES * PAGE, pool.largestFree());
    }

    private boolean work(final int me, final AtomicIntegerArray owners) {
        final Random random = new Random(me);
        int taken = 0;
        for (int round = 0; round < 50_000; round++) {
            final int count = 1 + random.nextInt(70);
            long address = page(random.nextInt(GRANULES));
            if (random.nextInt(4) == 0) {
                address = pool.alloc((long) count * PAGE, 1);
            } else if (!pool.take(address, (long) count * PAGE)) {
                address = 0;
            }
            if (address != 0) {
                taken++;
                final int from = (int) ((address - BASE) / PAGE);
                for (int granule = from; granule < from + count; granule++) {
                    assertTrue(owners.compareAndSet(granule, 0, me), "granule " + granule);
                }
                for (int granule = from; granule < from + count; granule++) {
                    assertTrue(owners.compareAndSet(granule, me, 0), "granule " + granule);
                }
                assertEquals(0, pool.free(address, (long) count * PAGE));
            }
        }
        return taken > 0;
    }
}
