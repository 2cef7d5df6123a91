// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Looks at a kernel's CPUs from outside, once a second, in a thread of its own: for what would cost a CPU time if it
 * looked itself. A look that throws is told in the kernel log and not made again; the others go on.
 */
final class KernelWatch {
    private static final long LOOK_SECONDS = 1;

    private final Map<Runnable, String> looks;
    private final Printk printk;
    private final CountDownLatch ended = new CountDownLatch(1);
    private Thread watcher;

    /**
     * Nobody looks yet.
     *
     * @param looks each with what is to be said when it cannot be made any more; this object's from now on
     */
    KernelWatch(Map<Runnable, String> looks, Printk printk) {
        this.looks = looks;
        this.printk = printk;
    }

    /** Begins. */
    void start() {
        watcher = new Thread(this::watch, "kernel-watch");
        watcher.setDaemon(true);
        watcher.start();
    }

    /** Ends it; when this returns nobody writes to the kernel log any more. */
    void end() throws InterruptedException {
        ended.countDown();
        if (watcher != null) {
            watcher.join();
        }
    }

    private void watch() {
        try {
            while (!ended.await(LOOK_SECONDS, TimeUnit.SECONDS)) {
                looks.entrySet().removeIf(look -> !made(look.getKey(), look.getValue()));
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean made(Runnable look, String otherwise) {
        try {
            look.run();
            return true;
        } catch (RuntimeException | Error fault) {
            printk.fault(() -> "mkemu: " + otherwise + ": ", fault);
            return false;
        }
    }
}
