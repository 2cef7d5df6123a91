// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceEvent;
import io.mkemu.ipi.IpiSender;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.log.RateLimit;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;
import io.mkemu.module.PageRange;
import io.mkemu.table.InstanceEntry;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.function.IntSupplier;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.Long2LongCounterMap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The RFC's flexible shared memory: pages go from kernel to kernel by their PFN. What the RFC lets any kernel do, map
 * any page, needs a share by the page's owner here, and a page that is mapped is not freed. Thread-safe.
 */
final class PageSharing {
    private final KernelInstance kernel;
    private final PhysicalMemory memory;
    private final PageTable shares;
    private final RateLimit refusals;
    /** Windows of this process on each page, by PFN. Its lock makes one step of a count and the page's bit in RAM. */
    private final Long2LongCounterMap windows = new Long2LongCounterMap(0);

    PageSharing(KernelInstance kernel) {
        this(kernel, kernel.machine().memory().pageTable());
    }

    PageSharing(KernelInstance kernel, PageTable shares) {
        this.kernel = kernel;
        this.memory = kernel.memory();
        this.shares = shares;
        this.refusals = kernel.printk().limit("mkemu: PFN not mapped");
    }

    /** Shares an allocated page of this instance and sends its PFN: mk_send_pfn. */
    int send(IpiSender sender, int instanceId, long pfn) {
        if (!kernel.machine().isQueued()) {
            /* Whose page it is the RFC does not ask. Kernels in C look at the grant of one that is shared in order. */
            if (isMine(pfn, 1)) {
                shares.grant(pfn, instanceId);
            }
            return traced(TraceEvent.PFN_SHARE, pfn, 1, instanceId, sendPfn(sender, instanceId, pfn));
        }
        return share(instanceId, pfn, 1, () -> sendPfn(sender, instanceId, pfn));
    }

    /** Shares allocated pages of this instance and sends them with one message: as {@link #send} of each. */
    int send(IpiSender sender, int instanceId, long pfn, long pages, long tag) {
        if (pages > PageRange.MOST || !shares.contains(pfn, pages)) {
            return -Errno.EINVAL;
        }
        IntSupplier send = () -> sendPages(sender, instanceId, new PageRange(pfn, pages, tag));
        if (!kernel.machine().isQueued()) {
            if (isMine(pfn, pages)) {
                shares.grant(pfn, (int) pages, instanceId);
            }
            return traced(TraceEvent.PFN_SHARE, pfn, pages, instanceId, send.getAsInt());
        }
        return share(instanceId, pfn, pages, send);
    }

    private int share(int instanceId, long pfn, long pages, IntSupplier send) {
        if (kernel.machine().instances().find(instanceId) == null || !isMine(pfn, pages)) {
            return -Errno.EINVAL;
        }
        BitSet fresh = shares.grant(pfn, (int) pages, instanceId);
        int result = send.getAsInt();
        if (result == -Errno.ESHUTDOWN) {
            /* A receiver that is gone has no shares, whatever it had: its next life inherits none. */
            fresh.set(0, (int) pages);
        }
        if (result != 0) {
            fresh.stream().forEach(page -> shares.revoke(pfn + page, instanceId));
        }
        return traced(TraceEvent.PFN_SHARE, pfn, pages, instanceId, result);
    }

    private static int sendPfn(IpiSender sender, int instanceId, long pfn) {
        UnsafeBuffer data = new UnsafeBuffer(new byte[MkIpiDataDescriptor.PFN_SIZE]);
        data.putLong(0, pfn, ByteOrder.LITTLE_ENDIAN);
        return sender.send(instanceId, MkIpiDataDescriptor.PFN_IPI_TYPE, data, 0, MkIpiDataDescriptor.PFN_SIZE);
    }

    private static int sendPages(IpiSender sender, int instanceId, PageRange range) {
        UnsafeBuffer data = new UnsafeBuffer(new byte[MkIpiDataDescriptor.PAGES_SIZE]);
        range.encode(data);
        return sender.send(instanceId, MkIpiDataDescriptor.PAGES_IPI_TYPE, data, 0, MkIpiDataDescriptor.PAGES_SIZE);
    }

    private int traced(TraceEvent event, long pfn, long pages, int instanceId, int result) {
        trace(event, pfn, pages, instanceId, -result);
        return result;
    }

    private void trace(TraceEvent event, long pfn, long pages, int arg0, int arg1) {
        kernel.trace(event, pfn, pages == 1 ? 0 : (int) pages, arg0, arg1);
    }

    /** Takes shares back, of all these pages or of none. */
    int revoke(int instanceId, long pfn, long pages) {
        int result = -Errno.EINVAL;
        if (isMine(pfn, pages)) {
            for (long page = 0; page < pages; page++) {
                result = shares.revoke(pfn + page, instanceId);
            }
        }
        return traced(TraceEvent.PFN_REVOKE, pfn, Math.clamp(pages, 0, Integer.MAX_VALUE), instanceId, result);
    }

