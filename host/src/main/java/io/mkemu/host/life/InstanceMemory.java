// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.PageTable.MappedPage;
import io.mkemu.memory.Region;
import io.mkemu.table.InstanceEntry;
import io.mkemu.tree.InstanceSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The memory of one instance, as its host gave it away: the pool's regions, the IPI area in them, and what is left in
 * them of former lives. Under the host's lock.
 */
public final class InstanceMemory {
    private static final long LEAST_REGION = 2L * Pages.PAGE_SIZE;

    private final HostedMachine machine;
    private final InstanceEntry entry;
    private final String name;
    private final List<BusyArea> busyAreas = new ArrayList<>();
    /** What a former life had allocated and is to be freed; other instances may still have it mapped. */
    private final List<Region> mappedRests = new ArrayList<>();
    /** Regions that its kernel gave back and another instance has still mapped: they go when that has ended. */
    private final List<Region> goingRegions = new ArrayList<>();
    private List<Region> regions = List.of();
    private long ipiArea;
    private long ipiAreaSize;
    private boolean isUsed;

    InstanceMemory(HostedMachine machine, InstanceEntry entry, String name) {
        this.machine = machine;
        this.entry = entry;
        this.name = name;
    }

    /** The pool's regions. */
    List<Region> regions() {
        return regions;
    }

    /**
     * Takes memory out of the multikernel pool.
     *
     * @param dryRun only look whether it could be had
     * @throws MachineException if that has not so much in few enough pieces, or none that holds the IPI area
     */
    void take(InstanceSpec wanted, boolean dryRun) {
        MultikernelPool pool = machine.multikernelPool();
        List<Region> taken = pool.createInstancePool(wanted.memoryBytes(), Pages.PAGE_SHIFT);
        if (dryRun || !holdsIpiArea(machine, taken, wanted)) {
            pool.release(taken);
        }
        requireRoom(machine, taken.isEmpty() ? List.of() : List.of(taken), wanted);
        if (!dryRun) {
            regions = taken;
        }
    }

    /**
     * Exchanges it for memory of another size, or in other pieces. After {@link #withdraw}.
     *
     * @param dryRun only look whether it could be had
     * @throws MachineException as {@link #take}; the old memory stays then
     */
    void exchange(InstanceSpec wanted, boolean dryRun) {
        List<List<Region>> seen = new ArrayList<>();
        List<Region> next = machine.multikernelPool().exchangeInstancePool(regions, wanted.memoryBytes(), found -> {
            seen.add(found);
            return !dryRun && holdsIpiArea(machine, found, wanted);
        });
        requireRoom(machine, seen, wanted);
        if (!dryRun) {
            regions = next;
        }
    }

    /** Whether the IPI area of so many CPUs has room in one of its pieces. */
    boolean holdsIpiArea(InstanceSpec wanted) {
        return holdsIpiArea(machine, regions, wanted);
    }

    static boolean holdsIpiArea(HostedMachine machine, List<Region> pieces, InstanceSpec wanted) {
        long length = machine.mapped().interconnect().areaLength(wanted.cpus().size());
        return pieces.stream().anyMatch(piece -> piece.size() - InstancePool.overhead(piece.size()) >= length);
    }

    /** Refuses what was found if there was nothing, or nothing that the IPI area has room in. */
    static void requireRoom(HostedMachine machine, List<List<Region>> found, InstanceSpec wanted) {
        if (found.isEmpty()) {
            throw noMemory(wanted);
        }
        if (found.stream().noneMatch(pieces -> holdsIpiArea(machine, pieces, wanted))) {
            throw new MachineException(ExitCode.RESOURCES, "what is left in the multikernel pool for instance "
                + wanted.name() + " lies in pieces too small for its IPI area of "
                + machine.mapped().interconnect().areaLength(wanted.cpus().size())
                + " bytes: give it fewer CPUs, or delete an instance");
        }
    }

    public static MachineException noMemory(InstanceSpec wanted) {
        return new MachineException(ExitCode.RESOURCES, "no " + wanted.memoryBytes() + " bytes in "
            + InstanceDescriptor.MAX_REGIONS + " pieces or fewer are left in the multikernel pool for instance "
            + wanted.name() + ": give it less memory, or the machine more");
    }

