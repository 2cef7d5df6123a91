// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import io.mkemu.bench.contender.Commands;
import io.mkemu.bench.contender.Pause;
import io.mkemu.bench.contender.Samples;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Sends messages there and back. The clock is read after a send and before the wait for its answer: while the message
 * is under way, so that what the reading costs is not in the trip. A sample is the time from one such reading to the
 * next, a whole round trip.
 */
final class Pinger implements Wire.Receiver {
    /** The number of a message after which none follows. */
    static final long END = -1;

    private final Wire wire;
    private final Pause pause;
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[Commands.MOST_BYTES]);
    private long answer;

    Pinger(Wire wire, Pause pause) {
        this.wire = wire;
        this.pause = pause;
    }

    @Override
    public void message(DirectBuffer buffer, int offset, int length) {
        answer = buffer.getLong(offset);
    }

    /**
     * Pings until the time is over.
     *
     * @throws IllegalStateException after a wrong answer
     */
    void run(int bytes, long nanos, Samples samples) {
        long number = 1;
        send(number, bytes);
        await(number);
        number++;
        long deadline = System.nanoTime() + nanos;
        send(number, bytes);
        long last = System.nanoTime();
        /* One trip at least, however busy the machine is. */
        boolean measured = false;
        while (!measured || !samples.isFull() && last - deadline < 0) {
            await(number);
            number++;
            send(number, bytes);
            long now = System.nanoTime();
            samples.add(now - last);
            measured = true;
            last = now;
        }
        await(number);
        send(END, bytes);
        await(END);
    }

    private void send(long number, int bytes) {
        payload.putLong(0, number);
        while (!wire.offer(payload, 0, bytes)) {
            pause.once();
        }
    }

    private void await(long number) {
        while (wire.poll(this) == 0) {
            pause.once();
        }
        if (answer != number) {
            throw new IllegalStateException("the answer to message " + number + " is " + answer);
        }
    }
}
