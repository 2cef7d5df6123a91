// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stops one call before each of its compare-and-sets in turn, kills it there or lets another caller run, and looks. */
class BitmapPoolStepTest {
    private static final int PAGE = 4096;
    private static final int GRANULES = 256;
    private static final long BASE = 0x10_0000;
    private static final int LEFT = 40;

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final class SteppedBuffer extends UnsafeBuffer {
        private int left = -1;
        private Runnable hook;

        public SteppedBuffer(final UnsafeBuffer region) {
            super(region);
        }

        @Override
        public boolean compareAndSetLong(final int index, final long expected, final long updated) {
            if (left-- == 0) {
                hook.run();
            }
            return super.compareAndSetLong(index, expected, updated);
        }
    }

    private final UnsafeBuffer region = new UnsafeBuffer(ByteBuffer.allocateDirect(256));
    private BitmapPool pool;
    private int steps;

    private void atEachStep(final Runnable prepare, final ToLongFunction<BitmapPool> call, final Runnable hook,
        final Consumer<Long> check) {
        steps = 0;
        boolean reached = true;
        while (reached) {
            pool = BitmapPool.format(region, 0, BASE, GRANULES * PAGE, 12);
            prepare.run();
            final SteppedBuffer stepped = new SteppedBuffer(region);
            final boolean[] ran = {false};
            stepped.hook = () -> {
                ran[0] = true;
                hook.run();
            };
            stepped.left = steps;
            Long result = null;
            try {
                result = call.applyAsLong(BitmapPool.attach(stepped, 0, 256));
            } catch (final Killed killed) {
                assertTrue(ran[0]);
            }
            reached = ran[0];
            if (reached) {
                check.accept(result);
                steps++;
            }
        }
    }

    private static void kill() {
        throw new Killed();
    }

    private Map<Long, Long> allocations() {
        final Map<Long, Long> seen = new TreeMap<>();
        pool.forEachAllocation((address, size) -> seen.put((address - BASE) / PAGE, size / PAGE));
        return seen;
    }

    private int free(final int from, final int count) {
        return pool.free(BASE + (long) from * PAGE, (long) count * PAGE);
    }

    private int alloc(final BitmapPool by, final int count) {
        return (int) (by.alloc((long) count * PAGE, 1) - BASE) / PAGE;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 24, 25, 56, 57, 100, 152})
    void aKilledAllocOrFreeOnlyLeaks(final int count) {
        final int right = LEFT + count;
        final Runnable neighbours = () -> {
            assertEquals(0, alloc(pool, LEFT));
            assertEquals(LEFT, alloc(pool, count));
            assertEquals(right, alloc(pool, 33));
        };
        atEachStep(() -> {
            neighbours.run();
            assertEquals(0, free(LEFT, count));
        }, by -> alloc(by, count), BitmapPoolStepTest::kill, result -> checkLeak(count));
        assertEquals(1 + (LEFT + count - 1) / 32 - LEFT / 32 + (LEFT / 32 == (LEFT + count - 1) / 32 ? 0 : 1), steps);
        atEachStep(neighbours, by -> by.free(BASE + (long) LEFT * PAGE, (long) count * PAGE), BitmapPoolStepTest::kill,
            result -> {
                if (steps == 0) {
                    assertEquals(count, allocations().remove((long) LEFT));
                    assertEquals(0, free(LEFT, count));
                }
                checkLeak(count);
            });
        assertTrue(steps >= 2);
    }

    private void checkLeak(final int count) {
        final int right = LEFT + count;
        final long leaked = pool.allocated() / PAGE - LEFT - 33;
        assertTrue(leaked >= 0 && leaked <= count, "leaked " + leaked);
        assertEquals(Map.of(0L, (long) LEFT, (long) right, 33L), allocations());
        for (int size = 1; size <= GRANULES - LEFT; size++) {
            assertNotEquals(0, free(LEFT, size), "a leak is nobody's to free");
            assertNotEquals(0, size == LEFT ? -1 : free(0, size), "a leak never joins its neighbour");
        }
        for (long free = pool.available() / PAGE; free > 0; free--) {
            final int got = alloc(pool, 1);
            assertTrue(got >= LEFT && (got < right || got >= right + 33));
        }
        assertEquals(0, free(0, LEFT));
        assertEquals(0, free(right, 33));
        allocations().forEach((from, size) -> assertEquals(0, free(from.intValue(), size.intValue())));
        assertEquals(leaked * PAGE, pool.allocated());
        assertEquals(leaked * PAGE, pool.reclaim());
        assertEquals(BASE, pool.alloc(GRANULES * PAGE, 1));
    }

    @Test
    void ofTwoThatFreeTheSameExactlyOneWins() {
        for (final int count : new int[] {1, 24, 25, 100}) {
            final int[] other = {1};
            atEachStep(() -> {
                alloc(pool, LEFT);
                alloc(pool, count);
                alloc(pool, 5);
            }, by -> by.free(BASE + (long) LEFT * PAGE, (long) count * PAGE), () -> other[0] = free(LEFT, count),
                result -> {
                assertTrue(result == 0 && other[0] == -Errno.ENOENT || result == -Errno.ENOENT && other[0] == 0,
                    "step " + steps + ": " + result + " and " + other[0]);
                assertEquals(Map.of(0L, (long) LEFT, (long) LEFT + count, 5L), allocations());
                assertEquals((LEFT + 5) * PAGE, pool.allocated());
            });
        }
    }

    @Test
    void aSecondFreeNeverCutsANewAllocationOfAnotherSize() {
        final int[] next = {0};
        for (final int resized : new int[] {1, 23, 25, 60}) {
            atEachStep(() -> {
                alloc(pool, LEFT);
                alloc(pool, 24);
            }, by -> by.free(BASE + (long) LEFT * PAGE, 24 * PAGE), () -> {
                next[0] = free(LEFT, 24) == 0 ? alloc(pool, resized) : -1;
            }, result -> {
                if (next[0] == LEFT) {
                    assertEquals((long) -Errno.EINVAL, result, "step " + steps);
                    assertEquals(Map.of(0L, (long) LEFT, (long) LEFT, (long) resized), allocations());
                } else {
                    assertEquals(0, result);
                }
            });
            assertTrue(steps > 0);
        }
    }

    @Test
    void allocAgainstFreeAndAllocNeverOverlaps() {
        for (final int mine : new int[] {1, 30, 70}) {
            for (final int theirs : new int[] {1, 33, 90}) {
                final int[] got = {0};
                atEachStep(() -> alloc(pool, LEFT), by -> alloc(by, mine), () -> got[0] = alloc(pool, theirs), result ->
                    assertEquals(
                        new TreeMap<>(Map.of(0L, (long) LEFT, result, (long) mine, (long) got[0], (long) theirs)),
                        allocations()));
                atEachStep(() -> {
                    alloc(pool, LEFT);
                    alloc(pool, mine);
                }, by -> by.free(BASE + (long) LEFT * PAGE, (long) mine * PAGE), () -> got[0] = alloc(pool, theirs),
                    result -> {
                    assertEquals(0, result);
                    assertEquals(Map.of(0L, (long) LEFT, (long) got[0], (long) theirs), allocations());
                });
                assertTrue(steps >= 2);
            }
        }
    }

    @Test
    void anAllocThatMeetsAConflictGoesOnBehindItAndGivesBackWhatItHad() {
        final int[] got = {0};
        atEachStep(() -> { }, by -> alloc(by, 120), () -> got[0] = alloc(pool, 8), result ->
            assertEquals((120 + 8) * PAGE, pool.allocated(), "step " + steps));
        assertTrue(steps >= 4);
    }
}