    /** Makes pool and IPI area anew: nothing of what was there remains. Name and CPUs are in the entry already. */
    void format() {
        /* Should it fail, the next life does it. */
        isUsed = true;
        entry.regions(regions);
        forgetIpiArea();
        formatPool();
        createIpiArea();
        isUsed = false;
    }

    private void formatPool() {
        InstancePool.format(machine.memory(), regions).close();
        mappedRests.clear();
    }

    private void createIpiArea() {
        machine.createIpiArea(entry, machine.plan().possibleCpus(entry.cpus().length,
            regions.stream().mapToLong(Region::size).sum()));
        ipiArea = entry.ipiArea();
        ipiAreaSize = entry.ipiAreaSize();
    }

    private void forgetIpiArea() {
        machine.areaLog().destroyed(entry.id(), ipiArea, ipiAreaSize);
        ipiArea = 0;
        ipiAreaSize = 0;
        publish();
    }

    /** Gives it back. After {@link #withdraw}. */
    void free() {
        forgetIpiArea();
        machine.multikernelPool().release(regions);
        mappedRests.clear();
        regions = List.of();
        entry.regions(regions);
    }

    /**
     * Sets a region aside for a kernel that runs: it is in the instance table, with an empty bitmap, and is this
     * instance's once {@link #joined}.
     *
     * @param dryRun only look whether it could be had; the region is nobody's
     * @throws MachineException if there is none, or the instance has as many as it can have
     */
    Region setAside(long bytes, boolean dryRun) {
        MultikernelPool pool = machine.multikernelPool();
        Region region = takeFurther(pool, name, regions.size(), bytes);
        try {
            if (dryRun) {
                pool.release(List.of(region));
                return region;
            }
            InstancePool.format(machine.memory(), List.of(region)).close();
            entry.addRegion(region);
            return region;
        } catch (RuntimeException | Error refused) {
            pool.release(List.of(region));
            throw refused;
        }
    }

    /** Takes a region more out of a pool, or out of a copy of it. */
    static Region takeFurther(MultikernelPool pool, String name, int has, long bytes) {
        if (has >= InstanceDescriptor.MAX_REGIONS) {
            throw new MachineException(ExitCode.RESOURCES, "instance " + name + " has its memory in "
                + InstanceDescriptor.MAX_REGIONS + " regions, and more are not possible: give one back first (mk "
                + "update " + name + " --remove-memory SIZE), or mk kill it and mk update --memory");
        }
        long size = Math.max(Pages.align(bytes), LEAST_REGION);
        long address = pool.alloc(size);
        if (address == 0) {
            throw new MachineException(ExitCode.RESOURCES, "no " + size + " bytes in a row are left in the multikernel "
                + "pool for instance " + name + ": the longest free range is " + pool.bitmap().largestFree()
                + " bytes (mk iomem); delete an instance, or give the machine more memory");
        }
        return new Region(address, size);
    }

    /** What was set aside is this instance's. */
    void joined(Region region) {
        regions = Stream.concat(regions.stream(), Stream.of(region)).toList();
    }

    /** What was set aside is nobody's again. */
    void notJoined(Region region) {
        entry.removeRegion(region);
        machine.multikernelPool().release(List.of(region));
    }

    /**
     * Regions that a kernel that runs can be asked for: not the first one, nor that with the IPI area.
     *
     * @return newest first
     */
    List<Region> removable() {
        return regions.stream().skip(1).filter(region -> !InstancePool.owns(List.of(region), ipiArea, 1)).toList()
            .reversed();
    }

    /** The kernel has given a region back, with nothing in it. */
    void left(Region region) {
        regions = regions.stream().filter(each -> !each.equals(region)).toList();
        entry.removeRegion(region);
        goingRegions.add(region);
        freeGoing();
    }

    private void freeGoing() {
        PageTable pages = machine.memory().pageTable();
        goingRegions.removeIf(region -> !pages.endShares(region.address(), region.size())
            && machine.multikernelPool().release(List.of(region)) == 0);
    }

