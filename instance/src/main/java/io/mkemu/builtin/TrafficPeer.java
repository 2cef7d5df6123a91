// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.ipi.MkIpiData;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** What one kernel of the traffic has sent to another and got from it. On the CPU of its module. */
final class TrafficPeer {
    /** Ways for messages to go wrong: lost, torn, repeated or reordered. */
    static final int KINDS = 3;
    private static final long FACTOR = 0x9e37_79b9_7f4a_7c15L;
    private static final int CHECKSUM_AT = Long.BYTES;
    private static final int FILLING_AT = 2 * Long.BYTES;

    private final int id;
    private long sent;
    private long expected;
    private long total = -1;
    private long lost;
    private long torn;
    private long repeated;
    private boolean told;

    TrafficPeer(int id) {
        this.id = id;
    }

    int id() {
        return id;
    }

    private static long checksum(int senderCpu, long number, int size) {
        return ((number + 1) * FACTOR ^ senderCpu) * FACTOR + size;
    }

    private static byte filling(long checksum, int at) {
        return (byte) (checksum >>> at % Long.BYTES * Byte.SIZE ^ at);
    }

    /** Makes the next message to it. */
    void fill(MutableDirectBuffer payload, int senderCpu, int size) {
        long checksum = checksum(senderCpu, sent, size);
        payload.putLong(0, sent, ByteOrder.LITTLE_ENDIAN);
        payload.putLong(CHECKSUM_AT, checksum, ByteOrder.LITTLE_ENDIAN);
        for (int at = FILLING_AT; at < size; at++) {
            payload.putByte(at, filling(checksum, at));
        }
    }

    /** That message was sent. */
    void sent() {
        sent++;
    }

    /** A message of it came. */
    void received(MkIpiData data) {
        DirectBuffer payload = data.buffer();
        int size = payload.capacity();
        boolean whole = size >= FILLING_AT;
        long number = whole ? payload.getLong(0, ByteOrder.LITTLE_ENDIAN) : 0;
        long checksum = checksum(data.senderCpu(), number, size);
        whole = whole && payload.getLong(CHECKSUM_AT, ByteOrder.LITTLE_ENDIAN) == checksum;
        for (int at = FILLING_AT; whole && at < size; at++) {
            whole = payload.getByte(at) == filling(checksum, at);
        }
        if (!whole) {
            torn++;
        } else if (number < expected) {
            repeated++;
        } else {
            lost += number - expected;
            expected = number + 1;
        }
    }

    /** Says how many were sent to it. */
    void total(MutableDirectBuffer payload) {
        payload.putLong(0, sent, ByteOrder.LITTLE_ENDIAN);
    }

    void told(boolean done) {
        told = done;
    }

    boolean isTold() {
        return told;
    }

    /** It says how many it has sent. */
    void ended(MkIpiData data) {
        if (data.dataSize() == Long.BYTES) {
            total = data.buffer().getLong(0, ByteOrder.LITTLE_ENDIAN);
            lost += Math.max(0, total - expected);
        }
    }

    /** Whether it has sent all it will: a lane keeps order, so all of it has come. */
    boolean isComplete() {
        return total >= 0;
    }

    /** Adds what went wrong: lost, torn, repeated. */
    void addTo(long[] wrong) {
        wrong[0] += lost;
        wrong[1] += torn;
        wrong[2] += repeated;
    }
}
