// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import java.nio.file.Path;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The least that carries messages in Java, for the budget of a round trip: a few slots each way, each of lines of its
 * own, with a ready word in front of the payload. Nothing is bounded: one message is under way.
 */
final class SlotWire implements Wire {
    private static final int SLOTS = 16;
    private static final int PAYLOAD = 8;
    private static final int STRIDE = 320;
    private static final int WAY = BitUtil.align(SLOTS * STRIDE, 4096);

    private final UnsafeBuffer memory;
    private final int out;
    private final int in;
    private long sent;
    private long taken;

    private SlotWire(Path directory, int out, int in) {
        this.memory = MappedFile.map(directory.resolve("slots"), 2 * WAY);
        this.out = out;
        this.in = in;
    }

    static SlotWire main(Path directory) {
        return new SlotWire(directory, 0, WAY);
    }

    static SlotWire child(Path directory) {
        return new SlotWire(directory, WAY, 0);
    }

    @Override
    public boolean offer(DirectBuffer payload, int offset, int bytes) {
        long slot = memory.addressOffset() + out + slot(sent);
        byte[] array = payload.byteArray();
        long from = payload.addressOffset() + offset;
        for (int at = 0; at < bytes; at += Long.BYTES) {
            UnsafeApi.putLong(null, slot + PAYLOAD + at, UnsafeApi.getLong(array, from + at));
        }
        sent++;
        UnsafeApi.putLongRelease(null, slot, sent << Integer.SIZE | bytes);
        return true;
    }

    private static int slot(long number) {
        return (int) number % SLOTS * STRIDE;
    }

    @Override
    public int poll(Receiver receiver) {
        int slot = in + slot(taken);
        long ready = UnsafeApi.getLongAcquire(null, memory.addressOffset() + slot);
        if (ready >>> Integer.SIZE != taken + 1) {
            return 0;
        }
        taken++;
        receiver.message(memory, slot + PAYLOAD, (int) ready);
        return 1;
    }
}