    /** Reads memory of this instance's pool, or of pages that it has mapped; as {@code Kernel.readMemory}. */
    int read(long address, MutableDirectBuffer to, int index, int length) {
        if (length < 1 || length > Pages.PAGE_SIZE) {
            return -Errno.EINVAL;
        }
        long end = kernel.memory().layout().ramSize();
        if (address < 0 || address > end - length) {
            return -Errno.EPERM;
        }
        for (long pfn = Pages.pfn(address); pfn <= Pages.pfn(address + length - 1); pfn++) {
            if (!InstancePool.owns(kernel.entry().regions(), Pages.address(pfn), Pages.PAGE_SIZE)
                && !(shares.contains(pfn, 1) && shares.isMapped(pfn, kernel.instanceId()))) {
                return -Errno.EPERM;
            }
        }
        long first = Pages.address(Pages.pfn(address));
        try (Window window = kernel.memory().map(first, Pages.align(address + length - first))) {
            to.putBytes(index, window.buffer(), (int) (address - first), length);
            return 0;
        }
    }

    /** Whether pages can be shared: they are allocated from this instance's pool. */
    boolean isMine(long pfn, long pages) {
        return shares.contains(pfn, pages) && kernel.pool().isAllocated(Pages.address(pfn), Pages.address(pages));
    }

    /** The PFN in a message, or -EINVAL: mk_receive_pfn. */
    static long receive(MkIpiData data) {
        PageRange range = pfnIn(data);
        return range == null ? -Errno.EINVAL : range.pfn();
    }

    private static PageRange pfnIn(MkIpiData data) {
        return data == null || data.type() != MkIpiDataDescriptor.PFN_IPI_TYPE ? null : PageRange.of(data);
    }

    /** Maps the page in a message if its owner shared it with this instance: mk_receive_map_page. */
    Window map(MkIpiData data) {
        return map(data, pfnIn(data), false);
    }

    /** Maps the pages in a message if their owner shared all of them with this instance. */
    Window mapAll(MkIpiData data) {
        return map(data, PageRange.of(data), true);
    }

    private Window map(MkIpiData data, PageRange range, boolean again) {
        if (range == null) {
            return null;
        }
        int sender = data.senderCpu();
        long life = data.senderLife();
        String refusal = refusal(sender, life, range);
        if (refusal != null) {
            return refuse(sender, range, refusal);
        }
        Window window = mapNoted(sender, life, range, again);
        if (window == null) {
            return refuse(sender, range, "its owner has just taken it back");
        }
        trace(TraceEvent.PFN_MAP, range.pfn(), range.pages(), 1, 0);
        return window;
    }

    /** Why a range cannot be mapped, or null. */
    private String refusal(int sender, long life, PageRange range) {
        if (range.pages() > PageRange.MOST || !shares.contains(range.pfn(), range.pages())) {
            return "it is outside the memory that can be shared";
        }
        if (!kernel.machine().isQueued()) {
            return null;
        }
        InstanceEntry owner = kernel.machine().instances().find(kernel.machine().instances().ownerOf(sender));
        if (owner == null || !InstancePool.owns(owner.regions(), range.address(), range.size())) {
            return "its sender does not own it";
        }
        int missing = shares.firstNotGranted(range.pfn(), (int) range.pages(), kernel.instanceId());
        if (missing < 0) {
            /* Looked at last: what is granted while that life is, this life has granted, not the next one. */
            return life == 0 || owner.life() == life ? null : "the life of its owner that sent it has ended";
        }
        return "its owner has not shared it with this instance, or has taken it back"
            + (range.pages() == 1 ? "" : " (PFN 0x" + Long.toHexString(range.pfn() + missing) + ", page " + missing
            + " of " + range.pages() + ")") + ": ask the owner to send it again";
    }

    /** Maps a range, or returns null: while this instance had not said yet that it would, the owner gave it away. */
    private Window mapNoted(int sender, long life, PageRange range, boolean again) {
        /* What was asked before does not hold any more. */
        memory.platform().point();
        synchronized (windows) {
            Window window = null;
            for (long pfn = range.pfn(); pfn < range.pfn() + range.pages(); pfn++) {
                if (windows.incrementAndGet(pfn) == 1) {
                    shares.noteMapped(pfn, kernel.instanceId());
                }
            }
            try {
                if (refusal(sender, life, range) == null) {
                    window = again ? memory.mapAgain(range.address(), range.size(), () -> closed(range))
                        : memory.map(range.address(), range.size(), () -> closed(range));
                }
                return window;
            } finally {
                if (window == null) {
                    unmapped(range);
                }
            }
        }
    }

    private void closed(PageRange range) {
        unmapped(range);
        trace(TraceEvent.PFN_UNMAP, range.pfn(), range.pages(), 0, 0);
    }

    private void unmapped(PageRange range) {
        synchronized (windows) {
            for (long pfn = range.pfn(); pfn < range.pfn() + range.pages(); pfn++) {
                if (windows.decrementAndGet(pfn) == 0) {
                    shares.noteUnmapped(pfn, kernel.instanceId());
                }
            }
        }
    }

    private Window refuse(int sender, PageRange range, String why) {
        trace(TraceEvent.PFN_MAP, range.pfn(), Math.clamp(range.pages(), 0, Integer.MAX_VALUE), 0, 0);
        if (kernel.printk().pass(refusals) > 0) {
            kernel.printk(LogLevel.WARNING, "mkemu: " + (range.pages() == 1 ? "" : Long.toUnsignedString(range.pages())
                + " pages from ") + "PFN 0x" + Long.toHexString(range.pfn()) + " from CPU " + sender + " not mapped: "
                + why);
        }
        return null;
    }
}
