// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceState;
import io.mkemu.cpu.LocalApic;
import io.mkemu.cpu.LocalApicDescriptor.Counter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What came of a run, taken just before the machine is shut down.
 *
 * @param machine     name
 * @param ramBytes    size of the RAM file
 * @param kernels     host first
 * @param stopped     whether somebody ended it before the modules were done
 * @param overcommitment which CPUs share a host CPU, or null
 */
public record RunReport(String machine, long ramBytes, List<KernelReport> kernels, boolean stopped,
                        String overcommitment) {
    /**
     * One kernel.
     *
     * @param id          instance id, 0 is the host
     * @param name        name
     * @param pid         process id
     * @param cpus        physical CPU ids
     * @param hostCpus    the host CPUs they are pinned to
     * @param state       at the end of the run
     * @param reason      why it failed, or empty
     * @param bootMillis  exec to active; -1 if it never was, 0 for the host
     * @param sent        messages its CPUs published
     * @param received    messages its CPUs took out
     * @param full        sends refused with -ENOSPC
     * @param interrupts  interrupts taken
     * @param faults      callbacks that threw
     * @param tasksFailed tasks that ended by an exception, and modules whose init threw
     */
    public record KernelReport(int id, String name, long pid, List<Integer> cpus, List<Integer> hostCpus,
                               InstanceState state, String reason, double bootMillis, long sent, long received,
                               long full, long interrupts, long faults, int tasksFailed) {
    }

    static RunReport of(Machine machine, boolean stopped) {
        List<KernelReport> kernels = new ArrayList<>();
        kernels.add(kernel(machine, machine.memory().instances().entry(0)));
        machine.plan().spec().instances()
            .forEach(spec -> kernels.add(kernel(machine, machine.memory().instances().entry(spec.id()))));
        return new RunReport(machine.directory().machine(), machine.plan().layout().ramSize(), kernels, stopped,
            machine.plan().cpus().overcommitment());
    }

    private static KernelReport kernel(Machine machine, InstanceEntry entry) {
        List<Integer> cpus = Arrays.stream(entry.cpus()).boxed().toList();
        return new KernelReport(entry.id(), entry.name(), entry.pid(), cpus,
            cpus.stream().map(machine.plan().cpus()::hostCpu).toList(), entry.state(), entry.reason(),
            entry.id() == 0 ? 0 : MachineRun.bootMillis(entry), sum(machine, entry, Counter.SENT),
            sum(machine, entry, Counter.RECEIVED), sum(machine, entry, Counter.FULL),
            sum(machine, entry, Counter.INTERRUPTS), sum(machine, entry, Counter.FAULTS), entry.tasksFailed());
    }

    private static long sum(Machine machine, InstanceEntry entry, Counter counter) {
        return Arrays.stream(entry.cpus()).mapToLong(cpu -> LocalApic.of(machine.memory(), cpu).counter(counter))
            .sum();
    }

    /** Whether every kernel was alive at the end and no module failed. */
    public boolean ok() {
        return kernels.stream().allMatch(
            kernel -> kernel.state() == InstanceState.ACTIVE && kernel.tasksFailed() == 0 && kernel.faults() == 0);
    }
}
