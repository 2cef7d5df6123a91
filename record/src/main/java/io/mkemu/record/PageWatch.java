// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import io.mkemu.MachineException;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceEvent;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;
import io.mkemu.os.OsException;
import io.mkemu.trace.TraceWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The pages that this kernel and others can both write, while everything is recorded: whatever has changed in one is
 * recorded before a module runs next, so that a replayed module finds it too. By windows of its own, so that a module
 * may close its own at any time. As many pages as there are: each costs its size in memory of this process, and a
 * comparison before each callback, step and work, which is told. Thread-safe.
 */
final class PageWatch {
    /** So many pages are compared without a word: 1 MiB. */
    static final int TELL_FROM = 256;
    /** Longest wait for a host that reads nothing, ns. */
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(1);

    /** Makes what watches a range. */
    @FunctionalInterface
    interface Maker {
        /** Begins to watch what is in it now. */
        WatchedPages make(PhysicalMemory memory, long pfn, int pages, Window theirs) throws OsException;
    }

    private final PhysicalMemory memory;
    private final Maker maker;
    private final Consumer<String> say;
    /* Own pages, by the PFN of the first: none is in two of them. */
    private final TreeMap<Long, WatchedPages> own = new TreeMap<>();
    private final List<WatchedPages> mapped = new ArrayList<>();
    private volatile long pages;
    private long tellFrom = TELL_FROM;
    private boolean patient = true;

    /**
     * Watches nothing yet.
     *
     * @param say is told what it costs, a line
     */
    PageWatch(PhysicalMemory memory, Consumer<String> say) {
        this(memory, say, WatchedPages::new);
    }

    PageWatch(PhysicalMemory memory, Consumer<String> say, Maker maker) {
        this.memory = memory;
        this.say = say;
        this.maker = maker;
    }

    /**
     * Watches own pages, until they are freed.
     *
     * @return false if there is no memory for it
     */
    synchronized boolean watch(long pfn, long count) {
        long at = pfn;
        long end = pfn + count;
        try {
            while (at < end) {
                Map.Entry<Long, WatchedPages> before = own.floorEntry(at);
                if (before == null || before.getValue().end() <= at) {
                    Long next = own.higherKey(at);
                    long to = next == null ? end : Math.min(end, next);
                    own.put(at, maker.make(memory, at, (int) (to - at), null));
                    pages += to - at;
                    at = to;
                } else {
                    pages += before.getValue().watch(at, end);
                    at = before.getValue().end();
                }
            }
            return true;
        } catch (OsException | MachineException full) {
            return false;
        }
    }

    /**
     * Watches pages that a module has mapped, until it has closed its window.
     *
     * @return what is in them now, or null if there is no memory for it
     */
    synchronized DirectBuffer watch(long pfn, Window theirs) {
        int count = theirs.buffer().capacity() / Pages.PAGE_SIZE;
        try {
            WatchedPages added = maker.make(memory, pfn, count, theirs);
            mapped.add(added);
            pages += count;
            return added.known();
        } catch (OsException | MachineException full) {
            return null;
        }
    }

    /** Own pages are freed: nobody else has them. */
    synchronized void freed(long address, long size) {
        long from = Pages.pfn(address);
        long to = Pages.pfn(address + size);
        Long first = own.floorKey(from);
        own.subMap(first == null ? from : first, to).values().removeIf(range -> {
            pages -= range.leave(from, to);
            return range.pages() == 0 && end(range);
        });
    }

    private static boolean end(WatchedPages range) {
        range.close();
        return true;
    }

    /** A module is about to run on a CPU: records what has changed since one ran last. */
    void record(TraceWriter writer) {
        if (pages != 0) {
            compare(writer);
        }
    }

    private synchronized void compare(TraceWriter writer) {
        mapped.removeIf(range -> {
            if (!range.isOver()) {
                return false;
            }
            pages -= range.pages();
            return end(range);
        });
        boolean tells = pages > tellFrom;
        long begun = tells ? System.nanoTime() : 0;
        for (WatchedPages range : own.values()) {
            range.changes((address, known, offset, length) -> changed(writer, address, known, offset, length));
        }
        for (WatchedPages range : mapped) {
            range.changes((address, known, offset, length) -> changed(writer, address, known, offset, length));
        }
        if (tells) {
            tell(System.nanoTime() - begun);
        }
    }

    private void tell(long nanos) {
        say.accept("mkemu: trace=all: " + pages + " pages that others can write are compared before each callback, "
            + "step, timer and work: " + TimeUnit.NANOSECONDS.toMicros(nanos) + " us this time. Share fewer at once, "
            + "or lower the trace mode, if that is too slow");
        while (tellFrom < pages) {
            tellFrom *= 2;
        }
    }

    /**
     * Records what is in pages that were just mapped, but for zeros.
     *
     * @param content as {@link #watch} returned it, or the module's window where there is no memory to watch it
     */
    synchronized void content(TraceWriter writer, long address, DirectBuffer content) {
        for (int page = 0; page < content.capacity(); page += Pages.PAGE_SIZE) {
            int from = page;
            int to = page + Pages.PAGE_SIZE;
            while (from < to && content.getLong(from) == 0) {
                from += Long.BYTES;
            }
            while (to > from && content.getLong(to - Long.BYTES) == 0) {
                to -= Long.BYTES;
            }
            if (from < to) {
                byte[] once = new byte[to - from];
                content.getBytes(from, once);
                changed(writer, address + from, new UnsafeBuffer(once), 0, once.length);
            }
        }
    }

    private void changed(TraceWriter writer, long address, DirectBuffer bytes, int offset, int length) {
        /* A ring holds 2 MiB at the most. Whoever has waited in vain does not wait again, until there is room. */
        patient = writer.awaitRoom(length, patient ? PATIENCE : 0);
        writer.record(TraceEvent.CALL, 0, memory.platform().nanoTime(), address, KernelCall.PAGE_CHANGED.ordinal(), 0,
            0, bytes, offset, length);
    }

    /** Unmaps all. */
    synchronized void close() {
        own.values().forEach(WatchedPages::close);
        own.clear();
        mapped.forEach(WatchedPages::close);
        mapped.clear();
        pages = 0;
    }
}
