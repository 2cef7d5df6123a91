// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import io.mkemu.bench.contender.Samples;
import java.util.concurrent.CompletableFuture;

/**
 * Round trips for some time, one after the other: which of them count, and when they are over. A trip is timed as in
 * the other peers: the clock is read after a send and before the wait for its answer, so that what the reading costs
 * is not in the trip. On the CPU that sends.
 */
final class Trips {
    private CompletableFuture<Void> done;
    private Samples samples;
    private long last;
    private long deadline;
    private boolean warm;
    private boolean measured;

    /**
     * They are about to begin.
     *
     * @param ends completed when they are over
     */
    void begin(CompletableFuture<Void> ends, Samples into) {
        done = ends;
        samples = into;
    }

    /**
     * The first one is about to be sent.
     *
     * @param time of System.nanoTime, after which none begins
     */
    void until(long time) {
        deadline = time;
        warm = false;
        measured = false;
    }

    boolean areUnderWay() {
        return done != null;
    }

    /** An answer has come: whether another trip is to begin. One at least: the first, which warms up, may be long. */
    boolean goOn() {
        if (measured && (samples.isFull() || last - deadline >= 0)) {
            end(null);
            return false;
        }
        return true;
    }

    /** The next one has been sent. */
    void sent() {
        long now = System.nanoTime();
        if (warm) {
            samples.add(now - last);
            measured = true;
        }
        warm = true;
        last = now;
    }

    /** They are over; null: in order. */
    void end(RuntimeException fault) {
        CompletableFuture<Void> ended = done;
        done = null;
        end(ended, fault);
    }

    /** Tells whoever waits for it, if anybody still does. */
    static void end(CompletableFuture<Void> ended, RuntimeException fault) {
        if (ended == null) {
            return;
        }
        if (fault == null) {
            ended.complete(null);
        } else {
            ended.completeExceptionally(fault);
        }
    }
}
