// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import io.mkemu.Errno;
import io.mkemu.bench.contender.Samples;
import io.mkemu.message.Completion;
import io.mkemu.message.MessageType;
import io.mkemu.message.Messages;
import io.mkemu.module.Kernel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Round trips of calls and answers, both sides, timed as those of {@link PingSide}. On the boot CPU. The layer is there
 * once the host has asked for it, so that other measurements are without it.
 */
final class MessageSide {
    private static final int BEGIN = 0x6265_0010;
    private static final int BEGUN = 0x6265_0011;
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[Messages.MAX_PAYLOAD]);
    private Kernel kernel;
    private Messages messages;
    private final Trips trips = new Trips();
    private final Completion completion = this::answered;
    private int bytes;
    private long nanos;
    private long number;

    void init(Kernel itsKernel) {
        kernel = itsKernel;
        kernel.registerHandler((data, context) -> serve(), null, BEGIN);
        kernel.registerHandler((data, context) -> begin(), null, BEGUN);
    }

    private void serve() {
        if (messages == null) {
            messages = new Messages(kernel);
            messages.register(MessageType.USER, message ->
                message.answer(message.payload(), 0, message.payload().capacity()));
        }
        kernel.sendIpiData(0, payload, 0, Long.BYTES, BEGUN);
    }

    /**
     * Calls instance 1 for some time.
     *
     * @param messageBytes of payload; a message has room for {@link Messages#MAX_PAYLOAD} at the most
     */
    CompletableFuture<Void> ping(int messageBytes, long forNanos, Samples into) {
        CompletableFuture<Void> ends = new CompletableFuture<>();
        kernel.runOnCpu(0, () -> {
            trips.begin(ends, into);
            bytes = Math.min(messageBytes, Messages.MAX_PAYLOAD);
            nanos = forNanos;
            if (messages == null) {
                messages = new Messages(kernel);
            }
            int result = kernel.sendIpiData(1, payload, 0, Long.BYTES, BEGIN);
            if (result != 0) {
                trips.end(new IllegalStateException("message: " + Errno.name(result)));
            }
        });
        return ends;
    }

    private void begin() {
        trips.until(kernel.nanoTime() + nanos);
        send();
    }

    private void send() {
        payload.putLong(0, ++number);
        long id = messages.call(1, MessageType.USER, 0, payload, 0, bytes, DEADLINE_NANOS, completion);
        if (id < 0) {
            trips.end(new IllegalStateException("call: " + Errno.name((int) id)));
        }
    }

    private void answered(long id, int result, DirectBuffer answer) {
        if (result != 0 || answer.getLong(0) != number) {
            trips.end(new IllegalStateException("answer: " + Errno.name(result)));
            return;
        }
        if (trips.goOn()) {
            send();
            trips.sent();
        }
    }
}
