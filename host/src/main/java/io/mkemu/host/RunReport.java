// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.abi.InstanceState;
import java.util.List;
import java.util.Map;

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

    static RunReport of(Host host, boolean stopped) {
        MachineStatus machine = host.status();
        return new RunReport(machine.name(), machine.ramBytes(),
            machine.instances().stream().map(status -> kernel(host, status)).toList(), stopped,
            host.overcommitment());
    }

    private static KernelReport kernel(Host host, InstanceStatus status) {
        Map<String, Long> boot = status.bootMicros();
        double bootMillis = status.id() == 0 ? 0
            : boot.containsKey("modules") ? boot.values().stream().mapToLong(Long::longValue).sum() / 1e3 : -1;
        Map<String, Long> counters = status.counters();
        return new KernelReport(status.id(), status.name(), status.pid(),
            host.machine().physical(status.cpus()).stream().sorted().toList(), status.hostCpus(),
            status.state(), status.reason(), bootMillis, counters.get("sent"), counters.get("received"),
            counters.get("full"), counters.get("interrupts"), counters.get("faults"),
            host.machine().mapped().instances().entry(status.id()).tasksFailed());
    }

    /** Whether every kernel was alive at the end and no module failed. */
    public boolean ok() {
        return kernels.stream().allMatch(
            kernel -> kernel.state() == InstanceState.ACTIVE && kernel.tasksFailed() == 0 && kernel.faults() == 0);
    }
}
