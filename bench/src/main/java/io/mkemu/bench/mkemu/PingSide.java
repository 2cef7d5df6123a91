// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import static io.mkemu.bench.mkemu.BenchMessage.*;

import io.mkemu.Errno;
import io.mkemu.bench.contender.RateMeter;
import io.mkemu.bench.contender.Samples;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Kernel;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The host's side: pings an instance, or counts what instances send. Callbacks on the boot CPU; the methods that begin
 * something may be called by any thread, one at a time, after what was begun before is over.
 */
final class PingSide {
    private static final int MOST_BYTES = 256;

    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[MOST_BYTES]);
    private Kernel kernel;
    private final Trips trips = new Trips();
    private int bytes;
    private long number;
    private CompletableFuture<Void> counted;
    private RateMeter meter;
    private boolean ending;
    private long run;
    private long lastData;

    void init(Kernel itsKernel) {
        kernel = itsKernel;
        kernel.registerHandler((data, context) -> pong(data), null, PONG);
        kernel.registerHandler((data, context) -> data(data), null, DATA);
    }

    /** Pings instance 1 for some time. */
    CompletableFuture<Void> ping(int messageBytes, long nanos, Samples into) {
        CompletableFuture<Void> ends = new CompletableFuture<>();
        kernel.runOnCpu(0, () -> {
            bytes = messageBytes;
            trips.begin(ends, into);
            trips.until(kernel.nanoTime() + nanos);
            send();
        });
        return ends;
    }

    private void send() {
        number++;
        payload.putLong(0, number);
        int result = kernel.sendIpiData(1, payload, 0, bytes, PING);
        if (result != 0) {
            trips.end(new IllegalStateException("ping: " + Errno.name(result)));
        }
    }

    private void pong(MkIpiData data) {
        /* A single-slot mailbox may deliver an answer twice. */
        if (!trips.areUnderWay() || data.dataSize() != bytes || data.buffer().getLong(0) != number) {
            return;
        }
        if (trips.goOn()) {
            send();
            trips.sent();
        }
    }

    /** Has instances 1 .. senders send for some time, and counts until {@link #endCount}. */
    CompletableFuture<Void> count(int messageBytes, int senders, long nanos, boolean yields, RateMeter into) {
        CompletableFuture<Void> ends = new CompletableFuture<>();
        kernel.runOnCpu(0, () -> {
            counted = ends;
            meter = into;
            run++;
            lastData = 0;
            ending = false;
            payload.putLong(ORDER_RUN, run);
            payload.putLong(ORDER_NANOS, nanos);
            payload.putInt(ORDER_BYTES, messageBytes);
            payload.putInt(ORDER_YIELDS, yields ? 1 : 0);
            for (int instance = 1; instance <= senders; instance++) {
                int result = kernel.sendIpiData(instance, payload, 0, ORDER_LENGTH, ORDER);
                if (result != 0) {
                    endCount(new IllegalStateException("order to instance " + instance + ": " + Errno.name(result)));
                }
            }
        });
        return ends;
    }

    /**
     * Counts no more, once there is a rate: on a busy machine the senders may not have begun when their time is over.
     * The future that {@link #count} returned is complete then.
     */
    void endCount() {
        kernel.runOnCpu(0, () -> {
            ending = true;
            endIfCounted();
        });
    }

    private void endIfCounted() {
        if (ending && meter.hasRate()) {
            meter.end();
            endCount(null);
        }
    }

    private void endCount(RuntimeException fault) {
        CompletableFuture<Void> ended = counted;
        counted = null;
        Trips.end(ended, fault);
    }

    private void data(MkIpiData data) {
        if (counted == null || data.dataSize() < Long.BYTES) {
            return;
        }
        long carried = data.buffer().getLong(0);
        /* Messages of a former run may come late; a single-slot mailbox may deliver one twice. */
        if (carried >>> RUN_SHIFT == run && carried != lastData) {
            lastData = carried;
            meter.message();
            endIfCounted();
        }
    }
}
