// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.BitmapPoolDescriptor;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The multikernel pool: the memory that instance pools are carved from. Its bitmap lies in RAM, in the pool map.
 * Thread-safe, and safe against other processes that allocate, except {@link #exchangeInstancePool}. Addresses and
 * sizes are bytes.
 */
public final class MultikernelPool implements AutoCloseable {
    /** A region's bitmap takes a page at least, and a pool without a page to give is none. */
    private static final long LEAST_REGION = 2L * Pages.PAGE_SIZE;

    private final PhysicalMemory memory;
    private final Window map;
    private final BitmapPool pool;

    private MultikernelPool(PhysicalMemory memory, Window map, BitmapPool pool) {
        this.memory = memory;
        this.map = map;
        this.pool = pool;
    }

    /** Makes the pool of a new machine, all of it free. Nobody else may use it meanwhile. */
    public static MultikernelPool format(PhysicalMemory memory) {
        RamLayout layout = memory.layout();
        Window map = memory.map(layout.poolMapAt(), layout.poolMapSize());
        return new MultikernelPool(memory, map,
            BitmapPool.format(map.buffer(), 0, layout.poolAt(), layout.poolSize(), Pages.PAGE_SHIFT));
    }

    /**
     * The pool of a machine that is there.
     *
     * @throws MachineException if its bitmap is not made yet, or damaged
     */
    public static MultikernelPool attach(PhysicalMemory memory) {
        Window map = memory.map(memory.layout().poolMapAt(), memory.layout().poolMapSize());
        try {
            return attach(memory, map, map.buffer());
        } catch (MachineException refused) {
            map.close();
            throw refused;
        }
    }

    public static MultikernelPool attach(PhysicalMemory memory, Window map, AtomicBuffer bitmap) {
        RamLayout layout = memory.layout();
        try {
            BitmapPool pool = BitmapPool.attach(bitmap, 0, bitmap.capacity());
            if (pool.base() != layout.poolAt() || pool.size() != layout.poolSize()) {
                throw new IllegalStateException("its bitmap is for 0x" + Long.toHexString(pool.base()) + "+"
                    + pool.size() + ", the header says 0x" + Long.toHexString(layout.poolAt()) + "+"
                    + layout.poolSize());
            }
            return new MultikernelPool(memory, map, pool);
        } catch (IllegalStateException damaged) {
            throw new MachineException(ExitCode.MACHINE, "multikernel pool: " + damaged.getMessage()
                + "; if the machine is just being made try again, else end it and make it anew", damaged);
        }
    }

    /**
     * Allocates from the pool itself: multikernel_alloc.
     *
     * @param size bytes, rounded up to whole pages
     * @return physical address, page-aligned, first fit; 0 if no free range is long enough or size is not positive
     */
    public long alloc(long size) {
        return pool.alloc(size, Pages.PAGE_SIZE);
    }

    /**
     * Frees what {@link #alloc} returned, with the same size: multikernel_free. Shares of its pages end.
     *
     * @return 0; -EINVAL (not in the pool, not page-aligned, inside an allocation, another size), -ENOENT (not
     *     allocated), -EBUSY (an instance has one of its pages mapped: nothing is freed; not in single-slot mode)
     */
    public int free(long address, long size) {
        return endShares(address, size) ? -Errno.EBUSY : pool.free(address, size);
    }

    /** Ends the shares of an allocation; returns whether a page of it is mapped still. Of what is none: nothing. */
    private boolean endShares(long address, long size) {
        return size > 0 && pool.sizeAt(address) == Pages.align(size)
            && memory.pageTable().endShares(address, Pages.align(size));
    }

    /**
     * Takes memory for an instance: multikernel_create_instance_pool. One region if there is a free range long enough,
     * otherwise the longest free ranges, longest first; all or nothing. The regions are not formatted yet: see
     * {@link InstancePool#format}, whose bitmaps take the first pages of each.
     *
     * @param size     bytes of all regions together; a remainder is rounded up to the least region, which is
     *                 2 pages or {@code 1 << minOrder}, whichever is more
     * @param minOrder log2 of what each region's size is a multiple of, 12..30
     * @return 1..{@link InstanceDescriptor#MAX_REGIONS} page-aligned regions; none if the order or the size is out of
     *     range, or that many regions cannot make up the size
     */
    public List<Region> createInstancePool(long size, int minOrder) {
        if (minOrder < Pages.PAGE_SHIFT || minOrder > BitmapPoolDescriptor.MAX_ORDER || size <= 0
            || size > pool.size()) {
            return List.of();
        }
        long granule = 1L << minOrder;
        long left = size + granule - 1 & -granule;
        List<Region> regions = new ArrayList<>();
        while (left > 0) {
            Region region = regions.size() < InstanceDescriptor.MAX_REGIONS ? takeUpTo(left, granule) : null;
            if (region == null) {
                regions.forEach(taken -> pool.free(taken.address(), taken.size()));
                return List.of();
            }
            regions.add(region);
            left -= region.size();
        }
        return List.copyOf(regions);
    }

    private Region takeUpTo(long wanted, long granule) {
        long least = Math.max(LEAST_REGION, granule);
        long chunk = Math.max(wanted, least);
        while (chunk >= least) {
            long address = pool.alloc(chunk, Pages.PAGE_SIZE);
            if (address != 0) {
                return new Region(address, chunk);
            }
            chunk = Math.min(pool.largestFree(), chunk - granule) & -granule;
        }
        return null;
    }

    /**
     * Returns an instance's memory to the pool. The caller has ended the shares of its pages and seen since that nobody
     * has one mapped. It does not ask again: a kernel that tries to map one now says so for a moment, and is refused. A
     * region that is none does not keep the others.
     *
     * @return 0, or the error of the first region that was refused, as {@link #free} gives it
     */
    public int release(List<Region> regions) {
        int result = 0;
        for (Region region : regions) {
            int freed = pool.free(region.address(), region.size());
            result = result == 0 ? freed : result;
        }
        return result;
    }

    private boolean endShares(List<Region> regions) {
        boolean mapped = false;
        for (Region region : regions) {
            mapped |= endShares(region.address(), region.size());
        }
        return mapped;
    }

    /**
     * Exchanges an instance's memory for memory of another size; what lay in it is lost. Nobody may use it, and nobody
     * else may allocate from this pool meanwhile. The old memory is given up for the new only if both do not fit beside
     * each other.
     *
     * @param old  the regions it has
     * @param size bytes wanted, as in {@link #createInstancePool}
     * @param good says of regions that can be had whether they will do
     * @return the new regions; none if the pool cannot hold such, or an instance has a page of the old ones mapped: the
     *     old ones are the instance's still
     * @throws MachineException if the pool's bitmap is damaged
     */
    public List<Region> exchangeInstancePool(List<Region> old, long size, Predicate<List<Region>> good) {
        if (endShares(old)) {
            return List.of();
        }
        List<Region> beside = createInstancePool(size, good);
        if (!beside.isEmpty()) {
            release(old);
            return beside;
        }
        release(old);
        List<Region> instead = createInstancePool(size, good);
        if (instead.isEmpty()) {
            old.forEach(this::takeBack);
        }
        return instead;
    }

    private List<Region> createInstancePool(long size, Predicate<List<Region>> good) {
        List<Region> regions = createInstancePool(size, Pages.PAGE_SHIFT);
        if (regions.isEmpty() || good.test(regions)) {
            return regions;
        }
        release(regions);
        return List.of();
    }

    private void takeBack(Region region) {
        if (!pool.take(region.address(), region.size())) {
            throw new MachineException(ExitCode.MACHINE, "multikernel pool: the " + region.size() + " bytes at 0x"
                + Long.toHexString(region.address()) + " that were given up just now are taken: somebody writes into "
                + "its bitmap; end the machine and make it anew");
        }
    }

    /** Bytes that are free. */
    public long available() {
        return pool.available();
    }

    public BitmapPool bitmap() {
        return pool;
    }

    /** Unmaps the bitmap. */
    @Override
    public void close() {
        map.close();
    }
}
