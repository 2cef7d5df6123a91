// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends a run in order when the user stops it: this JVM does not go before its processes and files. */
final class Interruptible {
    private static final int PATIENCE_SECONDS = 20;

    private Interruptible() {
    }

    /**
     * Runs something that can be stopped.
     *
     * @param stop ends it as soon as it can; called on another thread
     */
    static <T> T call(Runnable stop, Callable<T> action) throws Exception {
        CountDownLatch finished = new CountDownLatch(1);
        Thread hook = new Thread(() -> {
            stop.run();
            try {
                finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }, "shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return action.call();
        } finally {
            finished.countDown();
        }
    }
}
