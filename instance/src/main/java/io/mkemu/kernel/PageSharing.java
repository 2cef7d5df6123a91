// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.ipi.IpiMode;
import io.mkemu.ipi.IpiSender;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.ipi.MkIpiDataDescriptor;
import io.mkemu.log.LogLevel;
import io.mkemu.log.RateLimit;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Pages;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.Window;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The RFC's flexible shared memory: pages go from kernel to kernel by their PFN. What the RFC lets any kernel do, map
 * any page, needs a share by the page's owner here.
 */
final class PageSharing {
    private final KernelInstance kernel;
    private final PhysicalMemory memory;
    private final PageTable shares;
    private final RateLimit refusals;

    PageSharing(KernelInstance kernel) {
        this.kernel = kernel;
        this.memory = kernel.memory();
        this.shares = memory.pageTable();
        this.refusals = kernel.printk().limit("mkemu: PFN not mapped");
    }

    /** Shares an allocated page of this instance and sends its PFN: mk_send_pfn. */
    int send(IpiSender sender, int instanceId, long pfn) {
        if (memory.instances().find(instanceId) == null || !isMine(pfn)) {
            return -Errno.EINVAL;
        }
        boolean shared = shares.isGranted(pfn, instanceId);
        shares.grant(pfn, instanceId);
        UnsafeBuffer data = new UnsafeBuffer(new byte[MkIpiDataDescriptor.PFN_SIZE]);
        data.putLong(0, pfn, ByteOrder.LITTLE_ENDIAN);
        int result =
            sender.send(instanceId, MkIpiDataDescriptor.PFN_IPI_TYPE, data, 0, MkIpiDataDescriptor.PFN_SIZE);
        if (result != 0 && !shared) {
            shares.revoke(pfn, instanceId);
        }
        return result;
    }

    /** Takes a share back. */
    int revoke(int instanceId, long pfn) {
        return isMine(pfn) ? shares.revoke(pfn, instanceId) : -Errno.EINVAL;
    }

    private boolean isMine(long pfn) {
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
        long pfn = payload.getLong(0, ByteOrder.LITTLE_ENDIAN);
        if (!shares.contains(pfn)) {
            return refuse(data, pfn, "it is outside the memory that can be shared");
        }
        if (memory.ipiMode() == IpiMode.SINGLE_SLOT) {
            return memory.map(Pages.address(pfn), Pages.PAGE_SIZE);
        }
        InstanceEntry owner = memory.instances().find(memory.instances().ownerOf(data.senderCpu()));
        if (owner == null || !InstancePool.owns(owner.regions(), Pages.address(pfn), Pages.PAGE_SIZE)) {
            return refuse(data, pfn, "its sender does not own it");
        }
        if (!shares.isGranted(pfn, kernel.instanceId())) {
            return refuse(data, pfn, "its owner has not shared it with this instance");
        }
        return memory.map(Pages.address(pfn), Pages.PAGE_SIZE);
    }

    private Window refuse(MkIpiData data, long pfn, String why) {
        if (kernel.printk().pass(refusals) > 0) {
            kernel.printk(LogLevel.WARNING, "mkemu: PFN 0x" + Long.toHexString(pfn) + " from CPU " + data.senderCpu()
                + " not mapped: " + why);
        }
        return null;
    }
}
