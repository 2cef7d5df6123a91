// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.host.plug.PlugChange;
import io.mkemu.host.plug.ResourceAsk;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.log.KernelLog;
import io.mkemu.memory.Region;
import io.mkemu.os.Affinity;
import io.mkemu.table.InstanceEntry;
import io.mkemu.table.ResourceOperation;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.RestartPolicy;
import java.util.ArrayList;
import java.util.List;

/**
 * An instance as its host knows it. What the host gave away, memory and CPUs, it keeps a copy of: the instance table is
 * for others to read, and anybody can scribble over it. All calls that change something under the host's lock.
 */
public final class HostedInstance {
    private final HostedMachine machine;
    private final InstanceEntry entry;
    private final InstanceMemory memory;
    private final InstanceCpus cpus;
    private final Restarts restarts;
    private volatile InstanceSpec spec;
    private volatile InstanceState settled = InstanceState.EMPTY;
    private volatile InstanceLife life;
    private volatile String reason = "";
    private volatile String report = "";
    /* Of CPUs or memory while the kernel runs: under way, or given up and not let go. */
    private PlugChange change;
    private boolean plugs;

    public HostedInstance(HostedMachine machine, InstanceSpec spec) {
        this.machine = machine;
        this.spec = spec;
        this.entry = machine.mapped().instances().entry(spec.id());
        this.memory = new InstanceMemory(machine, entry, spec.name());
        this.cpus = new InstanceCpus(machine, entry, spec.name());
        this.restarts = new Restarts(machine.mapped().platform()::nanoTime);
    }

    public InstanceSpec spec() {
        return spec;
    }

    public InstanceEntry entry() {
        return entry;
    }

    /** Where its memory lies, as its host gave it away. */
    public List<Region> regions() {
        return memory.regions();
    }

    /** The life that has begun and not ended, or null. */
    public InstanceLife life() {
        return life;
    }

    /** Why it failed, or empty. */
    public String reason() {
        return reason;
    }

    /** The path of the report of its last failure, or empty. */
    public String report() {
        return report;
    }

    /** Says where that is. */
    public void report(String path) {
        report = path;
    }

    public Restarts restarts() {
        return restarts;
    }

    /** What it is now. What the RAM says counts only for whether a kernel that boots has become active. */
    public InstanceState state() {
        InstanceLife now = life;
        if (now == null) {
            return settled;
        }
        return now.isActive() && !now.isHalting() ? InstanceState.ACTIVE : InstanceState.LOADED;
    }

    /**
     * Takes CPUs and memory out of the machine's pools: it is ready then. All or nothing.
     *
     * @param dryRun only look whether it could be done
     * @throws io.mkemu.MachineException if the multikernel pool has not so much in few enough pieces
     */
    public void reserve(boolean dryRun) {
        memory.take(spec, dryRun);
        if (dryRun) {
            return;
        }
        try {
            settle();
            new KernelLog(machine.memory(), spec.id()).clear();
        } catch (RuntimeException refused) {
            giveBack();
            throw refused;
        }
    }

    /** Makes entry, CPUs, pool and IPI area anew: nothing of what was there remains. */
    private void settle() {
        entry.name(spec.name());
        machine.assign(spec.id(), spec.cpus(), spec.external() ? Affinity.online() : Affinity.allowed());
        memory.format();
        entry.forgetLife();
        entry.cmdline("");
        reason = "";
        enter(InstanceState.READY);
    }

    /**
     * Exchanges CPUs and memory.
     *
     * @param dryRun only look whether it could be done
     * @throws io.mkemu.MachineException if the memory cannot be had or somebody still uses it; everything is as before
     *     then
     */
    public void update(InstanceSpec wanted, boolean dryRun) {
        memory.withdraw();
        boolean exchanged = false;
        try {
            if (wanted.memoryBytes() != spec.memoryBytes() || !memory.holdsIpiArea(wanted)) {
                memory.exchange(wanted, dryRun);
            }
            exchanged = !dryRun;
        } finally {
            if (!exchanged) {
                memory.publish();
            }
        }
        if (exchanged) {
            changeTo(wanted);
        }
    }

