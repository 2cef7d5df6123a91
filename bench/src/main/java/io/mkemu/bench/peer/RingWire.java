// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import io.mkemu.bench.contender.Commands;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** Agrona's ring buffers on mapped files. Senders share one ring of the one kind, and have one each of the other. */
final class RingWire implements Wire {
    private static final int CAPACITY = 1 << 20;
    private static final int TYPE = 1;
    private static final int LIMIT = 64;

    private final RingBuffer out;
    private final RingBuffer[] in;
    private final MessageHandler handler = (type, buffer, index, length) -> hand(buffer, index, length);
    private Receiver receiver;

    private RingWire(RingBuffer out, List<RingBuffer> in) {
        this.out = out;
        this.in = in.toArray(RingBuffer[]::new);
    }

    static RingWire main(Path directory, boolean manyToOne) {
        List<RingBuffer> up = new ArrayList<>();
        for (int index = 0; index < (manyToOne ? 1 : Commands.MOST_SENDERS); index++) {
            up.add(ring(directory, "up-" + index, manyToOne));
        }
        return new RingWire(ring(directory, "down", manyToOne), up);
    }

    static RingWire child(Path directory, boolean manyToOne, int index) {
        return new RingWire(ring(directory, "up-" + (manyToOne ? 0 : index), manyToOne),
            List.of(ring(directory, "down", manyToOne)));
    }

    private static RingBuffer ring(Path directory, String name, boolean manyToOne) {
        UnsafeBuffer buffer = MappedFile.map(directory.resolve(name), CAPACITY + RingBufferDescriptor.TRAILER_LENGTH);
        return manyToOne ? new ManyToOneRingBuffer(buffer) : new OneToOneRingBuffer(buffer);
    }

    @Override
    public boolean offer(DirectBuffer payload, int offset, int bytes) {
        return out.write(TYPE, payload, offset, bytes);
    }

    private void hand(DirectBuffer buffer, int index, int length) {
        receiver.message(buffer, index, length);
    }

    @Override
    public int poll(Receiver to) {
        receiver = to;
        int messages = 0;
        for (RingBuffer ring : in) {
            messages += ring.read(handler, LIMIT);
        }
        return messages;
    }
}
