// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.Errno;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Which instance may map which page of another's memory. Each bit is set and cleared atomically, so any number of
 * kernels may work at once. Thread-safe.
 */
public final class PageTable {
    private static final int WORD_BITS = 64;

    private final AtomicBuffer entries;
    private final long firstPfn;
    private final long endPfn;

    PageTable(AtomicBuffer entries, RamLayout layout) {
        this.entries = entries;
        this.firstPfn = Pages.pfn(layout.hostAt());
        this.endPfn = Pages.pfn(layout.ramSize());
    }

    /** Whether the frame is one that can be shared: host memory or multikernel pool. */
    public boolean contains(long pfn) {
        return pfn >= firstPfn && pfn < endPfn;
    }

    /**
     * Allows an instance to map a page.
     *
     * @return 0, or -EINVAL if the frame is not sharable or the id is none
     */
    public int grant(long pfn, int instanceId) {
        return update(pfn, instanceId, true);
    }

    /**
     * Takes the permission back; what is mapped already stays mapped in the other process.
     *
     * @return 0, or -EINVAL if the frame is not sharable or the id is none
     */
    public int revoke(long pfn, int instanceId) {
        return update(pfn, instanceId, false);
    }

    private int update(long pfn, int instanceId, boolean granted) {
        if (!contains(pfn) || instanceId < 0 || instanceId >= PageTableDescriptor.LENGTH * Byte.SIZE) {
            return -Errno.EINVAL;
        }
        int offset = wordOffset(pfn, instanceId);
        long bit = 1L << instanceId % WORD_BITS;
        long before;
        do {
            before = entries.getLongVolatile(offset);
        } while (!entries.compareAndSetLong(offset, before, granted ? before | bit : before & ~bit));
        return 0;
    }

    /** Whether the page's owner shared it with the instance. */
    public boolean isGranted(long pfn, int instanceId) {
        return contains(pfn) && instanceId >= 0 && instanceId < PageTableDescriptor.LENGTH * Byte.SIZE
            && (entries.getLongVolatile(wordOffset(pfn, instanceId)) & 1L << instanceId % WORD_BITS) != 0;
    }

    /** Takes all permissions of a stretch of pages back: their owner is gone, or frees them. */
    public void clear(long address, long size) {
        for (long pfn = Math.max(Pages.pfn(address), firstPfn); pfn < Math.min(Pages.pfn(address + size), endPfn);
            pfn++) {
            for (int word = 0; word < PageTableDescriptor.LENGTH; word += Long.BYTES) {
                int offset = entryOffset(pfn) + word;
                if (entries.getLongVolatile(offset) != 0) {
                    entries.putLongVolatile(offset, 0);
                }
            }
        }
    }

    /** Takes back all that any owner shared with an instance: it is gone, and what follows it is another kernel. */
    public void clearGrantsTo(int instanceId) {
        for (long pfn = firstPfn; pfn < endPfn; pfn++) {
            if (isGranted(pfn, instanceId)) {
                revoke(pfn, instanceId);
            }
        }
    }

    private int wordOffset(long pfn, int instanceId) {
        return entryOffset(pfn) + instanceId / WORD_BITS * Long.BYTES;
    }

    private int entryOffset(long pfn) {
        return (int) ((pfn - firstPfn) * PageTableDescriptor.LENGTH + PageTableDescriptor.GRANTS_OFFSET);
    }
}