    /**
     * Gives the kernel that runs a region of memory.
     *
     * @param host the host's own kernel
     * @return what is to be waited for, and settled then
     * @throws io.mkemu.MachineException if there is none, or the kernel cannot be asked; nothing is changed then
     */
    public PlugChange addMemory(long bytes, KernelInstance host) {
        requireNoChange();
        Region region = memory.setAside(bytes, false);
        try {
            change = ask(host, ResourceOperation.MEMORY_ADD, null, region, () -> {
                memory.joined(region);
                resized(region.size());
            }, () -> memory.notJoined(region));
            return change;
        } catch (RuntimeException | Error refused) {
            if (change == null) {
                memory.notJoined(region);
            }
            throw refused;
        }
    }

    /**
     * Asks the kernel that runs for a region of memory; as {@link #addMemory}.
     *
     * @param region one of {@link #removableMemory}
     * @param dryRun only ask whether it would give it back
     */
    public PlugChange removeMemory(Region region, boolean dryRun, KernelInstance host) {
        requireNoChange();
        change = dryRun ? ask(host, ResourceOperation.QUERY, ResourceOperation.MEMORY_REMOVE, region, () -> { },
            () -> { }) : ask(host, ResourceOperation.MEMORY_REMOVE, null, region, () -> {
                memory.left(region);
                resized(-region.size());
            }, () -> { });
        return change;
    }

    /** Looks whether a region of so many bytes could be had for the kernel that runs. */
    public void requireMemory(long bytes) {
        memory.setAside(bytes, true);
    }

    /** Regions that the kernel that runs can be asked for, newest first. */
    public List<Region> removableMemory() {
        return memory.removable();
    }

    private PlugChange ask(KernelInstance host, ResourceOperation operation, ResourceOperation about, Region region,
        Runnable done, Runnable undone) {
        return ask(host, operation, about, region.address(), region.size(), done, undone);
    }

    private PlugChange ask(KernelInstance host, ResourceOperation operation, ResourceOperation about, long first,
        long second, Runnable done, Runnable undone) {
        return new PlugChange(ResourceAsk.begin(machine.mapped(), host, entry, spec.name(), operation, about,
            first, second), done, undone);
    }

    private PlugChange askAboutCpu(KernelInstance host, ResourceOperation operation, ResourceOperation about, int cpu,
        Runnable done, Runnable undone) {
        requireNoChange();
        change = ask(host, operation, about, machine.physical(List.of(cpu)).getFirst(), 0, done, undone);
        return change;
    }

    /**
     * Begins or ends a change of CPUs, which is several requests to the kernel.
     *
     * @throws io.mkemu.MachineException if one is under way
     */
    public void plugs(boolean begins) {
        if (begins && plugs) {
            throw new MachineException(ExitCode.STATE, "CPUs of instance " + spec.name() + " are being changed "
                + "already: try again when that is done");
        }
        if (begins) {
            requireNoChange();
        }
        plugs = begins;
    }

    /** Refuses CPUs that cannot go while the kernel runs, whatever that says. */
    public void requireMayGo(List<Integer> going) {
        cpus.requireMayGo(going);
    }

    /** Refuses CPUs that cannot come while the kernel runs, once others have gone. */
    public void requireRoom(List<Integer> coming, List<Integer> going) {
        cpus.requireRoom(coming, going.size());
    }

    /** Its CPUs are about to change: the life cannot be replayed from here on. */
    public void recordChange(InstanceSpec wanted) {
        machine.recorder().cpusChange(wanted, life instanceof ExternalProcess);
    }

    /** Asks the kernel that runs whether it would take a CPU, or give it back. */
    public PlugChange askWhetherCpu(int cpu, boolean comes, KernelInstance host) {
        return askAboutCpu(host, ResourceOperation.QUERY, comes ? ResourceOperation.CPU_ADD
            : ResourceOperation.CPU_REMOVE, cpu, () -> { }, () -> { });
    }

