// SPDX-License-Identifier: Apache-2.0
package io.mkemu.machine;

import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.RamLayout;
import io.mkemu.memory.BitmapPool;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.Region;
import io.mkemu.memory.ResourceTree;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine's memory map: /proc/iomem. A look at a machine that runs: what is allocated or freed meanwhile may or may
 * not be in it. Only reads.
 *
 * @param tree     what lies where
 * @param problems a line for each thing in shared memory that cannot be so; it is left out of the tree
 */
public record Iomem(ResourceTree tree, List<String> problems) {
    /** A name in the map. */
    public static final String HOST_MEMORY = "Host memory";
    /** A name in the map, as the kernel's is. */
    public static final String POOL = "Multikernel Memory Pool";
    /** A name in the map. */
    public static final String IPI_AREA = "IPI area";
    /** A name in the map. */
    public static final String ALLOCATION = "Allocation";
    /** What the name of an instance's region begins with; its id and a '-' follow. */
    public static final String INSTANCE = "mk-instance-";


    /**
     * Looks.
     *
     * @throws MachineException if the multikernel pool is not made yet or damaged
     */
    public static Iomem of(MappedMachine machine) {
        Iomem map = new Iomem(new ResourceTree(), new ArrayList<>());
        RamLayout layout = machine.layout();
        map.add("Machine header", 0, layout.cpusAt());
        map.add("Local APICs", layout.cpusAt(), layout.instancesAt() - layout.cpusAt());
        map.add("Instance table", layout.instancesAt(), layout.logsAt() - layout.instancesAt());
        map.add("Kernel logs", layout.logsAt(), layout.pagesAt() - layout.logsAt());
        map.add("Page table", layout.pagesAt(), layout.poolMapAt() - layout.pagesAt());
        map.add("Multikernel pool bitmap", layout.poolMapAt(), layout.poolMapSize());
        map.add(HOST_MEMORY, layout.hostAt(), layout.hostSize());
        map.add(POOL, layout.poolAt(), layout.poolSize());
        map.addPool(machine, machine.instances().entry(0), false);
        for (int id = 1; id < InstanceDescriptor.MAX_INSTANCES; id++) {
            InstanceEntry entry = machine.instances().entry(id);
            if (entry.state() != InstanceState.EMPTY) {
                map.addPool(machine, entry, true);
            }
        }
        try (MultikernelPool pool = MultikernelPool.attach(machine.memory())) {
            map.addLoose(machine, pool.bitmap());
        }
        return map;
    }

    private void addPool(MappedMachine machine, InstanceEntry entry, boolean named) {
        if (entry.hasDamagedRegion()) {
            problems.add("instance " + entry.id() + " has a region that does not lie in RAM; it is left out");
        }
        if (entry.regions().isEmpty()) {
            return;
        }
        try (InstancePool pool = machine.poolOf(entry)) {
            for (int index = 0; index < pool.regions().size(); index++) {
                Region region = pool.regions().get(index);
                if (named) {
                    add(INSTANCE + entry.id() + "-" + entry.name() + "-region-" + index, region.address(),
                        region.size());
                }
                add("Bitmap", region.address(), InstancePool.overhead(region.size()));
                long ipiArea = entry.ipiArea();
                addAllocations(pool.bitmaps().get(index), ipiArea);
            }
        } catch (MachineException damaged) {
            problems.add(damaged.getMessage());
        }
    }

    private void addAllocations(BitmapPool pool, long ipiArea) {
        pool.forEachAllocation((address, size) ->
            add(address == ipiArea ? IPI_AREA : ALLOCATION, address, size));
        addUnfinished(pool);
    }

    /** What the multikernel pool gave to no instance of the table. */
    private void addLoose(MappedMachine machine, BitmapPool pool) {
        List<Region> owned = new ArrayList<>();
        for (int id = 1; id < InstanceDescriptor.MAX_INSTANCES; id++) {
            InstanceEntry entry = machine.instances().entry(id);
            owned.addAll(entry.state() == InstanceState.EMPTY ? List.of() : entry.regions());
        }
        pool.forEachAllocation((address, size) -> {
            if (!owned.contains(new Region(address, size))) {
                add("Allocation", address, size);
            }
        });
        addUnfinished(pool);
    }

    /** What is taken and no allocation: a call that is under way, or what a killed process left. */
    private void addUnfinished(BitmapPool pool) {
        long[] sum = new long[1];
        List<Region> gaps = new ArrayList<>();
        long[] from = {pool.base()};
        pool.forEachAllocation((address, size) -> {
            gaps.add(new Region(from[0], address - from[0]));
            from[0] = address + size;
            sum[0] += size;
        });
        if (sum[0] == pool.allocated()) {
            return;
        }
        gaps.add(new Region(from[0], pool.base() + pool.size() - from[0]));
        for (Region gap : gaps) {
            addTaken(pool, gap.address(), gap.address() + gap.size());
        }
    }

    private void addTaken(BitmapPool pool, long from, long end) {
        long start = from;
        for (long at = from; at <= end; at += pool.granule()) {
            if (at == end || !pool.isAllocated(at, pool.granule())) {
                if (at > start) {
                    add("Unfinished allocation", start, at - start);
                }
                start = at + pool.granule();
            }
        }
    }

    private void add(String name, long start, long size) {
        if (!tree.insert(name, start, size)) {
            problems.add(name + " at 0x" + Long.toHexString(start) + "+0x" + Long.toHexString(size)
                + " cuts through what lies there already, or is no range");
        }
    }
}
