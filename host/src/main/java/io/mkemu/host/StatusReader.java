// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.host.life.ExternalProcess;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.InstanceLife;
import io.mkemu.host.life.KernelKind;
import io.mkemu.host.life.Machine;
import io.mkemu.host.life.Restarts;
import io.mkemu.plan.CpuPlan;
import io.mkemu.table.InstanceEntry;
import io.mkemu.tree.RestartPolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Takes down what a machine and its instances are at a moment. */
final class StatusReader {
    /** The detail of a kernel whose process is stopped. */
    static final String PAUSED = "paused";
    private static final double NANOS_PER_SECOND = 1e9;
    private static final Map<BootStep, String> STEPS = new LinkedHashMap<>();

    static {
        STEPS.put(BootStep.FORKED, "fork");
        STEPS.put(BootStep.JVM, "jvm");
        STEPS.put(BootStep.MAPPED, "map");
        STEPS.put(BootStep.PINNED, "pin");
        STEPS.put(BootStep.ACTIVE, "modules");
    }

    private final Machine machine;

    StatusReader(Machine machine) {
        this.machine = machine;
    }

    MachineStatus read(Collection<HostedInstance> instances, List<Integer> freeCpus) {
        List<InstanceStatus> all = new ArrayList<>();
        all.add(host());
        instances.forEach(instance -> all.add(read(instance)));
        return new MachineStatus(machine.directory().machine(), machine.directory().path().toString(),
            ProcessHandle.current().pid(), System.nanoTime() - machine.memory().createdNanos(),
            machine.plan().spec().ipi(), machine.plan().spec().cpus(), freeCpus, machine.plan().spec().memoryBytes(),
            machine.multikernelPool().available(), machine.plan().layout().ramSize(), List.copyOf(all));
    }

    private InstanceStatus host() {
        InstanceEntry entry = machine.mapped().instances().entry(0);
        List<Integer> cpus = List.of(machine.plan().hostCpu());
        boolean active = entry.state() == InstanceState.ACTIVE;
        return new InstanceStatus(0, Machine.HOST_NAME, active ? InstanceState.ACTIVE : InstanceState.LOADED,
            active ? "" : InstanceLife.BOOTING, "", ProcessHandle.current().pid(), cpus, hostCpus(cpus),
            presentHostCpus(cpus), machine.plan().layout().hostSize(), entry.life(), false, RestartPolicy.NEVER, 0,
            KernelKind.JVM.label(), List.of(), machine.plan().spec().host().modules(), entry.cmdline(), Map.of(),
            counters(cpus), "");
    }

    InstanceStatus read(HostedInstance instance) {
        InstanceLife life = instance.life();
        InstanceEntry entry = instance.entry();
        List<Integer> cpus = instance.spec().cpus().stream().sorted().toList();
        return new InstanceStatus(instance.spec().id(), instance.spec().name(), instance.state(),
            detail(instance, life), instance.reason(), life == null ? 0 : life.pid(), cpus, hostCpus(cpus),
            life == null ? hostCpus(cpus) : presentHostCpus(cpus), instance.spec().memoryBytes(), entry.life(),
            life == null ? instance.spec().external() : life instanceof ExternalProcess, instance.spec().restart(),
            instance.restarts().count(), life == null ? "" : life.kernel().label(), instance.spec().jvmOptions(),
            instance.spec().modules(), entry.cmdline(), bootMicros(entry), counters(cpus),
            instance.report());
    }

    private static String detail(HostedInstance instance, InstanceLife life) {
        Restarts restarts = instance.restarts();
        if (life == null) {
            return !restarts.isPlanned() ? "" : String.format(Locale.ROOT, "restart %d of %d in %.1f s",
                restarts.count(), instance.spec().restart().limit(), restarts.dueInNanos() / NANOS_PER_SECOND);
        }
        if (life.isHalting()) {
            return "halting, its CPUs are not confirmed parked yet";
        }
        return life.isShuttingDown() ? "shutting down" : !life.isActive() ? life.waitsFor()
            : life.isPaused() ? PAUSED : life.isDebugged() ? "in a debugger" : "";
    }

    private List<Integer> hostCpus(List<Integer> cpus) {
        CpuPlan plan = machine.cpus();
        return machine.physical(cpus).stream().filter(plan.hostCpus()::containsKey).map(plan::hostCpu).toList();
    }

    private List<Integer> presentHostCpus(List<Integer> cpus) {
        return machine.physical(cpus).stream().map(machine::presentHostCpu).toList();
    }

    private static Map<String, Long> bootMicros(InstanceEntry entry) {
        Map<String, Long> micros = new LinkedHashMap<>();
        long before = entry.bootStep(BootStep.EXEC);
        for (Map.Entry<BootStep, String> step : STEPS.entrySet()) {
            long at = entry.bootStep(step.getKey());
            if (at != 0) {
                micros.put(step.getValue(), Math.max(0, at - before) / 1000);
                before = at;
            }
        }
        return micros;
    }

    private Map<String, Long> counters(List<Integer> cpus) {
        Map<String, Long> sums = new LinkedHashMap<>();
        for (Counter counter : Counter.values()) {
            sums.put(counter.name().toLowerCase(Locale.ROOT), machine.physical(cpus).stream()
                .mapToLong(cpu -> machine.mapped().apic(cpu).counter(counter)).sum());
        }
        return sums;
    }
}