    /** Sets a CPU aside for the kernel that runs: it is this instance's from here on. */
    public void prepareCpu(int cpu) {
        requireNoChange();
        List<Integer> more = new ArrayList<>(spec.cpus());
        more.add(cpu);
        cpus.prepare(cpu, life.hostCpus());
        spec = spec.withResources(more, spec.memoryBytes());
    }

    /** It is not any more. */
    public void takeBackCpu(int cpu) {
        List<Integer> fewer = new ArrayList<>(spec.cpus());
        fewer.remove((Integer) cpu);
        cpus.gone(cpu);
        spec = spec.withResources(fewer, spec.memoryBytes());
    }

    /** Gives the kernel that runs a CPU that is set aside for it. */
    public PlugChange addCpu(int cpu, KernelInstance host) {
        try {
            return askAboutCpu(host, ResourceOperation.CPU_ADD, null, cpu, () -> cpus.publish(cpu, true),
                () -> takeBackCpu(cpu));
        } catch (RuntimeException | Error refused) {
            takeBackCpu(cpu);
            throw refused;
        }
    }

    /** Says that a CPU stays of which the kernel has been asked whether it may go. */
    public PlugChange keepCpu(int cpu, KernelInstance host) {
        return askAboutCpu(host, ResourceOperation.CPU_ADD, null, cpu, () -> { }, () -> { });
    }

    /** Senders find a CPU in the CPU set, or no longer, as long as a life lasts. */
    public void showCpu(int cpu, InstanceLife of, boolean isThere) {
        if (life == of) {
            cpus.publish(cpu, isThere);
        }
    }

    /**
     * Waits until nobody sends to a CPU that is shown no longer. Not under the host's lock.
     *
     * @throws io.mkemu.MachineException that names the sender that does not answer
     */
    public void awaitSenders(int cpu) {
        cpus.awaitSenders(cpu);
    }

    /** Asks the kernel that runs for a CPU to which nobody sends any more. */
    public PlugChange removeCpu(int cpu, KernelInstance host) {
        return askAboutCpu(host, ResourceOperation.CPU_REMOVE, null, cpu, () -> { }, () -> { });
    }

    /** Waits until a CPU that the kernel has given back is parked, or the life is over. Not under the host's lock. */
    public boolean awaitOffline(int cpu, InstanceLife of) throws InterruptedException {
        return cpus.awaitOffline(cpu, () -> life == of);
    }

    /**
     * A CPU that the kernel has given back is none of this instance's any more.
     *
     * @return false if another life has begun with it meanwhile
     */
    public boolean cpuGone(int cpu, InstanceLife of) {
        if (life != null && life != of) {
            return false;
        }
        takeBackCpu(cpu);
        if (life == null) {
            cpus.restore(spec.cpus());
        }
        return true;
    }

    private void resized(long bytes) {
        spec = spec.withResources(spec.cpus(), Math.max(Pages.PAGE_SIZE, spec.memoryBytes() + bytes));
    }

    private void requireNoChange() {
        if (change != null && !change.isOver()) {
            throw new MachineException(ExitCode.STATE, "instance " + spec.name() + " is being changed already, or its "
                + "kernel has not let go of what it was asked for before: wait until it has, or mk kill it");
        }
        change = null;
    }

    private void changeTo(InstanceSpec wanted) {
        InstanceState before = settled;
        machine.unassign(spec.cpus());
        spec = wanted;
        settle();
        if (before != InstanceState.READY) {
            load(spec);
        }
    }

    /** Sets modules and boot parameters: it is loaded then. */
    public void load(InstanceSpec wanted) {
        spec = wanted;
        reason = "";
        report = "";
        restarts.stop();
        entry.reason("");
        entry.cmdline(wanted.bootargs());
        enter(InstanceState.LOADED);
    }

