// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.MachineRun;
import io.mkemu.host.RunReport;
import io.mkemu.kernel.KernelInstance;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Runs a machine so that Ctrl-C and SIGTERM end it in order: the JVM does not go before the machine is taken down. */
public final class Interruptible {
    private static final int PATIENCE_SECONDS = 60;

    /** What is run, until it is done or stopped. */
    public interface Action {
        /** Does it. */
        void run() throws IOException, InterruptedException;
    }

    private Interruptible() {
    }

    /**
     * Runs a machine and hands its report on, both before the process may end.
     *
     * @param report prints what came of it, also of a run that was interrupted
     */
    public static void run(MachineRun run, Consumer<KernelInstance> whileRunning, Consumer<RunReport> report)
        throws IOException {
        run(run::stop, () -> report.accept(run.run(whileRunning)));
    }

    /** Whether the JVM has begun to end: libraries let go of their files then, and begin nothing new. */
    public static boolean isEnding() {
        Thread never = new Thread();
        try {
            Runtime.getRuntime().addShutdownHook(never);
            return !Runtime.getRuntime().removeShutdownHook(never);
        } catch (IllegalStateException ending) {
            return true;
        }
    }

    /**
     * Runs something that can be stopped.
     *
     * @param stop ends the action as soon as it can, in order; called on another thread
     */
    public static void run(Runnable stop, Action action) throws IOException {
        CountDownLatch finished = new CountDownLatch(1);
        Thread hook = new Thread(() -> {
            stop.run();
            try {
                finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }, "shutdown");
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            throw new MachineException(ExitCode.INTERRUPTED, "interrupted before the machine was made", shuttingDown);
        }
        try {
            action.run();
        } catch (InterruptedException interrupt) {
            throw new MachineException(ExitCode.INTERRUPTED, "interrupted", interrupt);
        } finally {
            System.out.flush();
            finished.countDown();
        }
    }
}
