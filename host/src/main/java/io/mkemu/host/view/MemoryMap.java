// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.MachineException;
import io.mkemu.host.view.Snapshot.Region;
import io.mkemu.host.view.Snapshot.RegionKind;
import io.mkemu.host.view.Snapshot.Share;
import io.mkemu.machine.Iomem;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.BitmapPool;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.ResourceTree.Resource;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What lies where in a machine, what of it is free and what is shared. To read it takes the longer the more memory the
 * machine has, so that is done anew only after five hundred times what it took, or a second if that is less but a
 * hundred times what it took; or when a life has begun. Not thread-safe.
 */
final class MemoryMap {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int REST = 500;
    private static final int LEAST_REST = 100;
    private static final Pattern OF_INSTANCE = Pattern.compile(Iomem.INSTANCE + "(\\d{1,3})-.*", Pattern.DOTALL);
    private static final int NOBODY = -1;

    private final MappedMachine machine;
    private final PageTable pageTable;
    private final Map<Integer, Long> free = new HashMap<>();
    private final List<String> problems = new ArrayList<>();
    private List<Region> regions = List.of();
    private List<Share> shares = List.of();
    /* Of which kernels, in which lives. */
    private List<Long> seen = List.of();
    private int looks;
    private long dueNanos;

    MemoryMap(MappedMachine machine) {
        this.machine = machine;
        this.pageTable = machine.memory().pageTable();
    }

    /** Looks anew, if it is time to, or there is another kernel or another life. */
    void look(List<InstanceEntry> kernels, long now) {
        List<Long> there = kernels.stream().flatMap(kernel -> Stream.of((long) kernel.id(), kernel.life())).toList();
        if (looks > 1 && now - dueNanos < 0 && there.equals(seen)) {
            return;
        }
        looks++;
        seen = there;
        read(kernels);
        long end = machine.platform().nanoTime();
        dueNanos = end + rest(end - now);
    }

    /** How long after a look that took so long there is no next one. */
    static long rest(long tookNanos) {
        return Math.min(REST * tookNanos, Math.max(SECOND, LEAST_REST * tookNanos));
    }

    private void read(List<InstanceEntry> kernels) {
        free.clear();
        problems.clear();
        try {
            Iomem map = Iomem.of(machine);
            problems.addAll(map.problems());
            regions = map.tree().resources().stream().map(resource -> region(resource, null)).toList();
        } catch (MachineException damaged) {
            problems.add(damaged.getMessage());
            regions = List.of();
        }
        List<Share> found = new ArrayList<>();
        for (InstanceEntry kernel : kernels) {
            if (!kernel.regions().isEmpty()) {
                readPool(kernel, found);
            }
        }
        shares = joined(found);
    }

    private void readPool(InstanceEntry owner, List<Share> found) {
        try (InstancePool pool = machine.poolOf(owner)) {
            free.put(owner.id(), pool.available());
            for (BitmapPool bitmap : pool.bitmaps()) {
                bitmap.forEachAllocation((address, size) -> pageTable.forEachGrant(address, size,
                    (pfn, to, mapped) -> found.add(new Share(owner.id(), to, pfn, 1, mapped))));
            }
        } catch (MachineException damaged) {
            problems.add(damaged.getMessage());
        }
    }

    /** Neighbours that are granted in the same way become one. */
    static List<Share> joined(List<Share> pages) {
        List<Share> sorted = new ArrayList<>(pages);
        sorted.sort(Comparator.comparingInt(Share::owner).thenComparingInt(Share::to).thenComparingLong(Share::pfn));
        List<Share> runs = new ArrayList<>();
        for (Share page : sorted) {
            Share last = runs.isEmpty() ? null : runs.getLast();
            if (last != null && last.owner() == page.owner() && last.to() == page.to()
                && last.mapped() == page.mapped() && last.pfn() + last.pages() == page.pfn()) {
                runs.set(runs.size() - 1,
                    new Share(last.owner(), last.to(), last.pfn(), last.pages() + page.pages(), last.mapped()));
            } else {
                runs.add(page);
            }
        }
        return List.copyOf(runs);
    }

    private static Region region(Resource resource, Region outer) {
        RegionKind kind = outer == null ? outermost(resource.name()) : inside(resource.name(), outer.kind());
        int kernel = outer == null ? NOBODY : outer.kernel();
        Matcher instance = OF_INSTANCE.matcher(resource.name());
        if (kind == RegionKind.HOST) {
            kernel = 0;
        } else if (kind == RegionKind.INSTANCE_POOL && instance.matches()) {
            kernel = Integer.parseInt(instance.group(1));
        }
        Region self = new Region(resource.name(), kind, resource.start(), resource.end(), kernel, List.of());
        return new Region(resource.name(), kind, resource.start(), resource.end(), kernel,
            resource.children().stream().map(child -> region(child, self)).toList());
    }

    private static RegionKind outermost(String name) {
        return switch (name) {
            case Iomem.HOST_MEMORY -> RegionKind.HOST;
            case Iomem.POOL -> RegionKind.POOL;
            default -> RegionKind.TABLES;
        };
    }

    private static RegionKind inside(String name, RegionKind outer) {
        if (outer == RegionKind.POOL && OF_INSTANCE.matcher(name).matches()) {
            return RegionKind.INSTANCE_POOL;
        }
        return switch (name) {
            case Iomem.IPI_AREA -> RegionKind.IPI_AREA;
            case Iomem.ALLOCATION -> RegionKind.ALLOCATION;
            default -> RegionKind.OTHER;
        };
    }

    /** As /proc/iomem nests it. */
    List<Region> regions() {
        return regions;
    }

    /** Pages that a kernel may map and does not own, in runs. */
    List<Share> shares() {
        return shares;
    }

    /** Bytes of a kernel's pool that are not allocated; 0 if its pool cannot be read. */
    long freeBytes(int kernel) {
        return free.getOrDefault(kernel, 0L);
    }

    /** What was found damaged at the last look. */
    List<String> problems() {
        return problems;
    }
}
