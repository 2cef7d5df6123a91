// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.InstanceDescriptor;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceEntry.Region;
import io.mkemu.boot.InstanceState;
import io.mkemu.boot.dt.InstanceSpec;
import io.mkemu.boot.dt.RestartPolicy;
import io.mkemu.cpu.LocalApic;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Pages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An instance as its host knows it. What the host gave away, memory and CPUs, it keeps a copy of here: the instance
 * table is for others to read, and anybody can scribble over it. All calls that change something under the host's lock.
 */
final class HostedInstance {
    private final Machine machine;
    private final InstanceEntry entry;
    private final List<BusyArea> busyAreas = new ArrayList<>();
    private volatile InstanceSpec spec;
    private volatile InstanceState settled = InstanceState.EMPTY;
    private volatile InstanceLife life;
    private volatile String reason = "";
    private volatile int restarts;
    private volatile long restartAt;
    private List<Region> regions = List.of();
    private boolean poolIsUsed;

    HostedInstance(Machine machine, InstanceSpec spec) {
        this.machine = machine;
        this.spec = spec;
        this.entry = machine.memory().instances().entry(spec.id());
    }

    InstanceSpec spec() {
        return spec;
    }

    InstanceEntry entry() {
        return entry;
    }

    /** The life that has begun and not ended, or null. */
    InstanceLife life() {
        return life;
    }

    /** Why it failed, or empty. */
    String reason() {
        return reason;
    }

    /** Restarts in a row. */
    int restarts() {
        return restarts;
    }

    /** When it will be started again, in ns of System.nanoTime; 0 if it will not. */
    long restartAt() {
        return restartAt;
    }

    /** What it is now. What the RAM says counts only for whether a kernel that boots has become active. */
    InstanceState state() {
        InstanceLife now = life;
        if (now == null) {
            return settled;
        }
        return now.isActive() && !now.isHalting() ? InstanceState.ACTIVE : InstanceState.LOADED;
    }

    /**
     * Takes CPUs and memory out of the machine's pools: it is ready then. All or nothing.
     *
     * @throws MachineException if the multikernel pool has not so much in few enough pieces
     */
    void reserve() {
        List<Region> taken =
            machine.multikernelPool().createInstancePool(spec.memoryBytes(), Pages.PAGE_SHIFT);
        if (taken.isEmpty()) {
            throw noMemory(spec.memoryBytes());
        }
        try {
            settle(taken);
        } catch (RuntimeException refused) {
            giveBack(taken);
            throw refused;
        }
    }

    private MachineException noMemory(long bytes) {
        return new MachineException(ExitCode.RESOURCES, "no " + bytes + " bytes in " + InstanceDescriptor.MAX_REGIONS
            + " pieces or fewer are left in the multikernel pool for instance " + spec.name()
            + ": give it less memory, or the machine more");
    }

    /** Makes entry, pool and IPI area anew on these regions: nothing of what was there remains. */
    private void settle(List<Region> taken) {
        regions = taken;
        entry.name(spec.name());
        entry.regions(regions);
        machine.assign(spec.id(), spec.cpus());
        InstancePool.format(machine.memory(), regions).close();
        entry.ipiArea(0, 0);
        machine.createIpiArea(entry);
        entry.forgetLife();
        entry.cmdline("");
        poolIsUsed = false;
        reason = "";
        enter(InstanceState.READY);
    }

    /**
     * Exchanges CPUs and memory. On failure everything is as before.
     *
     * @throws MachineException if the memory cannot be had
     */
    void update(InstanceSpec wanted) {
        requireUnused();
        List<Region> next = wanted.memoryBytes() == spec.memoryBytes() ? regions
            : machine.multikernelPool().exchangeInstancePool(regions, wanted.memoryBytes());
        InstanceState before = settled;
        if (!next.isEmpty()) {
            machine.unassign(spec.cpus());
            spec = wanted;
        }
        settle(next.isEmpty() ? regions : next);
        if (before != InstanceState.READY) {
            load(spec);
        }
        if (next.isEmpty()) {
            throw noMemory(wanted.memoryBytes());
        }
    }

    /** Sets modules and boot parameters: it is loaded then. */
    void load(InstanceSpec wanted) {
        spec = wanted;
        reason = "";
        stopRestarting();
        entry.reason("");
        entry.cmdline(wanted.bootargs());
        enter(InstanceState.LOADED);
    }

    /** Takes modules and boot parameters away. */
    void unload() {
        load(spec.with(List.of(), "", RestartPolicy.NEVER));
        enter(InstanceState.READY);
    }

    /**
     * Gives everything back.
     *
     * @throws MachineException if somebody still uses its memory
     */
    void delete() {
        requireUnused();
        stopRestarting();
        giveBack(regions);
    }

