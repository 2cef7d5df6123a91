// SPDX-License-Identifier: Apache-2.0
package io.mkemu.testkit;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits of tests: for a condition, under a watchdog that fails the test, never for a time. Any thread. */
public final class Await {
    /** No wait of a test is longer: what takes longer hangs. */
    public static final int WATCHDOG_SECONDS = 180;
    private static final long QUICK_LOOKS = 10_000;
    private static final long PAUSE_NANOS = 100_000;

    private Await() {
    }

    /** Waits until something holds. */
    public static void until(BooleanSupplier holds) {
        until(holds, () -> "what is awaited");
    }

    /** Waits until something holds; the failure names what did not come, as it is then. */
    public static void until(BooleanSupplier holds, Supplier<String> what) {
        long begin = System.nanoTime();
        for (long looks = 0; !holds.getAsBoolean(); looks++) {
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
            if (seconds >= WATCHDOG_SECONDS || Thread.currentThread().isInterrupted()) {
                throw new AssertionError("still awaited after " + seconds + " s: " + what.get());
            }
            if (looks < QUICK_LOOKS) {
                Thread.yield();
            } else {
                /* What takes long may need the CPU that would look for it. */
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /** Waits until a thread is in a state. */
    public static void state(Thread thread, Thread.State state) {
        until(() -> thread.getState() == state, () -> thread + " in state " + state + ", is " + thread.getState());
    }

    /** Waits for a latch. */
    public static void latch(CountDownLatch latch) throws InterruptedException {
        if (!latch.await(WATCHDOG_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("not within " + WATCHDOG_SECONDS + " s");
        }
    }
}
