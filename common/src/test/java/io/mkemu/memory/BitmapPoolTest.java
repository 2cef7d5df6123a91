// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.BitmapPoolDescriptor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BitmapPoolTest {
    private static final int PAGE = 4096;
    private static final long BASE = 0x10_1000;
    private static final int OFFSET = 128;
    private static final int GRANULES = 200;

    private final UnsafeBuffer region = new UnsafeBuffer(ByteBuffer.allocateDirect(4096));
    private final BitmapPool pool = BitmapPool.format(region, OFFSET, BASE, GRANULES * PAGE, 12);
    private final int length = (int) BitmapPoolDescriptor.bytesFor(GRANULES * PAGE, 12);

    private static List<String> allocations(final BitmapPool pool) {
        final List<String> seen = new ArrayList<>();
        pool.forEachAllocation((address, size) -> seen.add((address - pool.base()) / PAGE + "+" + size / PAGE));
        return seen;
    }

    private static long page(final int index) {
        return BASE + (long) index * PAGE;
    }

    @Test
    void anEmptyPoolIsAllFree() {
        assertEquals(GRANULES * PAGE, pool.available());
        assertEquals(GRANULES * PAGE, pool.largestFree());
        assertEquals(0, pool.allocated());
        assertEquals(List.of(), allocations(pool));
        assertEquals(List.of(BASE, (long) GRANULES * PAGE, (long) PAGE),
            List.of(pool.base(), pool.size(), pool.granule()));
    }

    @Test
    void takesTheLowestRangeThatFits() {
        final long a = pool.alloc(1, 1);
        final long b = pool.alloc(40 * PAGE, 1);
        final long c = pool.alloc(PAGE + 1, PAGE);
        assertEquals(List.of(page(0), page(1), page(41)), List.of(a, b, c));
        assertEquals(List.of("0+1", "1+40", "41+2"), allocations(pool));
        assertEquals(0, pool.free(b, 40 * PAGE));
        assertEquals(page(43), pool.alloc(41 * PAGE, 1));
        assertEquals(page(1), pool.alloc(40 * PAGE, 1));
    }

    @Test
    void alignsThePhysicalAddress() {
        assertEquals(0x10_4000, pool.alloc(PAGE, 0x4000));
        assertEquals(0x10_8000, pool.alloc(2 * PAGE, 0x4000));
        assertEquals(0x12_0000, pool.alloc(PAGE, 0x2_0000));
        assertEquals(BASE, pool.alloc(PAGE, 1));
        assertEquals(0, pool.alloc(PAGE, 1L << 62));
    }

    @Test
    void refusesWhatIsNoSizeOrNoAlignment() {
        for (final long size : new long[] {0, -1, Long.MIN_VALUE, GRANULES * PAGE + 1, Long.MAX_VALUE}) {
            assertEquals(0, pool.alloc(size, 1), "size " + size);
        }
        for (final long align : new long[] {0, -1, 3, PAGE + 1, Long.MIN_VALUE}) {
            assertEquals(0, pool.alloc(PAGE, align), "align " + align);
        }
        assertEquals(0, pool.allocated());
    }

    @Test
    void isExhaustedAndRecovers() {
        for (int i = 0; i < GRANULES; i++) {
            assertEquals(page(i), pool.alloc(PAGE, 1));
        }
        assertEquals(0, pool.alloc(1, 1));
        assertEquals(0, pool.available() + pool.largestFree());
        assertEquals(0, pool.free(page(77), PAGE));
        assertEquals(PAGE, pool.available());
        assertEquals(0, pool.alloc(PAGE + 1, 1));
        assertEquals(page(77), pool.alloc(PAGE, 1));
        for (int i = 0; i < GRANULES; i++) {
            assertEquals(0, pool.free(page(i), PAGE));
        }
        assertEquals(BASE, pool.alloc(GRANULES * PAGE, 1));
    }

    @ParameterizedTest
    @CsvSource({"1, 3", "31, 1", "31, 2", "32, 32", "30, 34", "33, 64", "64, 136"})
    void freesOnlyWholeAllocations(final int from, final int count) {
        if (from > 0) {
            assertEquals(page(0), pool.alloc((long) from * PAGE, 1));
        }
        assertEquals(page(from), pool.alloc((long) count * PAGE, 1));
        final int end = from + count;
        if (end < GRANULES) {
            assertEquals(page(end), pool.alloc((long) (GRANULES - end) * PAGE, 1));
        }
        final long before = pool.allocated();
        for (int start = 0; start < GRANULES; start++) {
            for (int size = 1; start + size <= GRANULES; size++) {
                final boolean whole = start == 0 && size == from || start == from && size == count
                    || start == end && size == GRANULES - end;
                if (!whole) {
                    assertEquals(-Errno.EINVAL, pool.free(page(start), (long) size * PAGE), start + "+" + size);
                }
            }
        }
        assertEquals(before, pool.allocated());
        assertEquals(0, pool.free(page(from), (long) count * PAGE - 1), "sizes are rounded up");
        assertEquals(-Errno.ENOENT, pool.free(page(from), (long) count * PAGE), "double free");
    }

    @Test
    void refusesToFreeWhatWasNeverAllocated() {
        pool.alloc(2 * PAGE, 1);
        assertEquals(-Errno.ENOENT, pool.free(page(2), PAGE));
        assertEquals(-Errno.ENOENT, pool.free(page(199), PAGE));
        assertEquals(-Errno.EINVAL, pool.free(page(200), PAGE));
        assertEquals(-Errno.EINVAL, pool.free(page(199), 2 * PAGE));
        assertEquals(-Errno.EINVAL, pool.free(page(-1), PAGE));
        assertEquals(-Errno.EINVAL, pool.free(BASE + 1, 2 * PAGE));
        assertEquals(-Errno.EINVAL, pool.free(BASE, 0));
        assertEquals(-Errno.EINVAL, pool.free(BASE, Long.MAX_VALUE));
        assertEquals(-Errno.EINVAL, pool.free(Long.MIN_VALUE, PAGE));
        assertEquals(2 * PAGE, pool.allocated());
    }

    @Test
    void tellsWhatIsAllocated() {
        pool.alloc(30 * PAGE, 1);
        pool.alloc(30 * PAGE, 1);
        assertTrue(pool.isAllocated(page(0), 60 * PAGE));
        assertTrue(pool.isAllocated(page(59) + 4095, 1));
        assertFalse(pool.isAllocated(page(59) + 4095, 2));
        assertFalse(pool.isAllocated(page(60), 1));
        assertFalse(pool.isAllocated(page(0), 0));
        assertFalse(pool.isAllocated(page(-1), PAGE));
        assertFalse(pool.isAllocated(page(0), Long.MAX_VALUE));
    }

    @Test
    void largeOrdersAndAddressesWork() {
        final BitmapPool large = BitmapPool.format(region, 0, 1L << 40, 3L << 30, 30);
        assertEquals(1L << 40, large.alloc(1, 1));
        assertEquals((1L << 40) + (1L << 30), large.alloc(2L << 30, 1));
        assertEquals(0, large.alloc(1, 1));
        assertEquals(0, large.free(1L << 40, 1));
        assertEquals(1L << 30, large.available());
    }

    @Test
    void anAttachedPoolIsTheSamePool() {
        final long a = pool.alloc(5 * PAGE, 1);
        final BitmapPool other = BitmapPool.attach(region, OFFSET, length);
        assertEquals(List.of(pool.base(), pool.size(), pool.granule()),
            List.of(other.base(), other.size(), other.granule()));
        assertEquals(0, other.free(a, 5 * PAGE));
        assertEquals(-Errno.ENOENT, pool.free(a, 5 * PAGE));
    }

    @Test
    void formatNamesWhatIsWrong() {
        assertFormatRefused("order 11", 0, BASE, PAGE, 11);
        assertFormatRefused("order 31", 0, BASE, 1L << 31, 31);
        assertFormatRefused("size 0", 0, BASE, 0, 12);
        assertFormatRefused("size 4097", 0, BASE, 4097, 12);
        assertFormatRefused("4398046515200", 0, BASE, (1L << 42) + PAGE, 12);
        assertFormatRefused("base 0x0", 0, 0, PAGE, 12);
        assertFormatRefused("base 0x101001", 0, BASE + 1, PAGE, 12);
        assertFormatRefused("base 0x7ffffffffffff000", 0, Long.MAX_VALUE & -PAGE, PAGE, 12);
        assertFormatRefused("offset 4", 4, BASE, PAGE, 12);
        assertFormatRefused("offset -8", -8, BASE, PAGE, 12);
        assertFormatRefused("the region has 4096", 3976, BASE, PAGE, 12);
    }

    private void assertFormatRefused(final String part, final int offset, final long base, final long size,
        final int order) {
        final String message = assertThrows(
            IllegalArgumentException.class, () -> BitmapPool.format(region, offset, base, size, order)).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void attachRefusesADamagedHeader() {
        assertAttachRefused("magic", () -> region.putLong(OFFSET, 0));
        assertAttachRefused("order 11", () -> region.putInt(OFFSET + BitmapPoolDescriptor.ORDER_OFFSET, 11));
        assertAttachRefused("order -1", () -> region.putInt(OFFSET + BitmapPoolDescriptor.ORDER_OFFSET, -1));
        for (final long granules : new long[] {0, -1, 199, Long.MAX_VALUE, 1L << 52, 1 << 30}) {
            assertAttachRefused("granules " + granules,
                () -> region.putLong(OFFSET + BitmapPoolDescriptor.GRANULES_OFFSET, granules));
        }
        assertAttachRefused("base 0x0", () -> region.putLong(OFFSET + BitmapPoolDescriptor.BASE_OFFSET, 0));
        assertAttachRefused("base 0x7f",
            () -> region.putLong(OFFSET + BitmapPoolDescriptor.BASE_OFFSET, Long.MAX_VALUE & -PAGE));
        assertAttachRefused("size 1", () -> region.putLong(OFFSET + BitmapPoolDescriptor.SIZE_OFFSET, 1));
        assertAttachRefused("size 2097152", () -> {
            region.putLong(OFFSET + BitmapPoolDescriptor.GRANULES_OFFSET, 512);
            region.putLong(OFFSET + BitmapPoolDescriptor.SIZE_OFFSET, 512 * PAGE);
        });
    }

    private void assertAttachRefused(final String part, final Runnable damage) {
        final UnsafeBuffer saved = new UnsafeBuffer(new byte[4096]);
        saved.putBytes(0, region, 0, 4096);
        damage.run();
        final String message = assertThrows(
            IllegalStateException.class, () -> BitmapPool.attach(region, OFFSET, length)).getMessage();
        assertTrue(message.contains(part) && message.contains("offset 128"), message);
        region.putBytes(0, saved, 0, 4096);
        assertEquals(pool.size(), BitmapPool.attach(region, OFFSET, length).size());
    }

    @Test
    void attachRefusesARegionOutsideTheWindow() {
        final int[][] regions = {{-8, length}, {OFFSET + 4, length}, {4096 - 64, 128}, {0, -1}, {0, 0}, {OFFSET, 4096},
            {Integer.MAX_VALUE - 7, 64}, {OFFSET, Integer.MAX_VALUE}, {OFFSET, length - 1}};
        for (final int[] where : regions) {
            assertThrows(IllegalStateException.class, () -> BitmapPool.attach(region, where[0], where[1]),
                where[0] + " " + where[1]);
        }
    }

    @Test
    void scribbledBitmapsNeverThrowAndNeverLeaveTheRegion() {
        final Random random = new Random(1);
        final int bitmap = OFFSET + BitmapPoolDescriptor.HEADER_LENGTH;
        for (int seed = 0; seed < 3000; seed++) {
            random.setSeed(seed);
            region.setMemory(0, 4096, (byte) 0x5A);
            final BitmapPool damaged = BitmapPool.format(region, OFFSET, BASE, GRANULES * PAGE, 12);
            for (int word = 0; word < GRANULES / 32 + 1; word++) {
                region.putLong(bitmap + word * 8, random.nextLong() & random.nextLong() & random.nextLong());
            }
            for (int call = 0; call < 20; call++) {
                final int from = random.nextInt(GRANULES);
                final long bytes = (1L + random.nextInt(GRANULES)) * PAGE;
                final long got = damaged.alloc(bytes, 1L << random.nextInt(16));
                assertTrue(got == 0 || got >= BASE && got + bytes <= BASE + damaged.size(), "seed " + seed);
                final int result = damaged.free(page(from), (1L + random.nextInt(4)) * PAGE);
                assertTrue(result == 0 || result == -Errno.EINVAL || result == -Errno.ENOENT, "seed " + seed);
            }
            damaged.forEachAllocation((address, size) ->
                assertTrue(address >= BASE && address + size <= BASE + damaged.size()
                    && damaged.isAllocated(address, size)));
            assertEquals(damaged.size(), damaged.available() + damaged.allocated());
            assertTrue(damaged.largestFree() <= damaged.available());
            damaged.reclaim();
            final long[] sum = {0};
            damaged.forEachAllocation((address, size) -> sum[0] += size);
            assertEquals(sum[0], damaged.allocated(), "seed " + seed);
            for (int i = 0; i < 4096; i++) {
                assertTrue(i >= OFFSET && i < OFFSET + length || region.getByte(i) == 0x5A,
                    "seed " + seed + " byte " + i);
            }
        }
    }

    @Test
    void lengthsAreMultiplesOf64() {
        assertEquals(128, BitmapPoolDescriptor.bytesFor(PAGE, 12));
        assertEquals(128, BitmapPoolDescriptor.bytesFor(256 * PAGE, 12));
        assertEquals(192, BitmapPoolDescriptor.bytesFor(257 * PAGE, 12));
        assertEquals(64 + (1 << 28), BitmapPoolDescriptor.bytesFor(1L << 42, 12));
    }
}
