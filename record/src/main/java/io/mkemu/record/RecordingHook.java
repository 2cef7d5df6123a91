// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import io.mkemu.kernel.HookedKernel;
import io.mkemu.kernel.KernelHook;
import io.mkemu.log.LogLevel;
import io.mkemu.module.Kernel;
import io.mkemu.trace.TraceWriter;

/**
 * Records the modules of one kernel: what of them ran, what their kernel answered, and what others wrote into the pages
 * that they share. Threads and errors are those of a {@link KernelHook}.
 */
public final class RecordingHook implements KernelHook {
    private final HookedKernel kernel;
    private final PageWatch pages;
    private final CallTrace[] calls;

    /** Of a kernel that is being made: a {@link KernelHook.Maker}. */
    public RecordingHook(HookedKernel kernel) {
        this.kernel = kernel;
        this.pages = new PageWatch(kernel.memory(), line -> kernel.printk(LogLevel.NOTICE, line));
        this.calls = new CallTrace[kernel.possibleCpus()];
    }

    @Override
    public Kernel decorate(Kernel given) {
        return new RecordingKernel(this, given);
    }

    @Override
    public OnCpu onCpu(int logicalCpu, TraceWriter writer) {
        calls[logicalCpu] = new CallTrace(writer, pages, kernel.memory().platform());
        return calls[logicalCpu];
    }

    HookedKernel kernel() {
        return kernel;
    }

    PageWatch pages() {
        return pages;
    }

    /** The tracepoints of a CPU, null for one that the kernel does not have. */
    CallTrace calls(int logicalCpu) {
        return logicalCpu < 0 || logicalCpu >= calls.length ? null : calls[logicalCpu];
    }

    @Override
    public void cpuGone(int logicalCpu) {
        calls[logicalCpu].end();
    }

    @Override
    public void close() {
        pages.close();
    }
}
