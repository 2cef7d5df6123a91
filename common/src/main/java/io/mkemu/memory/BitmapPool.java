// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static io.mkemu.abi.BitmapPoolDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.abi.BitmapPoolDescriptor;
import io.mkemu.memory.GranuleMap.Kind;
import org.agrona.concurrent.AtomicBuffer;

/**
 * First-fit allocator of physical memory whose whole state is a bitmap in shared memory, as the kernel's genalloc keeps
 * it in its own. Stands under the RFC's {@code multikernel_alloc}/{@code free} and
 * {@code multikernel_instance_alloc}/{@code free}.
 * <p>
 * Any number of threads and processes may call every method at once, except {@link #reclaim()}. There is no lock, and
 * nobody waits for another caller. A caller that is killed between any two steps leaves a range that nobody gets and
 * nobody can free (a leak, at most the size of that one call); the allocations beside it stay what they were. No
 * counter is kept that a kill could falsify: totals are counted from the bitmap.
 * <p>
 * Shared memory is not trusted: the header is read and checked once, in {@link #attach}; whatever the bitmap holds, no
 * call leaves the region or throws. Addresses and sizes are bytes.
 */
public final class BitmapPool {
    /** Receives one allocation. */
    @FunctionalInterface
    public interface AllocationVisitor {
        /**
         * @param address physical address of its first byte
         * @param size    bytes, a multiple of the granule
         */
        void onAllocation(long address, long size);
    }

    // A pass is repeated only if another caller took what this one had found free; the bound keeps a program that
    // scribbles over the bitmap from holding a caller here for ever.
    private static final int MAX_PASSES = 16;

    private final GranuleMap map;
    private final long base;
    private final long size;
    private final int order;
    private final int granules;

    private BitmapPool(final AtomicBuffer region, final int offset, final long base, final long size, final int order) {
        this.base = base;
        this.size = size;
        this.order = order;
        this.granules = (int) (size >>> order);
        this.map = new GranuleMap(region, offset + HEADER_LENGTH, granules);
    }

    /**
     * Makes an empty pool. No other thread or process may use the region meanwhile.
     *
     * @param region memory that all users of the pool map
     * @param offset of the pool's region in it; its address must be a multiple of 8
     * @param base   physical address of the managed memory: positive, a multiple of the granule
     * @param size   bytes managed: a positive multiple of the granule
     * @param order  log2 of the granule, 12..30
     * @return the pool
     * @throws IllegalArgumentException if a value is out of range or the region is too small
     */
    public static BitmapPool format(
        final AtomicBuffer region, final int offset, final long base, final long size, final int order) {
        final long length = BitmapPoolDescriptor.bytesFor(size, order);
        if (!fits(region, offset, length)) {
            throw new IllegalArgumentException("pool at offset " + offset + " needs " + length
                + " bytes on an 8-byte boundary, the region has " + region.capacity()
                + ": make the region larger or the order " + order + " higher");
        }
        if (!isBase(base, size, order)) {
            throw new IllegalArgumentException("pool base 0x" + Long.toHexString(base) + " with size " + size
                + " is not a positive multiple of the granule " + (1L << order) + ": align the base");
        }
        region.putLongVolatile(offset + MAGIC_OFFSET, 0);
        region.setMemory(offset + Long.BYTES, (int) length - Long.BYTES, (byte) 0);
        region.putInt(offset + ORDER_OFFSET, order);
        region.putLong(offset + GRANULES_OFFSET, size >>> order);
        region.putLong(offset + BASE_OFFSET, base);
        region.putLong(offset + SIZE_OFFSET, size);
        region.putLongRelease(offset + MAGIC_OFFSET, MAGIC);
        return new BitmapPool(region, offset, base, size, order);
    }

