// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.boot.InstanceDescriptor.BootStep;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceState;
import io.mkemu.boot.MachineDirectory;
import io.mkemu.boot.dt.InstanceSpec;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.kernel.ModuleLoader;
import io.mkemu.log.LogLevel;
import io.mkemu.module.KernelModule;
import io.mkemu.os.Futex;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A machine from boot to end in one process: makes it, boots host and instances, streams the logs, waits until the
 * modules are done or somebody stops it, and leaves nothing behind. One thread runs it; any thread may {@link #stop}
 * it.
 */
public final class MachineRun {
    private static final long SHUTDOWN_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final String HOST = "host";
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final MachineDirectory directory;
    private final MachinePlan plan;
    private final PrintStream logTo;
    private final List<InstanceLife> processes = new ArrayList<>();
    private final Futex futex = new Futex();
    private volatile Machine machine;
    private volatile boolean stopped;
    private boolean saidEndless;

    /**
     * Prepares a run.
     *
     * @param logTo where the kernel logs go, or null
     */
    public MachineRun(MachineDirectory directory, MachinePlan plan, PrintStream logTo) {
        this.directory = directory;
        this.plan = plan;
        this.logTo = logTo;
    }

    /** Ends the run as soon as it can. Any thread, any time. */
    public void stop() {
        stopped = true;
        Machine running = machine;
        if (running != null) {
            running.memory().raiseEvent();
        }
    }

    /**
     * Runs.
     *
     * @param whileRunning called about five times a second and at the end with the host's kernel, for a progress line
     * @return who ran where and what came of it
     * @throws io.mkemu.MachineException if the machine cannot be made or booted; nothing is left then
     */
    public RunReport run(Consumer<KernelInstance> whileRunning) throws IOException, InterruptedException {
        List<KernelModule> hostModules = ModuleLoader.load(plan.spec().host().modules());
        try (Machine made = Machine.create(directory, plan)) {
            machine = made;
            LogPrinter log = new LogPrinter(made.memory(), entries(made), logTo);
            try {
                boot(made, hostModules, log);
                supervise(made, log, whileRunning);
                RunReport report = RunReport.of(made, stopped);
                shutDown(log);
                return report;
            } finally {
                killRest();
                if (!made.shutDownHost()) {
                    log.output(HOST, "mkemu: a module does not end, given up");
                }
                log.drain();
            }
        } finally {
            machine = null;
        }
    }

    private List<InstanceEntry> entries(Machine made) {
        List<InstanceEntry> entries = new ArrayList<>(List.of(made.memory().instances().entry(0)));
        plan.spec().instances().forEach(spec -> entries.add(made.memory().instances().entry(spec.id())));
        return entries;
    }

    private void boot(Machine made, List<KernelModule> hostModules, LogPrinter log) {
        for (InstanceSpec spec : plan.spec().instances()) {
            if (stopped) {
                return;
            }
            InstanceLife process = InstanceLife.of(made, spec, log::output);
            processes.add(process);
            process.exec();
        }
        made.bootHost(hostModules);
        String overcommitment = plan.cpus().overcommitment();
        if (overcommitment != null) {
            made.hostKernel().printk(LogLevel.NOTICE, "mkemu: " + overcommitment);
        }
    }

    private void supervise(Machine made, LogPrinter log, Consumer<KernelInstance> whileRunning) {
        while (!stopped) {
            int seen = made.memory().event();
            log.drain();
            whileRunning.accept(made.hostKernel());
            if (isDone(made)) {
                return;
            }
            made.memory().awaitEvent(futex, seen, logTo == null ? LOOK_NANOS : 0);
        }
    }

    /** Done: every kernel is up or dead, and the tasks have ended, or no module is left that could serve. */
    private boolean isDone(Machine made) {
        boolean anyTask = false;
        int failedModules = 0;
        boolean anyAlive = processes.isEmpty();
        for (InstanceEntry entry : entries(made)) {
            InstanceState state = entry.state();
            if (state == InstanceState.LOADED) {
                return false;
            }
            anyTask |= entry.tasksStarted() > 0;
            failedModules += entry.tasksFailed();
            anyAlive |= entry.id() != 0 && state == InstanceState.ACTIVE;
            if (state == InstanceState.ACTIVE && entry.tasksEnded() < entry.tasksStarted()) {
                return false;
            }
        }
        boolean nobodyServes = failedModules > 0 && failedModules >= modules();
        if (!anyTask && anyAlive && !nobodyServes && !saidEndless) {
            saidEndless = true;
            made.hostKernel().printk(LogLevel.NOTICE, "mkemu: no module runs a task; Ctrl-C ends this run");
        }
        return anyTask || !anyAlive || nobodyServes;
    }

    private int modules() {
        return plan.spec().host().modules().size()
            + plan.spec().instances().stream().mapToInt(spec -> spec.modules().size()).sum();
    }

    private void shutDown(LogPrinter log) throws InterruptedException {
        long deadline = System.nanoTime() + SHUTDOWN_NANOS;
        for (InstanceLife process : processes) {
            if (process.entry().state() == InstanceState.ACTIVE) {
                process.requestShutdown();
            } else {
                process.kill();
            }
        }
        for (InstanceLife process : processes) {
            if (!process.awaitEnd(deadline)) {
                log.output(process.entry().name(), "mkemu: did not shut down within "
                    + TimeUnit.NANOSECONDS.toSeconds(SHUTDOWN_NANOS) + " s, " + process.forced());
            }
        }
    }

    private void killRest() throws InterruptedException {
        processes.forEach(InstanceLife::kill);
        for (InstanceLife process : processes) {
            process.awaitEnd(System.nanoTime() + SHUTDOWN_NANOS);
        }
    }

    /** Time from exec to active of an instance in ms, or -1 if it did not come up. */
    static double bootMillis(InstanceEntry entry) {
        long active = entry.bootStep(BootStep.ACTIVE);
        return active == 0 ? -1 : (active - entry.bootStep(BootStep.EXEC)) / 1e6;
    }
}
