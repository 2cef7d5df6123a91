// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.dts.Position;
import io.mkemu.dts.Text;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Checks that the instances of a machine share its pool without overlap. */
final class PartitionCheck {

    private final MachineSpec machine;
    private final Map<Integer, InstanceSpec> byId = new HashMap<>();
    private final Map<Integer, InstanceSpec> byCpu = new HashMap<>();
    private long memoryTaken;

    PartitionCheck(MachineSpec machine) {
        this.machine = machine;
    }

    void run() {
        for (InstanceSpec instance : machine.instances()) {
            id(instance);
            for (int i = 0; i < instance.cpus().size(); i++) {
                cpu(instance, instance.cpus().get(i), instance.places().of(ResourceReader.CPUS, i));
            }
            memory(instance);
        }
        if (machine.host().cpu().isPresent()) {
            hostCpu(machine.host().cpu().getAsInt(), machine.places().of(MachineReader.HOST_CPU));
        }
        Set<Integer> taken = new HashSet<>(machine.cpus());
        taken.addAll(machine.apicIds());
        boolean isPlaced = machine.host().cpu().isPresent();
        if (!isPlaced && byCpu.size() == machine.cpus().size() && taken.size() == MachineSpec.MAX_CPUS) {
            throw machine.error(machine.places().of(ResourceReader.CPUS), "instances claim the whole pool, and all "
                    + MachineSpec.MAX_CPUS + " CPUs are in use: none is left for the host; leave one unclaimed");
        }
    }

    private void id(InstanceSpec instance) {
        InstanceSpec owner = byId.putIfAbsent(instance.id(), instance);
        if (owner != null) {
            int free = 1;
            Set<Integer> taken = new HashSet<>();
            machine.instances().forEach(i -> taken.add(i.id()));
            while (taken.contains(free)) {
                free++;
            }
            String remedy = free > MachineSpec.MAX_INSTANCE_ID ? "remove an instance, all of 1.."
                    + MachineSpec.MAX_INSTANCE_ID + " are taken" : "the lowest free id is " + free;
            throw machine.error(instance.places().of(InstanceReader.ID), "duplicate id " + instance.id()
                    + " of instance " + Text.quote(instance.name()) + ": " + Text.quote(owner.name())
                    + " has it at " + owner.places().of(InstanceReader.ID).name() + "; " + remedy);
        }
    }

    private void cpu(InstanceSpec instance, int cpu, Position position) {
        if (!machine.cpus().contains(cpu)) {
            throw machine.error(position, "CPU " + cpu + " of instance " + Text.quote(instance.name())
                    + " is not in the pool: /resources/cpus lists " + Text.cpuList(machine.cpus()));
        }
        InstanceSpec owner = byCpu.putIfAbsent(cpu, instance);
        if (owner != null) {
            String place = owner.places().of(ResourceReader.CPUS, owner.cpus().indexOf(cpu)).name();
            Set<Integer> free = new HashSet<>(machine.cpus());
            machine.instances().forEach(i -> free.removeAll(i.cpus()));
            throw machine.error(position, "CPU " + cpu + " of instance " + Text.quote(instance.name())
                    + " is already taken by " + Text.quote(owner.name()) + " at " + place
                    + ": unclaimed in the pool: " + Text.cpuList(free));
        }
    }

    private void hostCpu(int cpu, Position position) {
        InstanceSpec owner = byCpu.get(cpu);
        String where = "'" + MachineReader.HOST_CPU + "' is CPU " + cpu;
        if (owner != null) {
            throw machine.error(position, where + ", which instance " + Text.quote(owner.name()) + " has at "
                    + owner.places().of(ResourceReader.CPUS, owner.cpus().indexOf(cpu)).name()
                    + ": name another one, or leave the property out");
        }
        if (!machine.cpus().contains(cpu) && machine.apicIds().contains(cpu)) {
            throw machine.error(position, where + ", which is not in the pool, but CPU "
                    + machine.cpus().get(machine.apicIds().indexOf(cpu)) + " has it as its physical id: name another "
                    + "one, or leave the property out");
        }
    }

    private void memory(InstanceSpec instance) {
        long left = machine.memoryBytes() - memoryTaken;
        if (instance.memoryBytes() > left) {
            boolean never = instance.memoryBytes() > machine.memoryBytes();
            throw machine.error(instance.places().of(ResourceReader.MEMORY), "'memory-bytes' "
                    + Text.size(instance.memoryBytes()) + " of instance " + Text.quote(instance.name())
                    + (never ? " is more than the whole pool of " : " does not fit the pool of ")
                    + Text.size(machine.memoryBytes()) + ": " + Text.size(left) + " is left");
        }
        memoryTaken += instance.memoryBytes();
    }
}
