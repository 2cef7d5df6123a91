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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.StampedLock;
import java.util.function.LongPredicate;
import java.util.function.ToLongFunction;

/**
 * An instance's own memory: one or more regions, each with its allocation bitmap in its first pages. Thread-safe, and
 * safe against other processes that allocate from the same pool.
 */
public final class InstancePool implements AutoCloseable {
    private final PhysicalMemory memory;
    /* Whoever uses a bitmap holds it for reading, whoever takes a region away for writing: a bitmap that is unmapped,
       or another instance's by now, is touched by nobody. */
    private final StampedLock lock = new StampedLock();
    private volatile List<Part> parts = List.of();

    /** A region of the pool. What it has is set once, but for the counts and marks of this process. */
    public static final class Part {
        private final Region region;
        private final Window map;
        private final BitmapPool bitmap;
        private final AtomicInteger windows = new AtomicInteger();
        private volatile boolean closing;

        private Part(Region region, Window map, BitmapPool bitmap) {
            this.region = region;
            this.map = map;
            this.bitmap = bitmap;
        }

        /** Where it lies. */
        public Region region() {
            return region;
        }

        /** Its allocator, which manages what follows its own bitmap. */
        public BitmapPool bitmap() {
            return bitmap;
        }

        /** Windows of this process on it, of {@link InstancePool#window}, that are open. */
        public int windows() {
            return windows.get();
        }
    }

    private InstancePool(PhysicalMemory memory) {
        this.memory = memory;
    }

