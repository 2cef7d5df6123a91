// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hotplug;

import io.mkemu.Errno;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.InstancePool.Part;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.PageTable.MappedPage;
import io.mkemu.memory.Region;
import io.mkemu.module.MemoryChange;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.ResourceOperation;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * Takes a region into the pool of a kernel that runs, and gives one back that nobody uses. On the boot CPU; other CPUs
 * may allocate and free meanwhile.
 */
public final class MemoryPlug {
    private final InstanceEntry entry;
    private final InstancePool pool;
    private final PageTable pages;
    private final MemoryListeners listeners;
    private final BiConsumer<LogLevel, String> log;

    /**
     * Of one kernel.
     *
     * @param entry     its own, where the host says which regions it has
     * @param pool      its pool
     * @param listeners told of both
     */
    public MemoryPlug(InstanceEntry entry, InstancePool pool, PageTable pages, MemoryListeners listeners,
        BiConsumer<LogLevel, String> log) {
        this.entry = entry;
        this.pool = pool;
        this.pages = pages;
        this.listeners = listeners;
        this.log = log;
    }

    /** Has a server do both. */
    public void serve(ResourceServer server) {
        server.with(ResourceOperation.MEMORY_ADD, new ResourceServer.Operation() {
            @Override
            public void handle(ResourceCall call) {
                add(call);
            }

            @Override
            public void query(ResourceCall call) {
                int errno = pool.regions().size() < InstanceDescriptor.MAX_REGIONS ? 0 : Errno.ENOSPC;
                answer(call, errno, "it has " + InstanceDescriptor.MAX_REGIONS + " regions, and no more are possible");
            }
        });
        server.with(ResourceOperation.MEMORY_REMOVE, new ResourceServer.Operation() {
            @Override
            public void handle(ResourceCall call) {
                remove(call);
            }

            @Override
            public void query(ResourceCall call) {
                Part part = find(call);
                String holds = part == null ? "it has no such region" : holds(part);
                answer(call, holds == null ? 0 : part == null ? Errno.EINVAL : Errno.EBUSY, holds);
            }
        });
    }

    private static void answer(ResourceCall call, int errno, String why) {
        if (errno == 0) {
            call.done(() -> { });
        } else {
            call.refuse(errno, why);
        }
    }

    private Part find(ResourceCall call) {
        Region region = new Region(call.first(), call.second());
        return pool.parts().stream().filter(part -> part.region().equals(region)).findFirst().orElse(null);
    }

    private void add(ResourceCall call) {
        Region region = new Region(call.first(), call.second());
        Part part;
        try {
            /* The host has put it into the table before it asked: what is not there is nobody's to give. */
            if (!entry.regions().contains(region) || find(call) != null) {
                call.refuse(Errno.EINVAL, "the region is not this instance's, or is in use already");
                return;
            }
            part = pool.attach(region);
        } catch (IllegalStateException | IllegalArgumentException | MachineException damaged) {
            call.refuse(Errno.EINVAL, "the region cannot be used: " + damaged.getMessage());
            return;
        }
        if (call.done(() -> pool.unmap(part))) {
            pool.add(part);
            listeners.tell(MemoryChange.ADDED, region);
            log.accept(LogLevel.INFO, "mkemu: memory " + text(region) + " added");
        }
    }

    private void remove(ResourceCall call) {
        Part part = find(call);
        if (part == null || pool.parts().size() == 1) {
            call.refuse(Errno.EINVAL, part == null ? "it has no such region" : "it is the only region that it has");
            return;
        }
        Region region = part.region();
        pool.opens(part, false);
        String veto = listeners.veto(region);
        String holds = veto != null ? veto : holds(part);
        if (holds == null && !pool.takeOut(part)) {
            holds = holds(part);
            holds = holds == null ? "something is being allocated or freed in it: try again" : holds;
        }
        if (holds != null) {
            pool.opens(part, true);
            if (veto == null) {
                listeners.tell(MemoryChange.STAYS, region);
            }
            call.refuse(Errno.EBUSY, holds);
            return;
        }
        if (call.done(() -> pool.putBack(part))) {
            pool.unmap(part);
            listeners.tell(MemoryChange.REMOVED, region);
            log.accept(LogLevel.INFO, "mkemu: memory " + text(region) + " removed");
        } else {
            listeners.tell(MemoryChange.STAYS, region);
        }
    }

    /** What keeps a region from going, for people; null if nothing does. */
    private String holds(Part part) {
        Region region = part.region();
        long[] found = new long[3];
        part.bitmap().forEachAllocation((address, size) -> {
            found[0] += found[1]++ == 0 ? address : 0;
            found[2] += size;
        });
        if (found[1] > 0) {
            return found[1] + (found[1] == 1 ? " allocation" : " allocations") + " of " + found[2] + " bytes in "
                + text(region) + ", the first at 0x" + Long.toHexString(found[0]);
        }
        if (part.windows() > 0) {
            return part.windows() + " windows of modules on " + text(region) + " are open (memremap)";
        }
        if (pages.endShares(region.address(), region.size())) {
            MappedPage page = pages.stillMapped(List.of(region)).stream().findFirst().orElse(null);
            return page == null ? null : "page 0x" + Long.toHexString(page.address()) + " is mapped by instance "
                + page.mappers().stream().map(String::valueOf).collect(Collectors.joining(", "));
        }
        return null;
    }

    private static String text(Region region) {
        return "0x" + Long.toHexString(region.address()) + "+" + region.size();
    }
}
