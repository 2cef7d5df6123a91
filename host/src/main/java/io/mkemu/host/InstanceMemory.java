// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.Errno;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.InstanceDescriptor;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceEntry.Region;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.PageTable.MappedPage;
import io.mkemu.memory.Pages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The memory of one instance, as its host gave it away: the pool's regions, the IPI area in them, and what is left in
 * them of former lives. Under the host's lock.
 */
final class InstanceMemory {
    private final Machine machine;
    private final InstanceEntry entry;
    private final List<BusyArea> busyAreas = new ArrayList<>();
    /** What a former life had allocated and is to be freed; other instances may still have it mapped. */
    private final List<Region> mappedRests = new ArrayList<>();
    private List<Region> regions = List.of();
    private boolean isUsed;

    InstanceMemory(Machine machine, InstanceEntry entry) {
        this.machine = machine;
        this.entry = entry;
    }

    /**
     * Takes memory out of the multikernel pool.
     *
     * @throws MachineException if that has not so much in few enough pieces
     */
    void take(String name, long bytes) {
        List<Region> taken = machine.multikernelPool().createInstancePool(bytes, Pages.PAGE_SHIFT);
        if (taken.isEmpty()) {
            throw noMemory(name, bytes);
        }
        regions = taken;
    }

    /**
     * Looks whether {@link #take} or {@link #exchange} would get so much: exactly where both memories fit beside each
     * other, by the sum of what is free otherwise.
     *
     * @throws MachineException if not
     */
    void requireRoom(String name, long bytes) {
        long own = regions.stream().mapToLong(Region::size).sum();
        List<Region> beside = machine.multikernelPool().createInstancePool(bytes, Pages.PAGE_SHIFT);
        machine.multikernelPool().freeInstancePool(beside);
        if (beside.isEmpty() && bytes != own && (own == 0 || machine.multikernelPool().available() + own < bytes)) {
            throw noMemory(name, bytes);
        }
    }

    /**
     * Exchanges it for memory of another size.
     *
     * @return whether that could be had; the old memory stays otherwise
     */
    boolean exchange(long bytes) {
        List<Region> next = machine.multikernelPool().exchangeInstancePool(regions, bytes);
        if (next.isEmpty()) {
            return false;
        }
        regions = next;
        return true;
    }

    static MachineException noMemory(String name, long bytes) {
        return new MachineException(ExitCode.RESOURCES, "no " + bytes + " bytes in " + InstanceDescriptor.MAX_REGIONS
            + " pieces or fewer are left in the multikernel pool for instance " + name
            + ": give it less memory, or the machine more");
    }

    /** Makes pool and IPI area anew: nothing of what was there remains. Name and CPUs are in the entry already. */
    void format() {
        entry.regions(regions);
        formatPool();
        entry.ipiArea(0, 0);
        machine.createIpiArea(entry);
        isUsed = false;
    }

    private void formatPool() {
        InstancePool.format(machine.memory(), regions).close();
        mappedRests.clear();
    }

    /** Gives it back. After {@link #requireUnused}. */
    void free() {
        entry.ipiArea(0, 0);
        machine.multikernelPool().freeInstancePool(regions);
        mappedRests.clear();
        regions = List.of();
        entry.regions(regions);
    }

    /**
     * Refuses while a process that is stopped could still write into it, or another instance has a page of it mapped.
     *
     * @throws MachineException that says who; everything is as before then
     */
    void requireUnused() {
        look();
        List<MappedPage> mapped = machine.memory().pageTable().stillMapped(regions);
        if (!mapped.isEmpty()) {
            MappedPage first = mapped.getFirst();
            throw new MachineException(ExitCode.STATE, "page 0x" + Long.toHexString(first.address()) + " of instance "
                + entry.name() + (mapped.size() == 1 ? "" : " (and " + (mapped.size() - 1) + " more)")
                + " is still mapped by " + first.mappers().stream().map(this::nameOf).collect(Collectors.joining(", "))
                + ": have it unmap the page, or mk kill it");
        }
        long area = entry.ipiArea();
        long size = entry.ipiAreaSize();
        boolean released = machine.ipiAreas().unpublish(entry.id());
        entry.ipiArea(area, size);
        look();
        if (!released || !busyAreas.isEmpty()) {
            throw new MachineException(ExitCode.STATE, "IPI buffer of instance " + entry.name()
                + " is still mapped by a CPU that does not answer (physical CPUs "
                + Arrays.toString(machine.ipiAreas().senders(entry.id()))
                + "): continue its process (kill -CONT), or mk kill -f its instance, and try again");
        }
    }

    /**
     * Makes it ready for a life.
     *
     * @return whether a former life has used it, so that all was made anew
     */
    boolean renew() {
        entry.regions(regions);
        boolean wasUsed = isUsed;
        if (wasUsed) {
            Region area = new Region(entry.ipiArea(), entry.ipiAreaSize());
            if (!machine.ipiAreas().unpublish(entry.id()) && area.address() != 0) {
                busyAreas.add(
                    new BusyArea(machine.memory(), entry.id(), area, machine.ipiAreas().senders(entry.id())));
            }
            look();
            recoverPool();
            machine.createIpiArea(entry);
        }
        isUsed = true;
        return wasUsed;
    }

    /** Frees what former lives left; a bitmap that they damaged is made anew unless somebody still uses the pool. */
    private void recoverPool() {
        try (InstancePool pool = InstancePool.attach(machine.memory(), entry)) {
            mappedRests.clear();
            mappedRests.addAll(pool.recover(
                address -> busyAreas.stream().anyMatch(area -> area.region().address() == address)));
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
        regions.forEach(region -> pages.clearGrants(region.address(), region.size()));
    }

    /**
     * To be called now and then: memory that stopped CPUs held is free once they let go, and pages of former lives once
     * others have unmapped them.
     *
     * @return whether there is such memory left
     */
    boolean look() {
        busyAreas.removeIf(area -> area.isFree() && mappedRests.add(area.region()));
        PageTable pages = machine.memory().pageTable();
        if (mappedRests.stream().anyMatch(rest -> pages.stillMapped(List.of(rest)).isEmpty())) {
            entry.regions(regions);
            try (InstancePool pool = InstancePool.attach(machine.memory(), entry)) {
                mappedRests.removeIf(rest -> pool.free(rest.address(), rest.size()) != -Errno.EBUSY);
            } catch (MachineException damaged) {
                /* Its own kernel wrote there. The next life makes the pool anew. */
                mappedRests.clear();
            }
        }
        return !busyAreas.isEmpty() || !mappedRests.isEmpty();
    }

    /** What to call an instance that is not this one: its name in RAM, if that is one. */
    private String nameOf(int id) {
        String name = machine.memory().instances().entry(id).name();
        return "instance " + (name.matches("[A-Za-z0-9,._+-]+") ? name : Integer.toString(id));
    }
}
