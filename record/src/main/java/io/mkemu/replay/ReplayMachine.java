// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.boot.BootParameters;
import io.mkemu.log.LogLevel;
import io.mkemu.module.KernelModule;
import io.mkemu.table.TypeNames;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.UnsafeBuffer;

/** What the CPUs of a replayed kernel have in common. */
final class ReplayMachine {
    private final ScriptHeader header;
    private final BootParameters parameters;
    private final List<KernelModule> modules;
    private final Replay.Listener listener;
    private final ReplayAnswers.Differences differences;
    private final ReplayHandlers handlers = new ReplayHandlers();
    private final ReplayMemory memory = new ReplayMemory();
    private final TypeNames typeNames =
        new TypeNames(new UnsafeBuffer(new byte[InstanceDescriptor.TYPE_NAMES_LENGTH]), 0);
    private final ReplayKernel[] kernels;
    private final List<ReplayCpu> cpus = new ArrayList<>();
    private final AtomicBoolean foreignTold = new AtomicBoolean();

    ReplayMachine(ScriptHeader header, List<KernelModule> modules, Replay.Listener listener,
        ReplayAnswers.Differences differences) {
        this.header = header;
        this.parameters = BootParameters.parse(header.cmdline());
        this.modules = List.copyOf(modules);
        this.listener = listener;
        this.differences = differences;
        this.kernels = new ReplayKernel[modules.size()];
    }

    ScriptHeader header() {
        return header;
    }

    BootParameters parameters() {
        return parameters;
    }

    List<KernelModule> modules() {
        return modules;
    }

    ReplayHandlers handlers() {
        return handlers;
    }

    /** As the life's kernel had them: none at its beginning. */
    TypeNames typeNames() {
        return typeNames;
    }

    ReplayMemory memory() {
        return memory;
    }

    List<ReplayCpu> cpus() {
        return cpus;
    }

    /** A CPU by its logical id. */
    ReplayCpu cpu(int logicalCpu) {
        if (logicalCpu < 0 || logicalCpu >= cpus.size()) {
            throw new IllegalArgumentException("logical CPU " + logicalCpu + " is not in 0.." + (cpus.size() - 1));
        }
        return cpus.get(logicalCpu);
    }

    /** The kernel as a module was given it, or null. */
    ReplayKernel kernel(int module) {
        return kernels[module];
    }

    void kernel(int module, ReplayKernel kernel) {
        kernels[module] = kernel;
    }

    ReplayStop differs(String then, String now) {
        return differences.differs(then, now);
    }

    void log(LogLevel level, String text) {
        listener.log(level, text);
    }

    void warning(String text) {
        listener.warning(text);
    }

    /** A thread that is none of the CPUs asked for something. */
    void foreignThread(String module) {
        if (foreignTold.compareAndSet(false, true)) {
            warning("module " + module + " calls its kernel from a thread of its own (\""
                + Thread.currentThread().getName() + "\"), which no replay can follow");
        }
    }
}