    /**
     * Opens a pool that somebody else formatted. Whether base and size lie inside RAM is for the caller to check.
     *
     * @param region shared memory
     * @param offset of the pool's region in it
     * @param length bytes of the pool's region
     * @return the pool
     * @throws IllegalStateException if what is there is not a pool that fits into the length
     */
    public static BitmapPool attach(final AtomicBuffer region, final int offset, final int length) {
        if (length < HEADER_LENGTH || !fits(region, offset, length)) {
            throw new IllegalStateException("pool region at offset " + offset + " with length " + length
                + " is not " + HEADER_LENGTH + " or more bytes on an 8-byte boundary inside " + region.capacity()
                + " bytes");
        }
        final long magic = region.getLongAcquire(offset + MAGIC_OFFSET);
        if (magic != MAGIC) {
            throw new IllegalStateException("no memory pool at offset " + offset + ": magic 0x"
                + Long.toHexString(magic) + ", expected 0x" + Long.toHexString(MAGIC)
                + ": not formatted yet, or another version");
        }
        final int order = region.getInt(offset + ORDER_OFFSET);
        final long granules = region.getLong(offset + GRANULES_OFFSET);
        final long base = region.getLong(offset + BASE_OFFSET);
        final long size = region.getLong(offset + SIZE_OFFSET);
        if (order < MIN_ORDER || order > MAX_ORDER || granules <= 0 || granules > MAX_GRANULES
            || size != granules << order
            || !isBase(base, size, order) || BitmapPoolDescriptor.bytesFor(size, order) > length) {
            throw new IllegalStateException("memory pool at offset " + offset + " is damaged: order " + order
                + ", granules " + granules + ", base 0x" + Long.toHexString(base) + ", size " + size
                + ", region of " + length + " bytes");
        }
        return new BitmapPool(region, offset, base, size, order);
    }

    /**
     * Takes the lowest free range that fits. An allocation that another caller is just making or giving up counts as
     * taken.
     *
     * @param bytes wanted, rounded up to granules
     * @param align power of two in bytes for the physical address; less than the granule means the granule
     * @return physical address; 0 if no range fits, bytes is not positive or align is not a power of two
     */
    public long alloc(final long bytes, final long align) {
        if (bytes <= 0 || bytes > size || align <= 0 || Long.bitCount(align) != 1) {
            return 0;
        }
        final int count = granulesIn(bytes);
        boolean conflict = true;
        for (int pass = 0; conflict && pass < MAX_PASSES; pass++) {
            conflict = false;
            long at = alignUp(0, align);
            while (at <= granules - count) {
                final int from = (int) at;
                int taken = map.next(Kind.OCCUPIED, from, from + count);
                if (taken == from + count) {
                    taken = map.claim(from, from + count);
                    if (taken == GranuleMap.CLAIMED) {
                        return base + (at << order);
                    }
                    conflict = true;
                }
                at = alignUp(map.next(Kind.FREE, taken + 1, granules), align);
            }
        }
        return 0;
    }

    /**
     * Takes a range that is known to be free, as one allocation: what was given back just before, for instance.
     *
     * @param address physical address of its first granule
     * @param bytes   rounded up to granules
     * @return false if any of it is taken or outside the pool; nothing changes then
     */
    public boolean take(final long address, final long bytes) {
        if (!contains(address, bytes) || (address & granule() - 1) != 0) {
            return false;
        }
        final int from = (int) (address - base >>> order);
        return map.claim(from, from + granulesIn(bytes)) == GranuleMap.CLAIMED;
    }

    /**
     * Gives back one whole allocation. Of several callers that free the same one at once exactly one succeeds.
     *
     * @param address as {@link #alloc} returned it
     * @param bytes   its size, rounded up to granules
     * @return 0; -EINVAL if the range is not inside the pool, does not start at a granule, starts inside an allocation,
     *     or has not the size of the allocation at that address; -ENOENT if no allocation starts there
     */
    public int free(final long address, final long bytes) {
        if (!contains(address, bytes) || (address & granule() - 1) != 0) {
            return -Errno.EINVAL;
        }
        final int from = (int) (address - base >>> order);
        final int end = from + granulesIn(bytes);
        return map.free(from, end);
    }

