// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.abi.InstanceState;
import java.util.List;
import java.util.Map;

/**
 * What came of a run, taken just before the machine is shut down; a kernel that dies in its modules' exit has failed.
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
     * @param status      at the end of the run
     * @param cpus        physical CPU ids
     * @param tasksFailed tasks that ended by an exception, and modules whose init threw
     */
    public record KernelReport(InstanceStatus status, List<Integer> cpus, int tasksFailed) {
        /** Exec to active; -1 if it never was, 0 for the host. */
        public double bootMillis() {
            Map<String, Long> boot = status.bootMicros();
            return status.id() == 0 ? 0
                : boot.containsKey("modules") ? boot.values().stream().mapToLong(Long::longValue).sum() / 1e3 : -1;
        }

        /** Callbacks that threw. */
        public long faults() {
            return status.counters().get("faults");
        }
    }

    static RunReport of(Host host, boolean stopped) {
        MachineStatus machine = host.status();
        return new RunReport(machine.name(), machine.ramBytes(),
            machine.instances().stream().map(status -> kernel(host, status)).toList(), stopped,
            host.overcommitment());
    }

    private static KernelReport kernel(Host host, InstanceStatus status) {
        return new KernelReport(status, host.machine().physical(status.cpus()).stream().sorted().toList(),
            host.machine().mapped().instances().entry(status.id()).tasksFailed());
    }

    /** The same with what the instances are that have failed since. */
    RunReport withFailures(MachineStatus after) {
        return new RunReport(machine, ramBytes, kernels.stream().map(kernel -> after.instances().stream()
            .filter(status -> status.id() == kernel.status().id() && status.state() == InstanceState.FAILED)
            .map(status -> new KernelReport(status, kernel.cpus(), kernel.tasksFailed())).findAny().orElse(kernel))
            .toList(), stopped, overcommitment);
    }

    /** Whether every kernel was alive at the end and no module failed. */
    public boolean ok() {
        return kernels.stream().allMatch(kernel -> kernel.status().state() == InstanceState.ACTIVE
            && kernel.tasksFailed() == 0 && kernel.faults() == 0);
    }
}
