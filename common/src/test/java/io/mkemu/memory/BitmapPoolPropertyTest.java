// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.Errno;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import org.agrona.concurrent.UnsafeBuffer;

/** The pool does what a map of allocations does, call for call. */
class BitmapPoolPropertyTest {
    /** size and alignment of an allocation, or what to free: the allocation with that ordinal, moved and resized. */
    record Step(boolean alloc, int size, int alignShift, int ordinal, int shift, int grow) { }

    @Provide
    Arbitrary<List<Step>> steps() {
        final Arbitrary<Integer> sizes = Arbitraries.frequencyOf(
            Tuple.of(6, Arbitraries.integers().between(0, 6)),
            Tuple.of(2, Arbitraries.of(31, 32, 33, 63, 64, 65, 96)),
            Tuple.of(1, Arbitraries.integers().between(1, 300)));
        final Arbitrary<Integer> mostlyZero = Arbitraries.of(0, 0, 0, 0, 0, 0, 0, -1, 1, 2);
        return Combinators.combine(Arbitraries.of(true, true, false), sizes, Arbitraries.integers().between(0, 5),
            Arbitraries.integers().between(0, 1000), mostlyZero, mostlyZero)
            .as(Step::new).list().ofMinSize(1).ofMaxSize(80);
    }

    @Property(tries = 400)
    void behavesLikeTheModel(
        @ForAll("steps") final List<Step> steps, @ForAll @IntRange(min = 1, max = 260) final int granules,
        @ForAll @IntRange(min = 1, max = 40) final int baseGranule,
        @ForAll @IntRange(min = 12, max = 30) final int order) {
        final UnsafeBuffer region = new UnsafeBuffer(ByteBuffer.allocateDirect(256));
        final BitmapPool pool =
            BitmapPool.format(region, 0, (long) baseGranule << order, (long) granules << order, order);
        final TreeMap<Integer, Integer> model = new TreeMap<>();
        for (final Step step : steps) {
            if (step.alloc) {
                final int expected = firstFit(model, granules, baseGranule, step.size, 1 << step.alignShift);
                final long got = pool.alloc((long) step.size << order, 1L << order + step.alignShift);
                assertEquals(expected < 0 ? 0 : (long) (baseGranule + expected) << order, got);
                if (expected >= 0) {
                    model.put(expected, step.size);
                }
            } else {
                free(pool, model, step, granules, baseGranule, order);
            }
            assertSame(pool, model, granules, baseGranule, order);
        }
    }

    private static void free(final BitmapPool pool, final TreeMap<Integer, Integer> model, final Step step,
        final int granules, final int baseGranule, final int order) {
        final List<Integer> starts = new ArrayList<>(model.keySet());
        final int start = starts.isEmpty() ? step.ordinal % granules : starts.get(step.ordinal % starts.size());
        final int from = start + step.shift;
        final int size = model.getOrDefault(start, 1) + step.grow;
        final var below = model.floorEntry(from);
        final int expected;
        if (size <= 0 || from < 0 || from + size > granules) {
            expected = -Errno.EINVAL;
        } else if (below == null || below.getKey() + below.getValue() <= from) {
            expected = -Errno.ENOENT;
        } else if (below.getKey() != from || below.getValue() != size) {
            expected = -Errno.EINVAL;
        } else {
            expected = 0;
            model.remove(from);
        }
        assertEquals(expected, pool.free((long) (baseGranule + from) << order, (long) size << order));
    }

    private static int firstFit(final TreeMap<Integer, Integer> model, final int granules, final int baseGranule,
        final int size, final int align) {
        for (int at = 0; size > 0 && at + size <= granules; at++) {
            final var below = model.lowerEntry(at + size);
            if ((baseGranule + at) % align == 0 && (below == null || below.getKey() + below.getValue() <= at)) {
                return at;
            }
        }
        return -1;
    }

    private static void assertSame(final BitmapPool pool, final TreeMap<Integer, Integer> model, final int granules,
        final int baseGranule, final int order) {
        final TreeMap<Integer, Integer> seen = new TreeMap<>();
        pool.forEachAllocation((address, size) ->
            seen.put((int) (address >>> order) - baseGranule, (int) (size >>> order)));
        assertEquals(model, seen);
        final long sum = model.values().stream().mapToInt(Integer::intValue).sum();
        int largest = 0;
        int end = 0;
        for (final var allocation : model.entrySet()) {
            largest = Math.max(largest, allocation.getKey() - end);
            end = allocation.getKey() + allocation.getValue();
        }
        assertEquals(sum << order, pool.allocated());
        assertEquals(granules - sum << order, pool.available());
        assertEquals((long) Math.max(largest, granules - end) << order, pool.largestFree());
    }
}
