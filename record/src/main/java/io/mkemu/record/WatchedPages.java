// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import io.mkemu.abi.Pages;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;
import io.mkemu.os.OsException;
import io.mkemu.os.OsMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Pages, one behind the other, and what was in them when somebody looked last. One thread at a time. */
final class WatchedPages {
    /** Is told of a change. */
    @FunctionalInterface
    interface Changed {
        /** Bytes at a physical address have changed: they are these now. */
        void changed(long address, DirectBuffer known, int offset, int length);
    }

    private final long pfn;
    private final int pages;
    private final Window window;
    private final Window theirs;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment now;
    private final MemorySegment then;
    private final UnsafeBuffer known;
    /* Pages that are not watched any more, by their numbers here. */
    private final BitSet gone = new BitSet();

    /**
     * Looks for the first time.
     *
     * @param theirs as long as this is open; null: until {@link #close}
     * @throws OsException if there is no memory for it
     */
    WatchedPages(PhysicalMemory memory, long pfn, int pages, Window theirs) throws OsException {
        int size = pages * Pages.PAGE_SIZE;
        this.pfn = pfn;
        this.pages = pages;
        this.theirs = theirs;
        this.window = memory.mapAgain(Pages.address(pfn), size, () -> { });
        try {
            /* Off the heap, which is as large as the modules need it. */
            this.then = OsMemory.allocate(size, arena);
        } catch (OsException full) {
            window.close();
            throw full;
        }
        this.now = OsMemory.at(window.buffer().addressOffset(), size);
        this.known = new UnsafeBuffer(then.address(), size);
        then.copyFrom(now);
    }

    long address() {
        return Pages.address(pfn);
    }

    /** PFN behind the last page. */
    long end() {
        return pfn + pages;
    }

    /** How many pages are watched. */
    int pages() {
        return pages - gone.cardinality();
    }

    /** Some pages, those that are here, are watched no more: how many. */
    int leave(long from, long to) {
        int before = pages();
        gone.set(number(from), Math.max(number(from), number(to)));
        return before - pages();
    }

    /** Some pages, those that are here and were not watched, are again, from what is in them now: how many. */
    int watch(long from, long to) {
        int before = pages();
        for (int page = gone.nextSetBit(number(from)); page >= 0 && page < number(to); page = gone.nextSetBit(page)) {
            long at = (long) page * Pages.PAGE_SIZE;
            MemorySegment.copy(now, at, then, at, Pages.PAGE_SIZE);
            gone.clear(page);
        }
        return pages() - before;
    }

    private int number(long page) {
        return Math.clamp(page - pfn, 0, pages);
    }

    /** What was in them at the last look. */
    DirectBuffer known() {
        return known;
    }

    /** Whether the window for whose sake they are watched is closed. */
    boolean isOver() {
        return theirs != null && theirs.buffer().capacity() == 0;
    }

    /** Looks: tells what has changed since the last look, of each page one stretch. */
    void changes(Changed to) {
        long size = then.byteSize();
        long at = MemorySegment.mismatch(now, 0, size, then, 0, size);
        while (at >= 0) {
            long page = at & -Pages.PAGE_SIZE;
            changed(to, (int) page);
            long next = page + Pages.PAGE_SIZE;
            long more = MemorySegment.mismatch(now, next, size, then, next, size);
            at = more < 0 ? -1 : next + more;
        }
    }

    private void changed(Changed to, int page) {
        UnsafeBuffer buffer = window.buffer();
        if (gone.get(page / Pages.PAGE_SIZE)) {
            return;
        }
        int from = page;
        int end = page + Pages.PAGE_SIZE;
        while (from < end && buffer.getLong(from) == known.getLong(from)) {
            from += Long.BYTES;
        }
        while (end > from && buffer.getLong(end - Long.BYTES) == known.getLong(end - Long.BYTES)) {
            end -= Long.BYTES;
        }
        if (from < end) {
            /* Once: what is recorded must be what is compared with next, whoever writes meanwhile. */
            known.putBytes(from, buffer, from, end - from);
            to.changed(address() + from, known, from, end - from);
        }
    }

    /** Looks no more. */
    void close() {
        window.close();
        arena.close();
    }
}
