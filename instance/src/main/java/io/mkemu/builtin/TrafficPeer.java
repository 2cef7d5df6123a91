// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static io.mkemu.builtin.TrafficDescriptor.*;

import io.mkemu.Errno;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Kernel;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What one kernel of the traffic has sent to another and got from it, counted in its block of the record. On the CPU of
 * its module.
 */
final class TrafficPeer {
    private static final long FACTOR = 0x9e37_79b9_7f4a_7c15L;

    final int id;
    private final Kernel kernel;
    private final UnsafeBuffer record;
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[MOST_SIZE]);
    private long targetLife;
    private long number;
    private long expected;
    private long total = -1;
    private boolean told;

    TrafficPeer(Kernel kernel, UnsafeBuffer record, int id) {
        this.kernel = kernel;
        this.record = record;
        this.id = id;
    }

    /** A count of the block. */
    long count(int offset) {
        return record.getLong(id * BLOCK_LENGTH + offset);
    }

    /** In order: after a kill, what the block says of a send is what became of it. */
    private void count(int offset, long value) {
        record.putLongOrdered(id * BLOCK_LENGTH + offset, value);
    }

    private void add(int offset) {
        count(offset, count(offset) + 1);
    }

    /** The number that the next message has if it is for that life. */
    long next(long itsLife) {
        if (itsLife != targetLife) {
            targetLife = itsLife;
            number = 0;
        }
        return number;
    }

    /** Sends the next message, from that life of this kernel to that one of the peer; the result is the kernel's. */
    int send(long myLife, long itsLife, int size) {
        payload.putLong(HEAD_OFFSET, head(myLife, itsLife, next(itsLife)), ByteOrder.LITTLE_ENDIAN);
        long checksum = checksum(payload, kernel.physicalCpuId(), size);
        payload.putLong(CHECKSUM_OFFSET, checksum, ByteOrder.LITTLE_ENDIAN);
        for (int at = FILLING_OFFSET; at < size; at++) {
            payload.putByte(at, filling(checksum, at));
        }
        count(SENDING_OFFSET, 1);
        int result = kernel.sendIpiData(id, payload, 0, size, DATA);
        if (result == 0) {
            number++;
            add(SENT_OFFSET);
        } else if (result == -Errno.ENOSPC) {
            add(FULL_OFFSET);
        }
        count(SENDING_OFFSET, 0);
        return result;
    }

    /** What names the message that was sent last. */
    String sentLast() {
        return name(payload);
    }

    private static String name(DirectBuffer message) {
        return "message 0x" + Long.toHexString(message.getLong(HEAD_OFFSET, ByteOrder.LITTLE_ENDIAN));
    }

    private static long head(long senderLife, long targetLife, long number) {
        return number | (senderLife & LIFE_MASK) << SENDER_LIFE_SHIFT | (targetLife & LIFE_MASK) << TARGET_LIFE_SHIFT;
    }

    private static long checksum(DirectBuffer message, int senderCpu, int size) {
        long head = message.getLong(HEAD_OFFSET, ByteOrder.LITTLE_ENDIAN);
        return ((head + 1) * FACTOR ^ senderCpu) * FACTOR + size;
    }

    private static byte filling(long checksum, int at) {
        return (byte) (checksum >>> at % Long.BYTES * Byte.SIZE ^ at);
    }

    private static boolean isWhole(DirectBuffer message, int senderCpu) {
        int size = message.capacity();
        if (size < LEAST_SIZE) {
            return false;
        }
        long checksum = checksum(message, senderCpu, size);
        boolean whole = message.getLong(CHECKSUM_OFFSET, ByteOrder.LITTLE_ENDIAN) == checksum;
        for (int at = FILLING_OFFSET; whole && at < size; at++) {
            whole = message.getByte(at) == filling(checksum, at);
        }
        return whole;
    }

    /** A message of it came to that life of this kernel. */
    void received(MkIpiData data, long myLife) {
        DirectBuffer message = data.buffer();
        if (!isWhole(message, data.senderCpu())) {
            add(TORN_OFFSET);
            return;
        }
        long head = message.getLong(HEAD_OFFSET, ByteOrder.LITTLE_ENDIAN);
        long life = head >>> SENDER_LIFE_SHIFT & LIFE_MASK;
        long known = count(LIFE_OFFSET);
        if (life < known || head >>> TARGET_LIFE_SHIFT != (myLife & LIFE_MASK)) {
            add(FOREIGN_OFFSET);
            kernel.printk(name(message) + " of instance " + id + " is for or of another life");
            return;
        }
        if (life > known) {
            if (known > 0) {
                kernel.printk(count(RECEIVED_OFFSET) + " received of life " + known + " of instance " + id);
            }
            count(RECEIVED_OFFSET, 0);
            count(LIFE_OFFSET, life);
            expected = 0;
        }
        add(RECEIVED_OFFSET);
        arrived(head & NUMBER_MASK);
    }

    private void arrived(long arrived) {
        if (arrived < expected) {
            add(REPEATED_OFFSET);
        } else {
            count(LOST_OFFSET, count(LOST_OFFSET) + arrived - expected);
            expected = arrived + 1;
        }
    }

    /** Says how many were sent to it, until that was taken; returns whether both sides have said so. */
    boolean end(Words words) {
        told = told || words.put(0, number).send(id, END, 1) == 0;
        return told && total >= 0;
    }

    /** It says how many it has sent: a lane keeps order, so all of it has come. */
    void ended(MkIpiData data) {
        if (data.dataSize() == Long.BYTES) {
            total = Words.get(data.buffer(), 0);
            count(LOST_OFFSET, count(LOST_OFFSET) + Math.max(0, total - expected));
        }
    }
}