    private void giveBack(List<Region> given) {
        entry.ipiArea(0, 0);
        enter(InstanceState.EMPTY);
        machine.unassign(spec.cpus());
        machine.multikernelPool().freeInstancePool(given);
        regions = List.of();
        entry.regions(regions);
        entry.cpus(new int[0]);
        entry.name("");
        entry.cmdline("");
        entry.forgetLife();
    }

    /** Refuses while a process that is stopped could still write into its memory, or has pages of it mapped. */
    private void requireUnused() {
        look();
        long area = entry.ipiArea();
        long size = entry.ipiAreaSize();
        boolean released = machine.ipiAreas().unpublish(spec.id());
        if (!released || !busyAreas.isEmpty()) {
            entry.ipiArea(area, size);
            throw new MachineException(ExitCode.STATE, "IPI buffer of instance " + spec.name()
                + " is still mapped by a CPU that does not answer (physical CPUs "
                + Arrays.toString(machine.ipiAreas().senders(spec.id()))
                + "): continue its process (kill -CONT), or mk kill -f its instance, and try again");
        }
    }

    /**
     * Begins a life: nothing of a former one is left in the pool, the mailbox, the local APICs or the instance table.
     *
     * @param begun the life, prepared
     */
    void begin(InstanceLife begun) {
        entry.name(spec.name());
        entry.regions(regions);
        if (poolIsUsed) {
            renewIpiArea();
            machine.assign(spec.id(), spec.cpus());
        }
        poolIsUsed = true;
        entry.forgetLife();
        reason = "";
        restartAt = 0;
        entry.cmdline(machine.cmdline(entry, spec.bootargs()));
        entry.newEpoch(InstanceState.LOADED);
        settled = InstanceState.LOADED;
        life = begun;
    }

    private void renewIpiArea() {
        long area = entry.ipiArea();
        if (!machine.ipiAreas().unpublish(spec.id()) && area != 0) {
            busyAreas.add(new BusyArea(machine.memory(), spec.id(), area, machine.ipiAreas().senders(spec.id())));
        }
        look();
        recoverPool();
        machine.createIpiArea(entry);
    }

    /** Frees what former lives left; a bitmap that they damaged is made anew unless somebody still uses the pool. */
    private void recoverPool() {
        try (InstancePool pool = InstancePool.attach(machine.memory(), entry)) {
            pool.recover(busyAreas.isEmpty() ? 0 : busyAreas.getFirst().address());
        } catch (MachineException damaged) {
            if (!busyAreas.isEmpty()) {
                throw damaged;
            }
            InstancePool.format(machine.memory(), regions).close();
        }
    }

    /** To be called now and then: memory that stopped CPUs held is free once they let go. */
    void look() {
        busyAreas.removeIf(BusyArea::isFree);
    }

    boolean hasBusyAreas() {
        return !busyAreas.isEmpty();
    }

    /** The life could not even be begun. */
    void abandon(String why) {
        life = null;
        reason = why;
        entry.requested(InstanceDescriptor.REQUEST_NONE);
        entry.reason(why);
        enter(InstanceState.FAILED);
    }

    /**
     * The life has ended: ends the shares of its pages, and those that others made for it, and frees what it held. What
     * others have mapped stays mapped there, and allocated here, until they unmap it.
     *
     * @param wanted whether somebody wanted it to end and it did so
     * @param how    it ended otherwise
     */
    void end(boolean wanted, String how) {
        String said = entry.reason().isEmpty() ? how : entry.reason();
        reason = wanted ? "" : said;
        entry.reason(reason);
        life = null;
        enter(wanted ? InstanceState.LOADED : InstanceState.FAILED);
        PageTable pages = machine.memory().pageTable();
        pages.clearGrantsTo(spec.id());
        regions.forEach(region -> pages.clear(region.address(), region.size()));
        for (int cpu : machine.physical(spec.cpus())) {
            LocalApic.of(machine.memory(), cpu).retire();
        }
        entry.requested(InstanceDescriptor.REQUEST_NONE);
    }

    /** Plans a restart; whether there will be one. */
    boolean planRestart(long nowNanos) {
        if (!spec.restart().onFailure() || restarts >= spec.restart().limit()) {
            return false;
        }
        /* 0 means none. */
        restartAt = Math.max(1, nowNanos + spec.restart().delayMillis(restarts) * 1_000_000);
        restarts++;
        return true;
    }

    /** Forgets the restarts in a row, and the one that is planned. */
    void stopRestarting() {
        restarts = 0;
        restartAt = 0;
    }

    private void enter(InstanceState state) {
        settled = state;
        entry.enter(state);
    }
}
