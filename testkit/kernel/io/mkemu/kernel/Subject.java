// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.cpu.LocalApic;
import io.mkemu.module.Kernel;
import io.mkemu.testkit.Await;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A kernel of a test, whatever runs it, with the module by which the test makes calls. Any thread may use it. */
public abstract class Subject {
    /** Its calls; those that act as a CPU are for what {@link #on} and {@link #submit} run. */
    public Kernel api;

    /** Lets a CPU do something, soon. */
    abstract void submit(int logicalCpu, Runnable work);

    /** Returns when all that was pending on the CPU before has been delivered. */
    abstract void settle(int logicalCpu) throws Exception;

    /** Whether a CPU, whose part this thread plays, is in a call that waits. */
    abstract boolean waits(int logicalCpu, Thread thread);

    abstract LocalApic apic(int logicalCpu);

    /** Ends it in order; once more: nothing. */
    public abstract void shutDown() throws Exception;

    /** Does something on a CPU of this kernel and returns what came of it. */
    public <T> T on(int logicalCpu, Callable<T> call) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        submit(logicalCpu, () -> {
            try {
                result.complete(call.call());
            } catch (Throwable fault) {
                result.completeExceptionally(fault);
            }
        });
        return result.get(Await.WATCHDOG_SECONDS, TimeUnit.SECONDS);
    }

    /** As {@link #on(int, Callable)}, on the boot CPU. */
    public <T> T on(Callable<T> call) throws Exception {
        return on(0, call);
    }

    /** Holds a CPU between two interrupts until the result is closed. */
    public TestKernels.Hold hold(int logicalCpu) throws InterruptedException {
        TestKernels.Hold hold = new TestKernels.Hold();
        submit(logicalCpu, hold::stand);
        hold.awaitStanding();
        return hold;
    }
}
