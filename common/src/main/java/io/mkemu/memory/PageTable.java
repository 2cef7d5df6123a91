// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static io.mkemu.abi.PageTableDescriptor.GRANTS_OFFSET;
import static io.mkemu.abi.PageTableDescriptor.LENGTH;
import static io.mkemu.abi.PageTableDescriptor.MAPPED_OFFSET;
import static io.mkemu.abi.PageTableDescriptor.SET_LENGTH;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Which instance may map which page of another's memory, and which instance has it mapped. Each bit is set and cleared
 * atomically, so any number of kernels may work at once. Thread-safe.
 *
 * <p><b>No page is given away while somebody has it mapped.</b> Who maps a page notes it first and then asks whether
 * it may; who gives a page away ends the grants first and then asks whether it is mapped. All four steps are
 * sequentially consistent, so either the one is refused, or the other sees the note.
 */
public final class PageTable {
    private static final int WORD_BITS = 64;
    private static final int IDS = SET_LENGTH * Byte.SIZE;

    private final AtomicBuffer entries;
    private final long firstPfn;
    private final long endPfn;
    private final boolean holds;

    /**
     * The table that lies in a buffer.
     *
     * @param holds whether a mapping holds its page: not in single-slot mode, as in the RFC
     */
    PageTable(AtomicBuffer entries, RamLayout layout, boolean holds) {
        this.entries = entries;
        this.firstPfn = Pages.pfn(layout.hostAt());
        this.endPfn = Pages.pfn(layout.ramSize());
        this.holds = holds;
    }

    /** Whether the frame is one that can be shared: host memory or multikernel pool. */
    public boolean contains(long pfn) {
        return pfn >= firstPfn && pfn < endPfn;
    }

    /** Whether so many frames, 1 or more, one behind the other, can be shared. */
    public boolean contains(long pfn, long pages) {
        return pages > 0 && contains(pfn) && pages <= endPfn - pfn;
    }

    /**
     * Allows an instance to map a range of pages. For their owner.
     *
     * @param pages so many that the table {@link #contains} them all
     * @return those that it could not map before, counted from the first one
     */
    public BitSet grant(long pfn, int pages, int instanceId) {
        BitSet fresh = new BitSet();
        for (int page = 0; page < pages; page++) {
            if (!isGranted(pfn + page, instanceId)) {
                fresh.set(page);
                grant(pfn + page, instanceId);
            }
        }
        return fresh;
    }

    /**
     * The first page of a range that an instance may not map.
     *
     * @return how many of the range come before it; -1 if it may map all
     */
    public int firstNotGranted(long pfn, int pages, int instanceId) {
        for (int page = 0; page < pages; page++) {
            if (!isGranted(pfn + page, instanceId)) {
                return page;
            }
        }
        return -1;
    }

    /**
     * Allows an instance to map a page. For the page's owner.
     *
     * @return 0, or -EINVAL if the frame is not sharable or the id is none
     */
    public int grant(long pfn, int instanceId) {
        return update(GRANTS_OFFSET, pfn, instanceId, true);
    }

    /**
     * Takes the permission back; what is mapped already stays mapped in the other process. For the page's owner.
     *
     * @return 0, or -EINVAL if the frame is not sharable or the id is none
     */
    public int revoke(long pfn, int instanceId) {
        return update(GRANTS_OFFSET, pfn, instanceId, false);
    }

    /** Whether the page's owner shared it with the instance. */
    public boolean isGranted(long pfn, int instanceId) {
        return isSet(GRANTS_OFFSET, pfn, instanceId);
    }

    /**
     * Says that an instance has a page mapped, or is about to. For that instance, before it asks {@link #isGranted}.
     *
     * @return 0, or -EINVAL if the frame is not sharable or the id is none
     */
    public int noteMapped(long pfn, int instanceId) {
        return update(MAPPED_OFFSET, pfn, instanceId, true);
    }

    /**
     * Says that an instance has a page mapped no more. For that instance, after the last of its windows on the page is
     * unmapped.
     *
     * @return 0, or -EINVAL if the frame is not sharable or the id is none
     */
    public int noteUnmapped(long pfn, int instanceId) {
        return update(MAPPED_OFFSET, pfn, instanceId, false);
    }

    /** Whether an instance says that it has the page mapped, or is about to. */
    public boolean isMapped(long pfn, int instanceId) {
        return isSet(MAPPED_OFFSET, pfn, instanceId);
    }

    /** The instances that say so of a page, by ascending id. */
    public List<Integer> mappers(long pfn) {
        List<Integer> ids = new ArrayList<>();
        for (int id = 0; id < IDS; id++) {
            if (isMapped(pfn, id)) {
                ids.add(id);
            }
        }
        return ids;
    }

    /** Receives one grant. */
    @FunctionalInterface
    public interface GrantVisitor {
        /**
         * @param pfn        the page
         * @param instanceId who may map it
         * @param mapped     whether that instance says that it has it mapped, or is about to
         */
        void onGrant(long pfn, int instanceId, boolean mapped);
    }