    /**
     * Makes empty bitmaps in the regions, and ends the shares of their pages: a pool of which nothing is allocated.
     *
     * @throws MachineException if an instance still has one of the pages mapped; nothing is made then
     */
    public static InstancePool format(PhysicalMemory memory, List<Region> regions) {
        endShares(memory.pageTable(), regions);
        InstancePool pool = new InstancePool(memory);
        for (Region region : regions) {
            long overhead = overhead(region.size());
            Window map = memory.map(region.address(), overhead);
            map.buffer().setMemory(0, map.buffer().capacity(), (byte) 0);
            pool.add(new Part(region, map, BitmapPool.format(map.buffer(), 0, region.address() + overhead,
                region.size() - overhead, Pages.PAGE_SHIFT)));
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
        InstancePool pool = new InstancePool(memory);
        if (regions.isEmpty()) {
            throw new MachineException(ExitCode.MACHINE, "instance " + instanceId + " has no memory pool");
        }
        try {
            for (Region region : regions) {
                pool.add(pool.attach(region));
            }
        } catch (IllegalStateException | IllegalArgumentException | MachineException damaged) {
            pool.close();
            throw new MachineException(ExitCode.MACHINE,
                "pool of instance " + instanceId + " is damaged: " + damaged.getMessage(), damaged);
        }
        return pool;
    }

    /**
     * Maps a region that is not part of the pool yet; {@link #add} makes it one.
     *
     * @throws IllegalStateException if the bitmap in its head is damaged, or that of another region
     * @throws MachineException      if it cannot be mapped
     */
    public Part attach(Region region) {
        long overhead = overhead(region.size());
        Window map = memory.map(region.address(), overhead);
        try {
            BitmapPool pool = BitmapPool.attach(map.buffer(), 0, map.buffer().capacity());
            if (pool.base() != region.address() + overhead || pool.size() != region.size() - overhead) {
                throw new IllegalStateException("its bitmap is for 0x" + Long.toHexString(pool.base()) + "+"
                    + pool.size() + ", its region is 0x" + Long.toHexString(region.address()) + "+" + region.size());
            }
            return new Part(region, map, pool);
        } catch (RuntimeException damaged) {
            map.close();
            throw damaged;
        }
    }

    /** Adds a region: what it has can be allocated from now on. */
    public void add(Part part) {
        long stamp = lock.writeLock();
        try {
            List<Part> more = new ArrayList<>(parts);
            more.add(part);
            parts = List.copyOf(more);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Whether something may be allocated in a region; what is under way may still be. */
    public void opens(Part part, boolean open) {
        part.closing = !open;
    }

    /**
     * Takes a region out of the pool, as one allocation of all of it, if nothing is allocated in it and this process
     * has no window on it: nobody can get anything of it any more, in no process. {@link #putBack} undoes it,
     * {@link #unmap} ends it. Whether another instance has a page of it mapped is for the caller to ask, before.
     *
     * @return whether it did; nothing is changed otherwise
     */
    public boolean takeOut(Part part) {
        long stamp = lock.writeLock();
        try {
            if (part.windows() > 0 || !part.bitmap.take(part.bitmap.base(), part.bitmap.size())) {
                return false;
            }
            List<Part> rest = new ArrayList<>(parts);
            rest.remove(part);
            parts = List.copyOf(rest);
            return true;
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** What was taken out stays. */
    public void putBack(Part part) {
        part.bitmap.free(part.bitmap.base(), part.bitmap.size());
        part.closing = false;
        add(part);
    }

    /** Lets go of a region that is no part of the pool. */
    public void unmap(Part part) {
        part.map.close();
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
        long stamp = lock.readLock();
        try {
            for (Part part : parts) {
                long address = part.closing ? 0 : part.bitmap.alloc(size, align);
                if (address != 0) {
                    return address;
                }
            }
            return 0;
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /**
     * Ends the shares of the pages, and frees: multikernel_instance_free.
     *
     * @return 0; -EINVAL or -ENOENT if that is not an allocation; -EBUSY if an instance has one of its pages mapped:
     *     nothing is freed then, try again when it has unmapped (not in single-slot mode, where it is freed at once)
     */
    public int free(long address, long size) {
        long stamp = lock.readLock();
        try {
            BitmapPool pool = poolOf(address);
            if (pool == null) {
                return -Errno.EINVAL;
            }
            if (size > 0 && pool.sizeAt(address) == Pages.align(size)
                && memory.pageTable().endShares(address, Pages.align(size))) {
                return -Errno.EBUSY;
            }
            return pool.free(address, size);
        } finally {
            lock.unlockRead(stamp);
        }
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
        for (BitmapPool pool : bitmaps()) {
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
        long stamp = lock.readLock();
        try {
            BitmapPool pool = poolOf(address);
            return pool != null && pool.isAllocated(address, size);
        } finally {
            lock.unlockRead(stamp);
        }
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

    /** The caller holds the lock for reading, as long as it uses what it gets. */
    private BitmapPool poolOf(long address) {
        for (Part part : parts) {
            BitmapPool pool = part.bitmap;
            if (address >= pool.base() && address - pool.base() < pool.size()) {
                return pool;
            }
        }
        return null;
    }

    /**
     * Maps memory of the pool: memremap. As long as the window is open its region is not taken out.
     *
     * @return the window; null if no region holds the stretch
     * @throws MachineException as {@link PhysicalMemory#map}
     */
    public Window window(long address, long size) {
        long stamp = lock.readLock();
        try {
            for (Part part : parts) {
                if (owns(List.of(part.region), address, size)) {
                    Window window = memory.map(address, size, part.windows::decrementAndGet);
                    part.windows.incrementAndGet();
                    return window;
                }
            }
            return null;
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** Its regions, each with its allocator, as they are now. */
    public List<Part> parts() {
        return parts;
    }

    /** The regions, in the order of {@link #bitmaps()}. */
    public List<Region> regions() {
        return parts.stream().map(Part::region).toList();
    }

    /** One allocator per region; each manages what follows its own bitmap. Not while a region may be taken out. */
    public List<BitmapPool> bitmaps() {
        return parts.stream().map(Part::bitmap).toList();
    }

    private long sum(ToLongFunction<BitmapPool> of) {
        long stamp = lock.readLock();
        try {
            return parts.stream().map(Part::bitmap).mapToLong(of).sum();
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** Bytes that are free. */
    public long available() {
        return sum(BitmapPool::available);
    }

    /** Bytes that it has, free or not. */
    public long size() {
        return sum(BitmapPool::size);
    }

    /** Bytes of the longest free range: no range goes from one region into the next. */
    public long largestFree() {
        long stamp = lock.readLock();
        try {
            return parts.stream().map(Part::bitmap).mapToLong(BitmapPool::largestFree).max().orElse(0);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** Unmaps the bitmaps. */
    @Override
    public void close() {
        parts.forEach(part -> part.map.close());
    }
}
