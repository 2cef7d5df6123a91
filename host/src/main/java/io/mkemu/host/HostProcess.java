// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.life.Machine;
import io.mkemu.host.view.LogPrinter;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.plan.MachinePlan;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A process that is the host of one machine, from init to shutdown: what there is to do in between is the subclass's
 * business. One thread runs it; any thread may {@link #stop} it. The process is to end after it.
 */
abstract class HostProcess {
    private static final long SHUTDOWN_MILLIS = 5000;

    /** What is done between init and shutdown. */
    @FunctionalInterface
    interface Work<T> {
        T run(Host made, LogPrinter log) throws IOException, InterruptedException;

        /** What came of it, now that all kernels have been shut down. */
        default T ended(Host made, T result) {
            return result;
        }
    }

    private final MachineDirectory directory;
    private final MachinePlan plan;
    private final PrintStream logTo;
    private volatile Host host;
    private volatile boolean stopped;
    private volatile String journalTrouble;

    /**
     * Prepares it.
     *
     * @param logTo where the kernel logs go, or null
     */
    HostProcess(MachineDirectory directory, MachinePlan plan, PrintStream logTo) {
        this.directory = directory;
        this.plan = plan;
        this.logTo = logTo;
    }

    /** Ends the machine as soon as it can. Any thread, any time. */
    public final void stop() {
        stopped = true;
        Host running = host;
        if (running != null) {
            running.askEnd();
        }
    }

    /** Whether {@link #stop} or a request has asked for the end. While it works. */
    final boolean isStopped() {
        return stopped || host.endAsked().getCount() == 0;
    }

    /** Why not all is in the journal that was to be recorded; null if all is, or before the end. Any thread. */
    public final String journalTrouble() {
        return journalTrouble;
    }

    /** Whether the kernel logs go anywhere. */
    final boolean isLogged() {
        return logTo != null;
    }

    /**
     * Makes the machine, takes requests, works and shuts it down: in order, or by force if the work fails.
     *
     * @throws MachineException if the machine cannot be made, nothing is left then; or could not go on, and was ended
     */
    final <T> T host(Work<T> work) throws IOException, InterruptedException {
        try (Host made = Host.init(directory, plan); HostControl control = HostControl.open(made)) {
            host = made;
            made.machine().endsWithProcess();
            LogPrinter log = new LogPrinter(made.machine().mapped(), logTo);
            boolean inOrder = false;
            try {
                T result = work.run(made, log);
                shutDown(made, control, log, SHUTDOWN_MILLIS);
                inOrder = true;
                journalTrouble = made.machine().recorder().trouble();
                if (made.lost() != null) {
                    throw new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine() + "\" was ended: "
                        + made.lost());
                }
                return work.ended(made, result);
            } finally {
                if (!inOrder) {
                    shutDown(made, control, log, 0);
                }
                log.drain();
            }
        } finally {
            host = null;
        }
    }

    /**
     * Prints logs until something is so.
     *
     * @param lookNanos look at least so often, in ns; 0: when something happens
     * @return false if somebody asks for the end before
     */
    final boolean await(Host made, LogPrinter log, BooleanSupplier condition, long lookNanos) {
        EventLoop loop = new EventLoop(EventLoop.of(made.machine().memory()), this::isStopped);
        return loop.await(() -> {
            log.drain();
            return condition.getAsBoolean();
        }, lookNanos);
    }

    private static void shutDown(Host made, HostControl control, LogPrinter log, long millis)
        throws InterruptedException {
        List<String> forced = made.shutDown(control.endMillis(millis));
        forced.forEach(line -> log.output(Machine.HOST_NAME, "mkemu: " + line));
        control.ended(forced);
    }
}