    /**
     * Visits each grant of a stretch of pages, in ascending order of pages and then of ids. Costs a look at a cache
     * line for each page. Those given or taken back meanwhile may be missed or seen.
     *
     * @param address page-aligned
     * @param size    bytes, whole pages
     * @param visitor called in the caller's thread
     */
    public void forEachGrant(long address, long size, GrantVisitor visitor) {
        for (long pfn = first(address); pfn < end(address, size); pfn++) {
            int entry = entryOffset(pfn) + GRANTS_OFFSET;
            for (int word = 0; word < SET_LENGTH / Long.BYTES; word++) {
                long grants = entries.getLongVolatile(entry + word * Long.BYTES);
                while (grants != 0) {
                    int id = word * WORD_BITS + Long.numberOfTrailingZeros(grants);
                    visitor.onGrant(pfn, id, isMapped(pfn, id));
                    grants &= grants - 1;
                }
            }
        }
    }

    private int update(int set, long pfn, int instanceId, boolean wanted) {
        if (!contains(pfn) || instanceId < 0 || instanceId >= IDS) {
            return -Errno.EINVAL;
        }
        int offset = wordOffset(set, pfn, instanceId);
        long bit = 1L << instanceId % WORD_BITS;
        long before;
        do {
            before = entries.getLongVolatile(offset);
        } while (!entries.compareAndSetLong(offset, before, wanted ? before | bit : before & ~bit));
        return 0;
    }

    private boolean isSet(int set, long pfn, int instanceId) {
        return contains(pfn) && instanceId >= 0 && instanceId < IDS
            && (entries.getLongVolatile(wordOffset(set, pfn, instanceId)) & 1L << instanceId % WORD_BITS) != 0;
    }

    /**
     * Ends all grants of a stretch of pages, then looks whether it can be given to somebody else. Called before
     * they are freed.
     *
     * @param address page-aligned
     * @param size    bytes, whole pages
     * @return whether an instance still has a page of it mapped, so that it must stay; never in single-slot mode, where
     *     pages are mapped and freed as in the RFC
     */
    public boolean endShares(long address, long size) {
        clearGrants(address, size);
        return firstHeld(address, size) >= 0;
    }

    /**
     * The pages of these regions that instances have mapped, so that they must stay. New ones can come as long as
     * there are grants.
     *
     * @param regions page-aligned, whole pages
     * @return each such page, in the order of the regions; none in single-slot mode
     */
    public List<MappedPage> stillMapped(List<Region> regions) {
        List<MappedPage> pages = new ArrayList<>();
        for (Region region : regions) {
            long end = region.address() + region.size();
            for (long at = firstHeld(region.address(), region.size()); at >= 0;
                at = firstHeld(at + Pages.PAGE_SIZE, end - at - Pages.PAGE_SIZE)) {
                List<Integer> mappers = mappers(Pages.pfn(at));
                if (!mappers.isEmpty()) {
                    pages.add(new MappedPage(at, mappers));
                }
            }
        }
        return pages;
    }

    /** Address of the first page of the stretch that somebody has mapped, or -1; -1 too if that holds no page. */
    private long firstHeld(long address, long size) {
        for (long pfn = first(address); holds && pfn < end(address, size); pfn++) {
            for (int word = 0; word < SET_LENGTH; word += Long.BYTES) {
                if (entries.getLongVolatile(entryOffset(pfn) + MAPPED_OFFSET + word) != 0) {
                    return Pages.address(pfn);
                }
            }
        }
        return -1;
    }

    /** Takes all permissions of a stretch of pages back: their owner is gone, or frees them. */
    public void clearGrants(long address, long size) {
        for (long pfn = first(address); pfn < end(address, size); pfn++) {
            for (int word = 0; word < SET_LENGTH; word += Long.BYTES) {
                int offset = entryOffset(pfn) + GRANTS_OFFSET + word;
                if (entries.getLongVolatile(offset) != 0) {
                    entries.putLongVolatile(offset, 0);
                }
            }
        }
    }

    /** Takes back all that any owner shared with an instance: it is gone, and what follows it is another kernel. */
    public void clearGrantsTo(int instanceId) {
        clearAllOf(GRANTS_OFFSET, instanceId);
    }

    /** An instance has nothing mapped any more: for the host, once its process has ended and not before. */
    public void clearMappingsOf(int instanceId) {
        clearAllOf(MAPPED_OFFSET, instanceId);
    }

    private void clearAllOf(int set, int instanceId) {
        for (long pfn = firstPfn; pfn < endPfn; pfn++) {
            if (isSet(set, pfn, instanceId)) {
                update(set, pfn, instanceId, false);
            }
        }
    }

    private long first(long address) {
        return Math.max(Pages.pfn(address), firstPfn);
    }

    private long end(long address, long size) {
        return Math.min(Pages.pfn(address + size), endPfn);
    }

    private int wordOffset(int set, long pfn, int instanceId) {
        return entryOffset(pfn) + set + instanceId / WORD_BITS * Long.BYTES;
    }

    private int entryOffset(long pfn) {
        return (int) ((pfn - firstPfn) * LENGTH);
    }

    /**
     * A page that somebody has mapped.
     *
     * @param address physical address of its first byte
     * @param mappers ids of the instances that have it mapped, ascending, at least one
     */
    public record MappedPage(long address, List<Integer> mappers) {
    }
}
