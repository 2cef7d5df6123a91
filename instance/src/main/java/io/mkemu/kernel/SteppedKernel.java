// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.boot.BootParameters;
import io.mkemu.machine.MappedMachine;
import io.mkemu.module.KernelModule;
import io.mkemu.table.InstanceEntry;
import java.util.List;

/**
 * A kernel whose CPUs no thread runs: whoever makes it does their turns, one at a time, as its threads would. The way
 * in for a simulator. One thread.
 */
public final class SteppedKernel implements AutoCloseable {
    /** A CPU that sleeps wakes after so many ns at the latest, and looks at its whole mailbox. */
    public static final long AUDIT_NANOS = Cpu.AUDIT_NANOS;

    private final KernelInstance kernel;
    private final Cpu[] cpus;

    /**
     * Maps what the kernel needs.
     *
     * @param parameters mk_ipi_shared= and the user's own
     * @param hooks      makes what stands between the kernel and its modules
     * @throws io.mkemu.MachineException if its pool or IPI area cannot be mapped
     * @throws IllegalArgumentException  if a boot parameter is wrong
     */
    public SteppedKernel(MappedMachine machine, int instanceId, BootParameters parameters,
        KernelHook.Maker hooks) {
        this.kernel = new KernelInstance(machine, instanceId, parameters,
            KernelParameter.ipiShared(parameters, machine.memory().ipiMode()), hooks);
        /* Stepped CPUs neither come nor go: these are all that there will be. */
        this.cpus = new Cpu[kernel.cpus().online().size()];
        for (int logical = 0; logical < cpus.length; logical++) {
            cpus[logical] = kernel.cpu(logical);
        }
    }

    /** Its entry of the instance table. */
    public InstanceEntry entry() {
        return kernel.entry();
    }

    /** How many CPUs it has. */
    public int cpus() {
        return cpus.length;
    }

    /** Senders know from now on that its CPUs run. */
    public void bringUp() {
        kernel.bringUpStepped();
    }

    /** Has the boot CPU initialise modules, in this order, and enter active. */
    public void start(List<KernelModule> modules) {
        kernel.start(modules);
    }

    /** Runs something as a CPU: what it asks the kernel for it asks as that CPU. */
    public void as(int logicalCpu, Runnable what) {
        cpus[logicalCpu].steps(what);
    }

    /**
     * Does what there is to do; within {@link #as}.
     *
     * @return how long there will be nothing to do, ns: 0 for not at all, {@link Long#MAX_VALUE} until an interrupt
     */
    public long turn(int logicalCpu) {
        return cpus[logicalCpu].turn();
    }

    /**
     * Tells senders that the CPU is about to sleep, then looks for work once more; within {@link #as}.
     *
     * @return whether it may sleep; {@link #wakes} must follow in any case
     */
    public boolean sleeps(int logicalCpu) {
        return cpus[logicalCpu].sleeps();
    }

    /**
     * The CPU runs again; within {@link #as}.
     *
     * @param slept whether it did sleep
     */
    public void wakes(int logicalCpu, boolean slept) {
        cpus[logicalCpu].wakes(slept);
    }

    /** How often a CPU has met a fault, in its kernel or a module, or what cannot be true, in this life. */
    public long faults(int logicalCpu) {
        return cpus[logicalCpu].apic().counter(Counter.FAULTS) + cpus[logicalCpu].apic().counter(Counter.ANOMALIES);
    }

    /** Whether a vector is pending: the doorbell has been rung. */
    public boolean hasPending(int logicalCpu) {
        return cpus[logicalCpu].apic().hasPending();
    }

    /**
     * Has the boot CPU let the modules exit, newest first.
     *
     * @param exited  runs on the boot CPU when all have
     * @param dropped runs then on each of the others, when nothing of them is left there
     */
    public void exitModules(Runnable exited, Runnable dropped) {
        kernel.exitModules(exited, dropped);
    }

    /** Unmaps everything; after the modules' exit. */
    @Override
    public void close() {
        kernel.close();
    }
}