    /** @return bytes free; with {@link #allocated()} always {@link #size()} while nobody else is at work */
    public long available() {
        return size - allocated();
    }

    /** @return bytes not free: allocations, calls under way and leaks of killed processes */
    public long allocated() {
        return (long) map.occupied() << order;
    }

    /** @return bytes of the longest free range, whatever its alignment */
    public long largestFree() {
        long largest = 0;
        int from = map.next(Kind.FREE, 0, granules);
        while (from < granules) {
            final int end = map.next(Kind.OCCUPIED, from + 1, granules);
            largest = Math.max(largest, end - from);
            from = map.next(Kind.FREE, end, granules);
        }
        return largest << order;
    }

    /**
     * @param address physical address, of any alignment
     * @param bytes   length of the range
     * @return whether no byte of the range is free, in the sense of {@link #allocated()}; false outside the pool
     */
    public boolean isAllocated(final long address, final long bytes) {
        if (!contains(address, bytes)) {
            return false;
        }
        final int from = (int) (address - base >>> order);
        final int end = (int) (address - base + bytes - 1 >>> order) + 1;
        return map.next(Kind.FREE, from, end) == end;
    }

    /** @return bytes of the allocation whose first byte is at the address, 0 if there is none */
    public long sizeAt(final long address) {
        final int from = contains(address, 1) && (address & granule() - 1) == 0 ? (int) (address - base >>> order)
            : granules;
        return from == granules || map.next(Kind.FIRST, from, from + 1) != from ? 0
            : (long) (map.next(Kind.NOT_NEXT, from + 1, granules) - from) << order;
    }

    /**
     * Visits each allocation in ascending order; calls under way and leaks are none. Those made or freed meanwhile may
     * be missed or seen.
     *
     * @param visitor called in the caller's thread
     */
    public void forEachAllocation(final AllocationVisitor visitor) {
        int from = map.next(Kind.FIRST, 0, granules);
        while (from < granules) {
            final int end = map.next(Kind.NOT_NEXT, from + 1, granules);
            if (map.next(Kind.FIRST, from, from + 1) == from) {
                visitor.onAllocation(base + ((long) from << order), (long) (end - from) << order);
            }
            from = map.next(Kind.FIRST, end, granules);
        }
    }

    /**
     * Frees all that is taken and no allocation: what processes killed inside {@link #alloc} or {@link #free} left. The
     * only call that needs the pool to itself: every other user must be known dead or held off.
     *
     * @return bytes that became free
     */
    public long reclaim() {
        final long before = allocated();
        int gap = 0;
        while (gap < granules) {
            final int from = map.next(Kind.FIRST, gap, granules);
            map.release(gap, from);
            gap = from == granules ? granules : map.next(Kind.NOT_NEXT, from + 1, granules);
        }
        return before - allocated();
    }

    /** @return physical address of the first managed byte */
    public long base() {
        return base;
    }

    /** @return bytes managed */
    public long size() {
        return size;
    }

    /** @return bytes per granule, a power of two */
    public long granule() {
        return 1L << order;
    }

    private int granulesIn(final long bytes) {
        return (int) (bytes + granule() - 1 >>> order);
    }

    private long alignUp(final int granuleIndex, final long align) {
        final long step = Math.max(align >>> order, 1);
        final long first = base >>> order;
        return (first + granuleIndex + step - 1 & -step) - first;
    }

    private boolean contains(final long address, final long bytes) {
        return bytes > 0 && bytes <= size && address >= base && address - base <= size - bytes;
    }

    private static boolean fits(final AtomicBuffer region, final int offset, final long length) {
        return offset >= 0 && length <= (long) region.capacity() - offset
            && (region.addressOffset() + offset & Long.BYTES - 1) == 0;
    }

    private static boolean isBase(final long base, final long size, final int order) {
        return base > 0 && (base & (1L << order) - 1) == 0 && base <= Long.MAX_VALUE - size;
    }
}
