// SPDX-License-Identifier: Apache-2.0
package io.mkemu.plan;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.BootParameters;
import io.mkemu.os.Affinity;
import io.mkemu.os.Scheduler;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;

/**
 * The refusal of kernels that would keep a system from doing anything else: under a real-time scheduler a CPU with
 * idle=poll never gives its host CPU back, so one host CPU must be left to all that is not a poller, the threads that
 * take signals among them. Stateless; any thread.
 */
public final class RealTimePolling {
    private RealTimePolling() {
    }

    /** Whether a kernel's idle CPUs never sleep. */
    public static boolean polls(String bootargs) {
        return "poll".equals(BootParameters.parse(bootargs).get("idle"));
    }

    /**
     * Refuses them for this process and its children, which have its scheduler and its host CPUs.
     *
     * @param running where the CPUs run that run already or are about to
     * @param pollers those of them that poll when they are idle
     * @throws MachineException with RESOURCES if no host CPU is left
     */
    public static void require(CpuPlan running, Collection<Integer> pollers) {
        require(Scheduler.current(), Affinity.allowed(), running, pollers);
    }

    public static void require(Scheduler scheduler, BitSet allowed, CpuPlan running, Collection<Integer> pollers) {
        if (!scheduler.isRealTime()) {
            return;
        }
        BitSet left = (BitSet) allowed.clone();
        List<Integer> alone = pollers.stream().filter(cpu -> !running.isShared(cpu)).toList();
        alone.forEach(cpu -> left.clear(running.hostCpu(cpu)));
        if (left.isEmpty()) {
            throw new MachineException(ExitCode.RESOURCES, "CPUs " + alone.stream().sorted().toList() + " poll (idle="
                + "poll) under " + scheduler.label() + " on all host CPUs that mkemu may use (" + Affinity.list(allowed)
                + "), and nothing else could run there, not even what ends them: give one of them idle=haltpoll, or "
                + "run mk without chrt; see mk doctor");
        }
    }
}
