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
import io.mkemu.table.InstanceEntry;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
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
            if (isMine(pfn)) {
                shares.grant(pfn, instanceId);
            }
            return traced(pfn, instanceId, sendPfn(sender, instanceId, pfn));
        }
        if (kernel.machine().instances().find(instanceId) == null || !isMine(pfn)) {
            return -Errno.EINVAL;
        }
        boolean shared = shares.isGranted(pfn, instanceId);
        shares.grant(pfn, instanceId);
        int result = sendPfn(sender, instanceId, pfn);
        /* A receiver that is gone has no shares, whatever it had: its next life inherits none. */
        if (result != 0 && (!shared || result == -Errno.ESHUTDOWN)) {
            shares.revoke(pfn, instanceId);
        }
        return traced(pfn, instanceId, result);
    }

    private static int sendPfn(IpiSender sender, int instanceId, long pfn) {
        UnsafeBuffer data = new UnsafeBuffer(new byte[MkIpiDataDescriptor.PFN_SIZE]);
        data.putLong(0, pfn, ByteOrder.LITTLE_ENDIAN);
        return sender.send(instanceId, MkIpiDataDescriptor.PFN_IPI_TYPE, data, 0, MkIpiDataDescriptor.PFN_SIZE);
    }

    private int traced(long pfn, int instanceId, int result) {
        kernel.trace(TraceEvent.PFN_SHARE, pfn, instanceId, -result);
        return result;
    }

    /** Takes a share back. */
    int revoke(int instanceId, long pfn) {
        int result = isMine(pfn) ? shares.revoke(pfn, instanceId) : -Errno.EINVAL;
        kernel.trace(TraceEvent.PFN_REVOKE, pfn, instanceId, -result);
        return result;
    }

    /** Whether a page can be shared: it is allocated from this instance's pool. */
    boolean isMine(long pfn) {
        return shares.contains(pfn) && kernel.pool().isAllocated(Pages.address(pfn), Pages.PAGE_SIZE);
    }

    /** The PFN in a message, or -EINVAL: mk_receive_pfn. */
    static long receive(MkIpiData data) {
        DirectBuffer payload = pfnPayload(data);
        return payload == null ? -Errno.EINVAL : payload.getLong(0, ByteOrder.LITTLE_ENDIAN);
    }

    /** The 8 bytes of a PFN, or null. Taken once: the size of a live slot can change between two looks. */
    private static DirectBuffer pfnPayload(MkIpiData data) {
        if (data == null || data.type() != MkIpiDataDescriptor.PFN_IPI_TYPE) {
            return null;
        }
        DirectBuffer payload = data.buffer();
        return payload.capacity() == MkIpiDataDescriptor.PFN_SIZE ? payload : null;
    }

    /** Maps the page in a message if its owner shared it with this instance: mk_receive_map_page. */
    Window map(MkIpiData data) {
        DirectBuffer payload = pfnPayload(data);
        if (payload == null) {
            return null;
        }
        int sender = data.senderCpu();
        long pfn = payload.getLong(0, ByteOrder.LITTLE_ENDIAN);
        String refusal = refusal(sender, pfn);
        if (refusal != null) {
            return refuse(sender, pfn, refusal);
        }
        Window window = mapNoted(sender, pfn);
        if (window == null) {
            return refuse(sender, pfn, "its owner has just taken it back");
        }
        kernel.trace(TraceEvent.PFN_MAP, pfn, 1, 0);
        return window;
    }

    /** Why a page cannot be mapped, or null. */
    private String refusal(int sender, long pfn) {
        if (!shares.contains(pfn)) {
            return "it is outside the memory that can be shared";
        }
        if (!kernel.machine().isQueued()) {
            return null;
        }
        InstanceEntry owner = kernel.machine().instances().find(kernel.machine().instances().ownerOf(sender));
        if (owner == null || !InstancePool.owns(owner.regions(), Pages.address(pfn), Pages.PAGE_SIZE)) {
            return "its sender does not own it";
        }
        return shares.isGranted(pfn, kernel.instanceId()) ? null : "its owner has not shared it with this instance";
    }

    /** Maps a page, or returns null: while this instance had not said yet that it would, the owner gave it away. */
    private Window mapNoted(int sender, long pfn) {
        /* What was asked before does not hold any more. */
        memory.platform().point();
        synchronized (windows) {
            Window window = null;
            if (windows.incrementAndGet(pfn) == 1) {
                shares.noteMapped(pfn, kernel.instanceId());
            }
            try {
                if (refusal(sender, pfn) == null) {
                    window = memory.map(Pages.address(pfn), Pages.PAGE_SIZE, () -> closed(pfn));
                }
                return window;
            } finally {
                if (window == null) {
                    unmapped(pfn);
                }
            }
        }
    }

    private void closed(long pfn) {
        unmapped(pfn);
        kernel.trace(TraceEvent.PFN_UNMAP, pfn, 0, 0);
    }

    private void unmapped(long pfn) {
        synchronized (windows) {
            if (windows.decrementAndGet(pfn) == 0) {
                shares.noteUnmapped(pfn, kernel.instanceId());
            }
        }
    }

    private Window refuse(int sender, long pfn, String why) {
        kernel.trace(TraceEvent.PFN_MAP, pfn, 0, 0);
        if (kernel.printk().pass(refusals) > 0) {
            kernel.printk(LogLevel.WARNING, "mkemu: PFN 0x" + Long.toHexString(pfn) + " from CPU " + sender
                + " not mapped: " + why);
        }
        return null;
    }
}
