// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static io.mkemu.memory.PoolRam.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.Pages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Multikernel pool and instance pool do what a set of taken pages does, call for call. */
class PoolPropertyTest {
    private static final int PAGES = 96;

    enum Call { ALLOC, FREE, CREATE, DESTROY }

    record Step(Call call, int pages, int order, int ordinal) { }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(Arbitraries.of(Call.ALLOC, Call.ALLOC, Call.ALLOC, Call.FREE, Call.FREE,
            Call.CREATE, Call.DESTROY), Arbitraries.frequencyOf(net.jqwik.api.Tuple.of(3,
                Arbitraries.integers().between(0, 5)), net.jqwik.api.Tuple.of(1,
                    Arbitraries.integers().between(6, PAGES + 1))), Arbitraries.of(11, 12, 12, 12, 13, 14),
            Arbitraries.integers().between(0, 1000)).as(Step::new).list().ofMinSize(5).ofMaxSize(90);
    }

    @Property(tries = 150)
    void multikernelPool(@ForAll("steps") List<Step> steps) throws IOException {
        try (PoolRam ram = new PoolRam((long) PAGES * PAGE)) {
            BitSet taken = new BitSet(PAGES);
            List<Region> single = new ArrayList<>();
            List<List<Region>> pools = new ArrayList<>();
            for (Step step : steps) {
                switch (step.call) {
                    case ALLOC -> {
                        int fit = firstFit(taken, PAGES, step.pages, 1, 0);
                        long address = ram.pool.alloc((long) step.pages * PAGE);
                        assertEquals(fit < 0 ? 0 : ram.page(fit), address);
                        if (fit >= 0) {
                            taken.set(fit, fit + step.pages);
                            single.add(new Region(address, (long) step.pages * PAGE));
                        }
                    }
                    case FREE -> {
                        if (!single.isEmpty()) {
                            Region region = single.remove(step.ordinal % single.size());
                            assertEquals(0, ram.pool.free(region.address(), region.size()));
                            assertEquals(-Errno.ENOENT, ram.pool.free(region.address(), region.size()));
                            mark(ram, taken, List.of(region), false);
                        }
                    }
                    case CREATE -> create(ram, taken, step, pools);
                    case DESTROY -> {
                        if (!pools.isEmpty()) {
                            List<Region> pool = pools.remove(step.ordinal % pools.size());
                            assertEquals(0, ram.pool.release(pool));
                            mark(ram, taken, pool, false);
                        }
                    }
                }
                assertEquals((long) (PAGES - taken.cardinality()) * PAGE, ram.pool.available());
            }
        }
    }

    private static void create(PoolRam ram, BitSet taken, Step step, List<List<Region>> pools) {
        List<Region> regions = ram.pool.createInstancePool((long) step.pages * PAGE, step.order);
        long granule = 1L << Math.max(step.order, Pages.PAGE_SHIFT);
        int unit = (int) (granule / PAGE);
        int wanted = (step.pages + unit - 1) / unit * unit;
        int least = Math.max(2, unit);
        List<Integer> usable = freeRuns(taken).stream().map(run -> run / unit * unit).filter(run -> run >= least)
            .sorted(Comparator.reverseOrder()).limit(InstanceDescriptor.MAX_REGIONS).toList();
        boolean possible = step.order >= Pages.PAGE_SHIFT && step.pages > 0 && step.pages <= PAGES
            && usable.stream().mapToInt(Integer::intValue).sum() >= Math.max(wanted, least);
        assertEquals(possible, !regions.isEmpty(), () -> step + " with free runs " + freeRuns(taken));
        if (possible) {
            long total = PoolRam.total(regions) / PAGE;
            assertTrue(total >= wanted && total < wanted + least, () -> step + " got " + regions);
            assertTrue(regions.size() == 1 || usable.getFirst() < wanted, () -> step + " cut up " + regions);
            assertTrue(regions.size() <= InstanceDescriptor.MAX_REGIONS);
            regions.forEach(region -> assertTrue(region.size() % granule == 0 && region.address() % PAGE == 0
                && region.size() > InstancePool.overhead(region.size()), region::toString));
            mark(ram, taken, regions, true);
            pools.add(regions);
        }
    }

    /** Takes or frees pages of the model; each must have been the other before. */
    private static void mark(PoolRam ram, BitSet taken, List<Region> regions, boolean take) {
        for (Region region : regions) {
            int from = (int) ((region.address() - ram.page(0)) / PAGE);
            int end = from + (int) (region.size() / PAGE);
            assertTrue(from >= 0 && end <= PAGES, region::toString);
            assertEquals(take ? 0 : end - from, taken.get(from, end).cardinality(), region::toString);
            taken.set(from, end, take);
        }
    }

    private static List<Integer> freeRuns(BitSet taken) {
        List<Integer> runs = new ArrayList<>();
        for (int from = taken.nextClearBit(0); from < PAGES;) {
            int end = taken.nextSetBit(from) < 0 ? PAGES : taken.nextSetBit(from);
            runs.add(end - from);
            from = taken.nextClearBit(end);
        }
        return runs;
    }

    private static int firstFit(BitSet taken, int pages, int count, int align, long firstPage) {
        for (int from = 0; count > 0 && from + count <= pages; from++) {
            if ((firstPage + from) % align == 0 && taken.get(from, from + count).isEmpty()) {
                return from;
            }
        }
        return -1;
    }

    @Property(tries = 150)
    void instancePool(@ForAll("steps") List<Step> steps) throws IOException {
        try (PoolRam ram = new PoolRam((long) PAGES * PAGE)) {
            List<Region> regions = List.of(new Region(ram.page(40), 30L * PAGE), new Region(ram.page(3), 9L * PAGE));
            int[] usable = {29, 8};
            long[] first = {Pages.pfn(ram.page(41)), Pages.pfn(ram.page(4))};
            BitSet[] taken = {new BitSet(), new BitSet()};
            List<Region> held = new ArrayList<>();
            try (InstancePool pool = InstancePool.format(ram.memory, regions)) {
                for (Step step : steps) {
                    if (step.call == Call.ALLOC || step.call == Call.CREATE) {
                        int align = 1 << step.order - 11;
                        long expected = 0;
                        for (int index = 0; index < 2 && expected == 0; index++) {
                            int fit = firstFit(taken[index], usable[index], step.pages, align, first[index]);
                            if (fit >= 0) {
                                taken[index].set(fit, fit + step.pages);
                                expected = Pages.address(first[index] + fit);
                            }
                        }
                        assertEquals(expected, pool.alloc((long) step.pages * PAGE, (long) align * PAGE));
                        if (expected != 0) {
                            held.add(new Region(expected, (long) step.pages * PAGE));
                        }
                    } else if (!held.isEmpty()) {
                        Region region = held.remove(step.ordinal % held.size());
                        assertEquals(-Errno.EINVAL, pool.free(region.address(), region.size() + PAGE));
                        assertEquals(0, pool.free(region.address(), region.size()));
                        assertEquals(-Errno.ENOENT, pool.free(region.address(), region.size()));
                        int index = region.address() >= ram.page(41) ? 0 : 1;
                        int from = (int) (Pages.pfn(region.address()) - first[index]);
                        taken[index].clear(from, from + (int) (region.size() / PAGE));
                    }
                    assertEquals(LongStream.of(29 - taken[0].cardinality(), 8 - taken[1].cardinality()).sum() * PAGE,
                        pool.available());
                }
                assertEquals(List.of(), pool.recover(address -> false));
                assertEquals(37L * PAGE, pool.available());
            }
        }
    }
}
