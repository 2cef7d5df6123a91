// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.log.LogLevel;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.module.IpiHandler;

/** All that a {@link KernelHook} can ask of its kernel. Any thread, once the kernel is made. */
public final class HookedKernel {
    private final KernelInstance kernel;

    HookedKernel(KernelInstance kernel) {
        this.kernel = kernel;
    }

    /** The machine's memory, also while the kernel is being made. */
    public PhysicalMemory memory() {
        return kernel.memory();
    }

    /** How many CPUs it may have at once, also while it is being made: their logical numbers are below that. */
    public int possibleCpus() {
        return kernel.cpus().possible();
    }

    /** Logical number of the CPU that the calling thread runs, -1 if that is none of this kernel's. */
    public int currentCpu() {
        Cpu cpu = Cpu.current();
        return cpu != null && cpu.kernel() == kernel ? cpu.logicalCpu() : -1;
    }

    /** Writes a line to the kernel log. */
    public void printk(LogLevel level, String line) {
        kernel.printk(level, line);
    }

    /** Runs something on the boot CPU, soon. */
    public void onBootCpu(Runnable work) {
        kernel.cpu(0).submit(work);
    }

    /** Whether pages, one behind the other, are allocated from this instance's pool. */
    public boolean isAllocated(long pfn, long pages) {
        return kernel.pages().isMine(pfn, pages);
    }

    /** Number of a handler among those of its type, -1 if no kernel gave it. */
    public int numberOf(IpiHandler handler) {
        return handler instanceof HandlerRegistry.Handler ours ? ours.number() : -1;
    }
}
