// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.MachineException;
import io.mkemu.boot.InstanceDescriptor;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceState;
import io.mkemu.boot.dt.InstanceSpec;
import io.mkemu.cpu.LocalApic;
import io.mkemu.cpu.LocalApicDescriptor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;

/**
 * One spawned instance from exec to its end, whoever starts its process: a strategy per launcher. What follows from an
 * end is the same for all and stands here.
 */
public abstract class InstanceLife {
    private final Machine machine;
    private final InstanceSpec spec;
    private final InstanceEntry entry;
    private final BiConsumer<String, String> output;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean stopping;
    private volatile String forced = "";

    /**
     * Prepares.
     *
     * @param output takes the instance's name and a line for the console
     */
    InstanceLife(Machine machine, InstanceSpec spec, BiConsumer<String, String> output) {
        this.machine = machine;
        this.spec = spec;
        this.entry = machine.memory().instances().entry(spec.id());
        this.output = output;
    }

    /** The launcher that the tree asks for. */
    static InstanceLife of(Machine machine, InstanceSpec spec, BiConsumer<String, String> output) {
        return spec.external() ? new ExternalProcess(machine, spec, output)
            : new InstanceProcess(machine, spec, output);
    }

    Machine machine() {
        return machine;
    }

    InstanceSpec spec() {
        return spec;
    }

    /** Its entry of the instance table. */
    public InstanceEntry entry() {
        return entry;
    }

    /** Writes a line to the console, under the instance's name. */
    void output(String line) {
        output.accept(spec.name(), line);
    }

    /** Whether somebody wants the instance to end. */
    boolean isStopping() {
        return stopping;
    }

    /** Begins: a process is started, or waited for. Returns at once. */
    public abstract void exec();

    /** Whether there is an end to wait for: {@link #exec} came so far, and nobody has given it up. */
    abstract boolean willEnd();

    /**
     * Ends the process at once, as far as this launcher can.
     *
     * @return what was done, for a line in the log
     */
    abstract String force();

    /**
     * The process is gone: says why, takes its shares back and tells the supervisor. Once per life.
     *
     * @param clean whether it shut down in order
     * @param how   it ended otherwise
     */
    void over(boolean clean, String how) {
        boolean wanted = stopping && clean;
        if (!wanted && entry.reason().isEmpty()) {
            entry.reason(how);
        }
        if (!stopping) {
            output("mkemu: instance failed: " + entry.reason());
        }
        try {
            Recovery.ended(machine.memory(), entry);
        } catch (MachineException damaged) {
            output("mkemu: " + damaged.getMessage());
        }
        for (int cpu : entry.cpus()) {
            LocalApic.of(machine.memory(), cpu).retire();
        }
        entry.enter(wanted ? InstanceState.LOADED : InstanceState.FAILED);
        ended.complete(null);
        machine.memory().raiseEvent();
    }

    /** Asks the kernel to shut down: its modules exit, its CPUs park, its process ends. */
    public void requestShutdown() {
        stopping = true;
        entry.requested(InstanceDescriptor.REQUEST_SHUTDOWN);
        /* From the plan: the CPU set in RAM may have been scribbled over, and this must reach the boot CPU. */
        int bootCpu = spec.cpus().stream().mapToInt(machine.plan().spec()::apicId).min().orElseThrow();
        LocalApic.of(machine.memory(), bootCpu).raise(LocalApicDescriptor.REBOOT_VECTOR);
    }

    /**
     * Waits for the end, and forces it when the time is over.
     *
     * @return whether it ended by itself; {@link #forced} says what was done if not
     */
    public boolean awaitEnd(long deadlineNanos) throws InterruptedException {
        if (!willEnd()) {
            return true;
        }
        try {
            ended.get(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException late) {
            kill();
            return false;
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Ends the process at once, as far as this launcher can. */
    public void kill() {
        stopping = true;
        forced = force();
    }

    /** What the last {@link #kill} did, for a line in the log. */
    String forced() {
        return forced;
    }
}