    /**
     * Takes it away from all who could write into it; {@link #publish} gives the IPI area back to them.
     *
     * @throws MachineException that says who could still, because another instance has a page of it mapped or a process
     *     that sends to it is stopped; everything is as before then
     */
    void withdraw() {
        look();
        endGrants();
        List<MappedPage> mapped = machine.memory().pageTable().stillMapped(
            Stream.concat(regions.stream(), goingRegions.stream()).toList());
        if (!mapped.isEmpty()) {
            MappedPage first = mapped.getFirst();
            throw new MachineException(ExitCode.STATE, "page 0x" + Long.toHexString(first.address()) + " of instance "
                + name + (mapped.size() == 1 ? "" : " (and " + (mapped.size() - 1) + " more)")
                + " is still mapped by " + first.mappers().stream().map(this::nameOf).collect(Collectors.joining(", "))
                + ": have it unmap the page, or mk kill it");
        }
        boolean released = machine.ipiAreas().unpublish(entry.id());
        look();
        if (!released || !busyAreas.isEmpty()) {
            publish();
            throw new MachineException(ExitCode.STATE, "IPI area of instance " + name
                + " is still mapped by a CPU that does not answer (physical CPUs " + holders()
                + "): continue its process (kill -CONT), or mk kill -f its instance, and try again");
        }
    }

    private String holders() {
        SortedSet<Integer> cpus = new TreeSet<>();
        Arrays.stream(machine.ipiAreas().senders(entry.id())).forEach(cpus::add);
        busyAreas.forEach(area -> cpus.addAll(area.holders()));
        return cpus.toString();
    }

    /** Says in the instance table where the IPI area is. */
    void publish() {
        entry.ipiArea(ipiArea, ipiAreaSize);
    }

    /** Makes it ready for a life; if a former one has used it, all is made anew. The rest of the entry is right. */
    void renew() {
        entry.regions(regions);
        publish();
        if (isUsed) {
            if (!machine.ipiAreas().unpublish(entry.id()) && ipiArea != 0) {
                busyAreas.add(new BusyArea(machine.mapped(), entry.id(), new Region(ipiArea, ipiAreaSize),
                    machine.ipiAreas().senders(entry.id())));
            }
            forgetIpiArea();
            look();
            recoverPool();
            createIpiArea();
        }
        isUsed = true;
    }

    /** Frees what former lives left; a bitmap that they damaged is made anew unless somebody still uses the pool. */
    private void recoverPool() {
        try (InstancePool pool = machine.mapped().poolOf(entry)) {
            mappedRests.clear();
            mappedRests.addAll(pool.recover(address -> busyAreas.stream()
                .anyMatch(area -> area.region().address() == address)));
        } catch (MachineException damaged) {
            /* Made anew it would hand out what others still use. */
            if (!busyAreas.isEmpty() || !machine.memory().pageTable().stillMapped(regions).isEmpty()) {
                throw new MachineException(ExitCode.STATE, damaged.getMessage() + ", and others still use memory of it:"
                    + " have them unmap it, or mk kill them, and try again", damaged);
            }
            formatPool();
        }
    }

    /** A life has ended: ends the shares of its pages and those that others made for it; it maps nothing any more. */
    void endShares() {
        PageTable pages = machine.memory().pageTable();
        pages.clearGrantsTo(entry.id());
        pages.clearMappingsOf(entry.id());
        endGrants();
    }

    private void endGrants() {
        PageTable pages = machine.memory().pageTable();
        regions.forEach(region -> pages.clearGrants(region.address(), region.size()));
    }

    /**
     * To be called now and then: memory that stopped CPUs held is free once they let go, and pages of former lives once
     * others have unmapped them.
     *
     * @return whether there is such memory left
     */
    boolean look() {
        freeGoing();
        busyAreas.removeIf(area -> area.isFree() && mappedRests.add(area.region()));
        PageTable pages = machine.memory().pageTable();
        if (mappedRests.stream().anyMatch(rest -> pages.stillMapped(List.of(rest)).isEmpty())) {
            entry.regions(regions);
            try (InstancePool pool = machine.mapped().poolOf(entry)) {
                mappedRests.removeIf(rest -> pool.free(rest.address(), rest.size()) != -Errno.EBUSY);
            } catch (MachineException damaged) {
                /* Its own kernel wrote there. The next life makes the pool anew. */
                mappedRests.clear();
            }
        }
        return !busyAreas.isEmpty() || !mappedRests.isEmpty() || !goingRegions.isEmpty();
    }

    /** What to call an instance that is not this one: its name in RAM, if that is one. */
    private String nameOf(int id) {
        if (id == 0) {
            return "instance " + HostedMachine.HOST_NAME;
        }
        String name = machine.mapped().instances().entry(id).name();
        return "instance " + (InstanceSpec.nameProblem(name) == null ? name : Integer.toString(id));
    }
}
