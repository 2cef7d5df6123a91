// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.BitmapPoolDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.memory.PageTable.MappedPage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * An instance's own memory: one or more regions, each with its allocation bitmap in its first pages. Thread-safe, and
 * safe against other processes that allocate from the same pool.
 */
public final class InstancePool implements AutoCloseable {
    private final PhysicalMemory memory;
    private final List<Region> regions;
    private final List<Window> maps = new ArrayList<>();
    private final List<BitmapPool> pools = new ArrayList<>();

    private InstancePool(PhysicalMemory memory, List<Region> regions) {
        this.memory = memory;
        this.regions = List.copyOf(regions);
    }

    /**
     * Makes empty bitmaps in the regions, and ends the shares of their pages: a pool of which nothing is allocated.
     *
     * @throws MachineException if an instance still has one of the pages mapped; nothing is made then
     */
    public static InstancePool format(PhysicalMemory memory, List<Region> regions) {
        endShares(memory.pageTable(), regions);
        InstancePool pool = new InstancePool(memory, regions);
        for (Region region : regions) {
            long overhead = overhead(region.size());
            Window map = memory.map(region.address(), overhead);
            map.buffer().setMemory(0, map.buffer().capacity(), (byte) 0);
            pool.maps.add(map);
            pool.pools.add(BitmapPool.format(map.buffer(), 0, region.address() + overhead, region.size() - overhead,
                Pages.PAGE_SHIFT));
        }
        return pool;
    }

    private static void endShares(PageTable pages, List<Region> regions) {
        for (Region region : regions) {
            pages.clearGrants(region.address(), region.size());
        }
        List<MappedPage> mapped = pages.stillMapped(regions);
        if (!mapped.isEmpty()) {
            MappedPage first = mapped.getFirst();
            throw new MachineException(ExitCode.RESOURCES, "page 0x" + Long.toHexString(first.address())
                + " of a new pool is still mapped by instance " + first.mappers().getFirst()
                + ": have it unmap the page, or kill it");
        }
    }

    /**
     * The pool of an instance that has been made.
     *
     * @param instanceId for the messages
     * @param regions    of its memory, in the order of the instance table
     * @throws MachineException if it has none, or what is there is damaged
     */
    public static InstancePool attach(PhysicalMemory memory, int instanceId, List<Region> regions) {
        InstancePool pool = new InstancePool(memory, regions);
        if (pool.regions.isEmpty()) {
            throw new MachineException(ExitCode.MACHINE, "instance " + instanceId + " has no memory pool");
        }
        try {
            for (Region region : pool.regions) {
                pool.attach(region);
            }
        } catch (IllegalStateException | IllegalArgumentException | MachineException damaged) {
            pool.close();
            throw new MachineException(ExitCode.MACHINE,
                "pool of instance " + instanceId + " is damaged: " + damaged.getMessage(), damaged);
        }
        return pool;
    }

    private void attach(Region region) {
        long overhead = overhead(region.size());
        Window map = memory.map(region.address(), overhead);
        maps.add(map);
        BitmapPool pool = BitmapPool.attach(map.buffer(), 0, map.buffer().capacity());
        if (pool.base() != region.address() + overhead || pool.size() != region.size() - overhead) {
            throw new IllegalStateException("its bitmap is for 0x" + Long.toHexString(pool.base()) + "+" + pool.size()
                + ", its region is 0x" + Long.toHexString(region.address()) + "+" + region.size());
        }
        pools.add(pool);
    }

    /** Bytes at the head of a region that its bitmap takes. */
    public static long overhead(long regionSize) {
        return Pages.align(BitmapPoolDescriptor.bytesFor(regionSize, Pages.PAGE_SHIFT));
    }

    /**
     * Allocates: multikernel_instance_alloc.
     *
     * @return physical address, first fit in the first region that has room; 0 when none has
     */
    public long alloc(long size, long align) {
        for (BitmapPool pool : pools) {
            long address = pool.alloc(size, align);
            if (address != 0) {
                return address;
            }
        }
        return 0;
    }

    /**
     * Ends the shares of the pages, and frees: multikernel_instance_free.
     *
     * @return 0; -EINVAL or -ENOENT if that is not an allocation; -EBUSY if an instance has one of its pages mapped:
     *     nothing is freed then, try again when it has unmapped (not in single-slot mode, where it is freed at once)
     */
    public int free(long address, long size) {
        BitmapPool pool = poolOf(address);
        if (pool == null) {
            return -Errno.EINVAL;
        }
        if (size > 0 && pool.sizeAt(address) == Pages.align(size)
            && memory.pageTable().endShares(address, Pages.align(size))) {
            return -Errno.EBUSY;
        }
        return pool.free(address, size);
    }

    /**
     * Frees what a kernel that has ended still held, and what it was just allocating or freeing when it was killed.
     * An allocation with a page that an instance still has mapped stays, though its shares end. Only while no other
     * process allocates from the pool.
     *
     * @param keep says of an allocation's address whether it stays, shares too: the IPI area does, which is the host's
     *             to take away
     * @return what stays because it is mapped: {@link #free} it when it is unmapped, or call this again
     */
    public List<Region> recover(LongPredicate keep) {
        List<Region> mapped = new ArrayList<>();
        for (BitmapPool pool : pools) {
            List<Region> left = new ArrayList<>();
            pool.forEachAllocation((address, size) -> left.add(new Region(address, size)));
            left.removeIf(region -> keep.test(region.address()));
            left.removeIf(region -> free(region.address(), region.size()) != -Errno.EBUSY);
            mapped.addAll(left);
            pool.reclaim();
        }
        return mapped;
    }

    /** Whether the stretch lies in this pool and every page of it is allocated. */
    public boolean isAllocated(long address, long size) {
        BitmapPool pool = poolOf(address);
        return pool != null && pool.isAllocated(address, size);
    }

    /** Whether the stretch lies in the memory of this instance. */
    public static boolean owns(List<Region> regions, long address, long size) {
        for (Region region : regions) {
            if (address >= region.address() && size >= 0 && address - region.address() <= region.size() - size) {
                return true;
            }
        }
        return false;
    }

    private BitmapPool poolOf(long address) {
        for (BitmapPool pool : pools) {
            if (address >= pool.base() && address - pool.base() < pool.size()) {
                return pool;
            }
        }
        return null;
    }

    /** The regions, in the order of {@link #bitmaps()}. */
    public List<Region> regions() {
        return regions;
    }

    /** One allocator per region; each manages what follows its own bitmap. */
    public List<BitmapPool> bitmaps() {
        return pools;
    }

    /** Bytes that are free. */
    public long available() {
        return pools.stream().mapToLong(BitmapPool::available).sum();
    }

    /** Bytes that it has, free or not. */
    public long size() {
        return pools.stream().mapToLong(BitmapPool::size).sum();
    }

    /** Bytes of the longest free range: no range goes from one region into the next. */
    public long largestFree() {
        return pools.stream().mapToLong(BitmapPool::largestFree).max().orElse(0);
    }

    /** Unmaps the bitmaps. */
    @Override
    public void close() {
        maps.forEach(Window::close);
    }
}
