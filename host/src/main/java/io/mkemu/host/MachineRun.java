// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.abi.InstanceState;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.Joining;
import io.mkemu.host.life.Machine;
import io.mkemu.host.view.LogPrinter;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.log.LogLevel;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.os.StandardStreams;
import io.mkemu.plan.MachinePlan;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A machine from boot to end in one process: init, exec of all its instances, and when the modules are done or somebody
 * stops it, shutdown. They are done when all tasks have ended and all messages are delivered, see {@link Settling}. One
 * thread runs it; any thread may {@link #stop} it. The process is to end after it.
 */
public final class MachineRun extends HostProcess {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final long SETTLE_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private boolean saidEndless;

    /**
     * Prepares a run.
     *
     * @param logTo where the kernel logs go, or null
     */
    public MachineRun(MachineDirectory directory, MachinePlan plan, PrintStream logTo) {
        super(directory, plan, logTo);
    }

    /**
     * Runs.
     *
     * <p>If logs go to stdout and nobody reads that any more, it ends.
     *
     * @param whileRunning called about five times a second and at the end with the host's kernel, for a progress line
     * @return who ran where and what came of it
     * @throws io.mkemu.MachineException if the machine cannot be made or booted; nothing is left then
     */
    public RunReport run(Consumer<KernelInstance> whileRunning) throws IOException, InterruptedException {
        return host(new Work<>() {
            @Override
            public RunReport run(Host made, LogPrinter log) throws IOException, InterruptedException {
                work(made, log, whileRunning);
                return RunReport.of(made, isStopped());
            }

            @Override
            public RunReport ended(Host made, RunReport report) {
                return report.withFailures(made.status());
            }
        });
    }

    private void work(Host made, LogPrinter log, Consumer<KernelInstance> whileRunning) {
        boot(made, log);
        await(made, log, () -> {
            whileRunning.accept(made.machine().hostKernel());
            if (isLogged() && StandardStreams.isOutputUnread()) {
                /* As head(1) ends: a run is watched, and ends with whoever watches it. */
                stop();
            }
            return made.atOnce(() -> isDone(made));
        }, LOOK_NANOS);
        settle(made, log);
    }

    /** The report is to tell what the tasks have led to, down to the last callback. */
    private void settle(Host made, LogPrinter log) {
        Settling settling = new Settling(made, System.nanoTime());
        if (await(made, log, () -> settling.isOver(System.nanoTime()), SETTLE_LOOK_NANOS)
            && settling.pending() != null) {
            log.output(Machine.HOST_NAME, "mkemu: " + settling.pending());
        }
    }

    private void boot(Host made, LogPrinter log) {
        if (!isStopped()) {
            made.start(made.names(), false, Joining.byCommand(),
                line -> log.output(Machine.HOST_NAME, "mkemu: " + line));
        }
        made.boot();
    }

    /** Done: every kernel is up or dead, and the tasks have ended, or no module is left that could serve. */
    private boolean isDone(Host made) {
        InstanceEntry hostEntry = made.machine().mapped().instances().entry(0);
        if (hostEntry.state() != InstanceState.ACTIVE || hostEntry.tasksEnded() < hostEntry.tasksStarted()) {
            return false;
        }
        boolean anyTask = hostEntry.tasksStarted() > 0;
        int failedModules = hostEntry.tasksFailed();
        int modules = made.machine().plan().spec().host().modules().size();
        List<HostedInstance> instances = made.instances();
        boolean anyAlive = instances.isEmpty();
        for (HostedInstance instance : instances) {
            InstanceEntry entry = instance.entry();
            boolean alive = instance.state() == InstanceState.ACTIVE;
            if (instance.life() != null && !alive || instance.restarts().isPlanned()
                || alive && entry.tasksEnded() < entry.tasksStarted()) {
                return false;
            }
            anyTask |= entry.tasksStarted() > 0;
            failedModules += entry.tasksFailed();
            modules += instance.spec().modules().size();
            anyAlive |= alive;
        }
        boolean nobodyServes = failedModules > 0 && failedModules >= modules;
        if (!anyTask && anyAlive && !nobodyServes && !saidEndless) {
            saidEndless = true;
            made.machine().hostKernel().printk(LogLevel.NOTICE,
                "mkemu: no module runs a task; Ctrl-C ends this run");
        }
        return anyTask || !anyAlive || nobodyServes;
    }
}