    /** Takes modules and boot parameters away: it is ready then. */
    public void unload() {
        load(spec.with(List.of(), "", RestartPolicy.NEVER));
        enter(InstanceState.READY);
    }

    /**
     * Gives back everything of instances, or of none of them.
     *
     * @param dryRun only look whether it could be done
     * @throws io.mkemu.MachineException if somebody still uses memory of one of them
     */
    public static void delete(List<HostedInstance> all, boolean dryRun) {
        List<HostedInstance> withdrawn = new ArrayList<>();
        try {
            for (HostedInstance instance : all) {
                instance.memory.withdraw();
                withdrawn.add(instance);
            }
            if (!dryRun) {
                withdrawn.clear();
                all.forEach(HostedInstance::giveBack);
            }
        } finally {
            withdrawn.forEach(instance -> instance.memory.publish());
        }
    }

    private void giveBack() {
        restarts.stop();
        enter(InstanceState.EMPTY);
        machine.unassign(spec.cpus());
        memory.free();
        entry.cpus(new int[0]);
        entry.name("");
        entry.cmdline("");
        entry.forgetLife();
    }

    /**
     * Begins a life: nothing of a former one is left in the pool, the mailbox, the local APICs or the instance table.
     *
     * @param begun the life, prepared
     */
    public void begin(InstanceLife begun) {
        entry.name(spec.name());
        machine.assign(spec.id(), spec.cpus(), begun.hostCpus());
        memory.renew();
        entry.forgetLife();
        reason = "";
        report = "";
        restarts.begun();
        cpus.begin(spec.cpus());
        entry.cmdline(machine.cmdline(entry, spec.bootargs()));
        entry.newLife(InstanceState.LOADED);
        settled = InstanceState.LOADED;
        life = begun;
        machine.recorder().lifeBegins(spec, begun instanceof ExternalProcess);
    }

    /** The life could not even be begun. */
    public void abandon(String why) {
        life = null;
        settled = InstanceState.FAILED;
        reason = why;
        restarts.stop();
        entry.requested(InstanceDescriptor.REQUEST_NONE);
        entry.reason(why);
        enter(InstanceState.FAILED);
    }

    /**
     * The life has ended: its CPUs are retired, its shares end. What it held in memory is freed before the next life.
     *
     * @param wanted whether somebody wanted it to end and it did so
     * @param how    it ended otherwise
     */
    public void end(boolean wanted, String how) {
        end(wanted, how, () -> { });
    }

    /**
     * As above.
     *
     * @param look runs when nobody can send to it any more, and before its shares end and its CPUs are retired
     */
    public void end(boolean wanted, String how, Runnable look) {
        /* First what only this object knows: however bad the RAM is, nobody waits for a process that is gone. */
        reason = wanted ? "" : how;
        settled = wanted ? InstanceState.LOADED : InstanceState.FAILED;
        life = null;
        machine.recorder().lifeEnded(spec.id());
        if (!wanted && !entry.reason().isEmpty()) {
            reason = entry.reason();
        }
        entry.reason(reason);
        enter(settled);
        look.run();
        if (change != null) {
            change.settleWithLife();
            change = null;
        }
        entry.resources().forget();
        /* What was taken out of the CPU set, and has not gone, is in it in the next life. */
        cpus.restore(spec.cpus());
        memory.endShares();
        for (int cpu : machine.physical(spec.cpus())) {
            machine.mapped().apic(cpu).retire();
        }
        entry.requested(InstanceDescriptor.REQUEST_NONE);
    }

    /**
     * To be called now and then: memory that stopped CPUs held is free once they let go.
     *
     * @return whether it must be called again
     */
    public boolean look() {
        boolean kept = change != null && change.isGivenUp() && !change.settle();
        return memory.look() || kept;
    }

    private void enter(InstanceState state) {
        settled = state;
        entry.enter(state);
        machine.mapped().instances().tellWatchers();
        machine.recorder().entered(spec.id(), state, reason);
    }
}
