// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Waits for what kernels are to do. A wait ends by an event; its deadline is a minute, so that it decides nothing on a
 * busy machine, and only a kernel that does not work meets it. One thread waits.
 */
final class Patience {
    /** A word in shared memory that changes with each event, and the sleep until it does. */
    interface Events {
        /** Its present value. */
        int seen();

        /** Sleeps until it differs from the value seen, or the time in ns is over. */
        void await(int seen, long timeoutNanos);
    }

    /** A kernel of the machine did not do its part, so that nothing can be said of a hazard. One line. */
    static final class Silence extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Silence(String message) {
            super(message);
        }
    }

    private static final long LIMIT_NANOS = TimeUnit.MINUTES.toNanos(1);
    /** How often to look at what raises no event here: a process that stops, or dies; a user who wants the end. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Runnable check;
    private final LongSupplier nanoTime;
    private final DoubleSupplier load;

    /**
     * Patience in real time.
     *
     * @param check run again and again during a wait: throws if there is nothing to wait for any more
     */
    Patience(Runnable check) {
        this(check, System::nanoTime, () -> ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    Patience(Runnable check, LongSupplier nanoTime, DoubleSupplier load) {
        this.check = check;
        this.nanoTime = nanoTime;
        this.load = load;
    }

    /**
     * Returns once a condition holds.
     *
     * @param events raised when the condition may hold
     * @param what   is awaited, for the message
     * @throws Silence if it does not within a minute
     */
    void await(Events events, String what, BooleanSupplier condition) {
        long begun = nanoTime.getAsLong();
        while (true) {
            int seen = events.seen();
            if (condition.getAsBoolean()) {
                return;
            }
            check.run();
            long waited = nanoTime.getAsLong() - begun;
            if (waited > LIMIT_NANOS) {
                throw new Silence(String.format(Locale.ROOT,
                    "waited %d s in vain for %s; the machine's load average is %.1f on %d CPUs",
                    TimeUnit.NANOSECONDS.toSeconds(waited), what, load.getAsDouble(),
                    Runtime.getRuntime().availableProcessors()));
            }
            events.await(seen, LOOK_NANOS);
        }
    }
}
