// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceState;
import io.mkemu.boot.MachineDirectory;
import io.mkemu.kernel.KernelInstance;
import io.mkemu.log.LogLevel;
import io.mkemu.os.Futex;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A machine from boot to end in one process: init, exec of all its instances, and when the modules are done or somebody
 * stops it, shutdown. One thread runs it; any thread may {@link #stop} it. The process is to end after it.
 */
public final class MachineRun {
    private static final long SHUTDOWN_MILLIS = 5000;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final MachineDirectory directory;
    private final MachinePlan plan;
    private final PrintStream logTo;
    private final Futex futex = new Futex();
    private volatile Host host;
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
        Host running = host;
        if (running != null) {
            running.askEnd();
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
        try (Host made = Host.init(directory, plan)) {
            host = made;
            made.machine().endsWithProcess();
            LogPrinter log = new LogPrinter(made.machine().memory(), logTo);
            boolean inOrder = false;
            HostControl control = HostControl.open(made);
            try {
                boot(made, log);
                supervise(made, log, whileRunning);
                RunReport report = RunReport.of(made, isStopped());
                shutDown(made, control, log, SHUTDOWN_MILLIS);
                inOrder = true;
                return report;
            } finally {
                if (!inOrder) {
                    shutDown(made, control, log, 0);
                }
                control.close();
                log.drain();
            }
        } finally {
            host = null;
        }
    }

    private boolean isStopped() {
        return stopped || host.endAsked().getCount() == 0;
    }

    private void boot(Host made, LogPrinter log) {
        if (!isStopped()) {
            made.start(made.names(), false, line -> log.output(Machine.HOST_NAME, "mkemu: " + line));
        }
        made.boot();
    }

    private void supervise(Host made, LogPrinter log, Consumer<KernelInstance> whileRunning) {
        while (!isStopped()) {
            int seen = made.machine().memory().event();
            log.drain();
            whileRunning.accept(made.machine().hostKernel());
            if (isDone(made)) {
                return;
            }
            made.machine().memory().awaitEvent(futex, seen, logTo == null ? LOOK_NANOS : 0);
        }
    }

    /** Done: every kernel is up or dead, and the tasks have ended, or no module is left that could serve. */
    private boolean isDone(Host made) {
        InstanceEntry hostEntry = made.machine().memory().instances().entry(0);
        if (hostEntry.state() != InstanceState.ACTIVE || hostEntry.tasksEnded() < hostEntry.tasksStarted()) {
            return false;
        }
        boolean anyTask = hostEntry.tasksStarted() > 0;
        int failedModules = hostEntry.tasksFailed();
        int modules = plan.spec().host().modules().size();
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

    private static void shutDown(Host made, HostControl control, LogPrinter log, long millis)
        throws InterruptedException {
        List<String> forced = made.shutDown(control.endMillis(millis));
        forced.forEach(line -> log.output(Machine.HOST_NAME, "mkemu: " + line));
        control.ended(forced);
    }
}
