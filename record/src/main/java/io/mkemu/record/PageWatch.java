// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import io.mkemu.abi.KernelCall;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceEvent;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;
import io.mkemu.trace.TraceWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The pages that this kernel and others can both write, while everything is recorded: whatever has changed in one is
 * recorded before a module runs next, so that a replayed module finds it too. By windows of its own, so that a module
 * may close its own at any time. Thread-safe.
 */
final class PageWatch {
    /** 1 MiB to compare before each callback: some 50 us. */
    static final int MOST = 256;

    /** A page that is watched. */
    private static final class Page {
        private final Window window;
        private final Window theirs;
        private final UnsafeBuffer known = new UnsafeBuffer(new byte[Pages.PAGE_SIZE]);

        Page(Window window, Window theirs) {
            this.window = window;
            this.theirs = theirs;
            known.putBytes(0, window.buffer(), 0, Pages.PAGE_SIZE);
        }

        boolean isOver() {
            return theirs != null && theirs.buffer().capacity() == 0;
        }
    }

    private final PhysicalMemory memory;
    private volatile Page[] pages = {};

    PageWatch(PhysicalMemory memory) {
        this.memory = memory;
    }

    /**
     * Watches a page.
     *
     * @param theirs the module's window, watched until that is closed; null: until it is freed
     * @return what is in it now, or null if there are too many to watch one more
     */
    synchronized DirectBuffer watch(long pfn, Window theirs) {
        long address = Pages.address(pfn);
        for (Page page : pages) {
            if (theirs == null && page.theirs == null && page.window.physicalAddress() == address) {
                return page.known;
            }
        }
        if (pages.length == MOST) {
            return null;
        }
        Page added = new Page(memory.map(address, Pages.PAGE_SIZE), theirs);
        Page[] more = Arrays.copyOf(pages, pages.length + 1);
        more[pages.length] = added;
        pages = more;
        return added.known;
    }

    /** Own pages are freed: nobody else has them. */
    synchronized void freed(long address, long size) {
        List<Page> left = new ArrayList<>();
        for (Page page : pages) {
            long offset = page.window.physicalAddress() - address;
            if (page.isOver() || page.theirs == null && offset >= 0 && offset < size) {
                page.window.close();
            } else {
                left.add(page);
            }
        }
        pages = left.toArray(Page[]::new);
    }

    /** A module is about to run on a CPU: records what has changed since one ran last. */
    void record(TraceWriter writer) {
        if (pages.length != 0) {
            compare(writer);
        }
    }

    private synchronized void compare(TraceWriter writer) {
        boolean over = false;
        for (Page page : pages) {
            over |= page.isOver();
            if (!page.isOver()) {
                compare(writer, page);
            }
        }
        if (over) {
            freed(0, 0);
        }
    }

    private void compare(TraceWriter writer, Page page) {
        UnsafeBuffer now = page.window.buffer();
        UnsafeBuffer known = page.known;
        int from = 0;
        while (from < Pages.PAGE_SIZE && now.getLong(from) == known.getLong(from)) {
            from += Long.BYTES;
        }
        if (from == Pages.PAGE_SIZE) {
            return;
        }
        int to = Pages.PAGE_SIZE;
        while (to > from + Long.BYTES && now.getLong(to - Long.BYTES) == known.getLong(to - Long.BYTES)) {
            to -= Long.BYTES;
        }
        /* Once: what is recorded must be what is compared with next, whoever writes meanwhile. */
        known.putBytes(from, now, from, to - from);
        writer.record(TraceEvent.CALL, 0, memory.platform().nanoTime(), page.window.physicalAddress() + from,
            KernelCall.PAGE_CHANGED.ordinal(), 0, 0, known, from, to - from);
    }

    /** Unmaps all. */
    synchronized void close() {
        for (Page page : pages) {
            page.window.close();
        }
        pages = new Page[0];
    }
}
