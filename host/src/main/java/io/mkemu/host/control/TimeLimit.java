// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Limits the time of blocking input and output: Unix domain sockets have no time-outs of their own. Any thread. */
final class TimeLimit {
    /** What may take too long. */
    interface Step<T> {
        T run() throws IOException;
    }

    private TimeLimit() {
    }

    /**
     * Runs a step. A step that ends well is good, even if its time is over meanwhile.
     *
     * @param cut called on another thread when the time is over; makes the step fail
     * @throws SocketTimeoutException if the step failed after its time was over
     * @throws IOException            as the step throws it in time
     */
    static <T> T within(long nanos, Closeable cut, Step<T> step) throws IOException {
        CountDownLatch done = new CountDownLatch(1);
        AtomicBoolean late = new AtomicBoolean();
        Thread.ofVirtual().name("control-timeout").start(() -> {
            try {
                if (!done.await(nanos, TimeUnit.NANOSECONDS)) {
                    late.set(true);
                    cut.close();
                }
            } catch (ClosedChannelException closedAlready) {
                /* Then the step has failed, or fails now. */
                late.set(true);
            } catch (InterruptedException | IOException broken) {
                throw new IllegalStateException("time limit of a control request: " + broken, broken);
            }
        });
        try {
            return step.run();
        } catch (IOException broken) {
            if (late.get()) {
                SocketTimeoutException over = new SocketTimeoutException(
                    "no answer within " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms");
                over.initCause(broken);
                throw over;
            }
            throw broken;
        } finally {
            done.countDown();
        }
    }
}
