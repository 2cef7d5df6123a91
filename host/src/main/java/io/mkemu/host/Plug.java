// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.InstanceLife;
import io.mkemu.host.life.States;
import io.mkemu.host.plug.PlugChange;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.memory.Region;
import io.mkemu.tree.InstanceSpec;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * Gives an instance more, or takes of what it has: one whose kernel runs is asked for it, another one is changed as
 * {@link Host#update} does it. All of it or nothing. Any thread; whoever waits for a kernel holds up nobody.
 */
final class Plug {
    private final Host host;

    Plug(Host host) {
        this.host = host;
    }

    /**
     * Adds memory.
     *
     * @param bytes  whole pages
     * @param dryRun only look whether it could be done
     * @return what the instance is then
     * @throws MachineException if it cannot be had, or the kernel does not take it; nothing is changed then
     */
    InstanceSpec addMemory(String name, long bytes, boolean dryRun) {
        if (!runs(name)) {
            return host.update(name, null, spec(name).memoryBytes() + bytes, dryRun);
        }
        if (dryRun) {
            return host.atOnce(() -> {
                HostedInstance instance = find(name);
                instance.requireMemory(bytes);
                return resized(instance.spec(), bytes);
            });
        }
        return change(name, (instance, kernel) -> instance.addMemory(bytes, kernel));
    }

    /**
     * Takes memory away: from a kernel that runs a whole region.
     *
     * @param bytes   of the region, 0 for that at the address
     * @param address of its first byte, if bytes is 0
     * @param dryRun  only ask whether it could be done
     * @return what the instance is then
     * @throws MachineException as {@link #addMemory}; the message has the regions that there are, or what holds it
     */
    InstanceSpec removeMemory(String name, long bytes, long address, boolean dryRun) {
        if (!runs(name)) {
            long size = bytes != 0 ? bytes : region(find(name), find(name).regions(), 0, address).getFirst().size();
            long left = spec(name).memoryBytes() - size;
            if (left <= 0) {
                throw new MachineException(ExitCode.RESOURCES, "instance " + name + " has "
                    + spec(name).memoryBytes() + " bytes: mk delete takes all of it");
            }
            return host.update(name, null, left, dryRun);
        }
        List<Region> candidates = host.atOnce(() -> region(find(name), find(name).removableMemory(), bytes, address));
        for (Region region : candidates) {
            PlugChange change = asked(name, (instance, kernel) -> instance.removeMemory(region, dryRun, kernel));
            if (change.isDone()) {
                return dryRun ? resized(spec(name), -region.size()) : spec(name);
            }
            /* Another one of that size may be empty; a kernel that does not answer is not asked again. */
            if (!change.isAnswered() || region.equals(candidates.getLast())) {
                throw change.refusal();
            }
        }
        throw new IllegalStateException("a region is found or refused");
    }

    private static InstanceSpec resized(InstanceSpec spec, long bytes) {
        return spec.withResources(spec.cpus(), spec.memoryBytes() + bytes);
    }

    private HostedInstance find(String name) {
        return States.find(name, host.instances());
    }

    private InstanceSpec spec(String name) {
        return find(name).spec();
    }

    private boolean runs(String name) {
        return find(name).life() != null;
    }

    /** The regions that are meant, one at least. */
    static List<Region> region(HostedInstance instance, List<Region> all, long bytes, long address) {
        List<Region> meant = all.stream().filter(region -> bytes != 0 ? region.size() == bytes
            : region.address() == address).toList();
        if (meant.isEmpty()) {
            throw new MachineException(ExitCode.STATE, "instance " + instance.spec().name() + " has no region "
                + (bytes != 0 ? "of " + bytes + " bytes" : "at 0x" + Long.toHexString(address)) + " to give back: "
                + (all.isEmpty() ? "only what mk update --add-memory gave it can go while its kernel runs" : "it has "
                + all.stream().map(region -> region.size() + " bytes at 0x" + Long.toHexString(region.address()))
                .collect(Collectors.joining(", "))));
        }
        return meant;
    }

    /** As {@link #asked}; what the instance is then, or the refusal. */
    InstanceSpec change(String name, BiFunction<HostedInstance, KernelInstance, PlugChange> begin) {
        PlugChange change = asked(name, begin);
        if (!change.isDone()) {
            throw change.refusal();
        }
        return spec(name);
    }

    /**
     * Asks a kernel that runs, and waits for its answer.
     *
     * @param begin asks, under the host's lock
     * @return what is decided
     */
    private PlugChange asked(String name, BiFunction<HostedInstance, KernelInstance, PlugChange> begin) {
        InstanceLife[] life = new InstanceLife[1];
        PlugChange change = host.atOnce(() -> {
            HostedInstance instance = States.requirePluggable(find(name));
            life[0] = instance.life();
            return begin.apply(instance, host.machine().hostKernel());
        });
        HostedInstance instance = find(name);
        change.await(() -> instance.life() == life[0]);
        host.atOnce(change::settle);
        return change;
    }
}
