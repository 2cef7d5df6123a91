// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceState;
import io.mkemu.boot.MachineDirectory;
import io.mkemu.os.Futex;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A machine that is there to be managed: init, and then what its clients ask for, until one of them, or somebody who
 * calls {@link #stop}, ends it. One thread runs it, and the process is to end after it.
 */
public final class HostRun {
    private static final long SHUTDOWN_MILLIS = 5000;

    /** What is to be done once the machine is up: its host's modules are set up, requests are taken. */
    public interface Ready {
        /** Says so. */
        void run() throws IOException;
    }

    private final MachineDirectory directory;
    private final MachinePlan plan;
    private final PrintStream logTo;
    private final Futex futex = new Futex();
    private volatile Host host;
    private volatile boolean stopped;

    /**
     * Prepares a run.
     *
     * @param logTo where the kernel logs go, or null
     */
    public HostRun(MachineDirectory directory, MachinePlan plan, PrintStream logTo) {
        this.directory = directory;
        this.plan = plan;
        this.logTo = logTo;
    }

    /** Ends the machine as soon as it can. Any thread, any time. */
    public void stop() {
        stopped = true;
        Host running = host;
        if (running != null) {
            running.askEnd();
        }
    }

    /**
     * Runs. The instances of the tree are created and loaded; executing them is the clients' business.
     *
     * @param ready called once the machine is up
     * @throws io.mkemu.MachineException if the machine cannot be made or the host's kernel not booted; nothing is left
     *     then
     */
    public void run(Ready ready) throws IOException, InterruptedException {
        try (Host made = Host.init(directory, plan); HostControl control = HostControl.open(made)) {
            host = made;
            made.machine().endsWithProcess();
            LogPrinter log = new LogPrinter(made.machine().memory(), logTo);
            long patience = 0;
            try {
                made.boot();
                if (awaitUp(made, log)) {
                    ready.run();
                    awaitEnd(made, log);
                }
                patience = SHUTDOWN_MILLIS;
            } finally {
                List<String> forced = made.shutDown(control.endMillis(patience));
                forced.forEach(line -> log.output(Machine.HOST_NAME, "mkemu: " + line));
                control.ended(forced);
                log.drain();
            }
        } finally {
            host = null;
        }
    }

    /** Waits until the host's modules are set up; false if somebody asks for the end before. */
    private boolean awaitUp(Host made, LogPrinter log) {
        InstanceEntry entry = made.machine().memory().instances().entry(0);
        return await(made, log, () -> entry.state() == InstanceState.ACTIVE);
    }

    private void awaitEnd(Host made, LogPrinter log) throws InterruptedException {
        if (logTo == null) {
            made.endAsked().await();
        } else {
            await(made, log, () -> false);
        }
    }

    /** Prints logs until something is so; false if somebody asks for the end before. */
    private boolean await(Host made, LogPrinter log, BooleanSupplier condition) {
        while (!stopped && made.endAsked().getCount() > 0) {
            int seen = made.machine().memory().event();
            log.drain();
            if (condition.getAsBoolean()) {
                return true;
            }
            if (!stopped && made.endAsked().getCount() > 0) {
                made.machine().memory().awaitEvent(futex, seen, 0);
            }
        }
        return false;
    }
}
