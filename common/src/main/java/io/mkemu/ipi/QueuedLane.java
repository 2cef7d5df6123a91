// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.QueuedMailboxDescriptor.*;

import io.mkemu.abi.MkIpiDataDescriptor;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/** The consumer's end of one lane. Used by the receiving CPU's thread only. */
final class QueuedLane {
    /* So that a sender that waits for room, and reads head for it, does not take its line away for each message. Of a
       short lane never more than a quarter: a sender that is answered from within the callback finds the rest free. */
    private static final int MESSAGES_PER_HEAD = 8;
    private static final int HEADS_PER_LANE = 4;
    /* What no ready word begins with. */
    private static final long CLOSED = -1;

    private final int senderCpu;
    /* In this process: of head and of the first record. The lane is checked once to lie in the area, and each place in
       it to lie in the lane. */
    private final long headAddress;
    private final long lives;
    private final long records;
    private final int recordsLength;
    /* Head is stored after each message whose number has none of these bits. */
    private final int headMask;
    /* Messages consumed, where the next record is, and what its ready word begins with. */
    private long consumed;
    private int at;
    private long expected;
    private boolean told;

    /**
     * Goes on where head says that a former reader has stopped.
     *
     * @param lane offset in the area
     */
    QueuedLane(UnsafeBuffer area, int lane, int slots, int senderCpu) {
        area.boundsCheck(lane, (int) laneLength(slots));
        this.senderCpu = senderCpu;
        this.headAddress = area.addressOffset() + lane + HEAD_OFFSET;
        this.lives = area.addressOffset() + lane + LIVES_OFFSET;
        this.records = area.addressOffset() + lane + RECORDS_OFFSET;
        this.recordsLength = recordsLength(slots);
        this.headMask = Math.clamp(slots / HEADS_PER_LANE, 1, MESSAGES_PER_HEAD) - 1;
        long head = UnsafeApi.getLongVolatile(null, headAddress);
        consumed = consumedOf(head);
        at = Math.min(atOf(head), recordsLength);
        expected = tag(consumed + 1);
    }

    int senderCpu() {
        return senderCpu;
    }

    /** Whether its next record can be seen, be it a message or a jump. */
    boolean isReady() {
        return tagOf(UnsafeApi.getLongAcquire(null, records + at + READY_OFFSET)) == expected;
    }

    /**
     * Goes on to the next message and points a flyweight at it. A word that cannot be true closes the lane: somebody
     * scribbled over it, and with it over where the next one is.
     *
     * @return false if there is no message, or none any more: {@link #hasClosed}
     */
    boolean next(MkIpiData data) {
        long word = UnsafeApi.getLongAcquire(null, records + at + READY_OFFSET);
        if (tagOf(word) != expected) {
            return false;
        }
        if (sizeOf(word) == READY_JUMP && isPlace((int) word, recordsLength)) {
            at = (int) word;
            word = UnsafeApi.getLongAcquire(null, records + at + READY_OFFSET);
            if (tagOf(word) != expected) {
                return false;
            }
        }
        int size = sizeOf(word);
        long number = consumed + 1;
        int next = at + recordLength(size);
        data.wrap(records + at + PAYLOAD_OFFSET, size, senderCpu, (int) word, number, lives);
        if (size > MkIpiDataDescriptor.MAX_DATA_SIZE || next > recordsLength) {
            expected = CLOSED;
            return false;
        }
        consumed = number;
        at = next;
        expected = tag(number + 1);
        return true;
    }

    /** Whether its message is the last that the sender must wait for before it is told of free room. */
    boolean owesHead() {
        return (consumed & headMask) == 0;
    }

    /** Tells the sender what has been consumed. */
    void publishHead() {
        UnsafeApi.putLongRelease(null, headAddress, head(consumed, at));
    }

    /** Whether it has been closed since this was last asked. */
    boolean hasClosed() {
        boolean now = expected == CLOSED && !told;
        told |= now;
        return now;
    }
}
