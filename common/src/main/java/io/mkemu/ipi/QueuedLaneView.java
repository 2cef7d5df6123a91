// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.QueuedMailboxDescriptor.*;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.RamLayout;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A lane of a queued mailbox as somebody sees it who neither sends nor receives: only loads. Both ends may be at work
 * meanwhile, and anybody may have scribbled over the lane. Any thread.
 *
 * @param delivered messages consumed since the area was made
 * @param waiting   messages published and not consumed, 0..slots; while both ends are at work, a number near it
 * @param problem   what cannot be true of it, or null
 */
public record QueuedLaneView(long delivered, int waiting, String problem) {
    private static final int ATTEMPTS = 3;

    /**
     * Looks into a lane.
     *
     * @param area       the receiver's IPI area, checked, see {@link Interconnect#mapArea}
     * @param logicalCpu index of the receiving CPU in its instance, below the CPUs that the area was made for
     * @param senderCpu  physical id of the sender, 0 .. NR_CPUS-1
     */
    public static QueuedLaneView of(UnsafeBuffer area, RamLayout layout, int logicalCpu, int senderCpu) {
        int lane = (int) laneAt(layout.nrCpus(), layout.ipiSlots(), logicalCpu, senderCpu);
        area.boundsCheck(lane, (int) laneLength(layout.ipiSlots()));
        QueuedLaneView seen = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long head = area.getLongVolatile(lane + HEAD_OFFSET);
            seen = walk(area, lane + RECORDS_OFFSET, layout.ipiSlots(), head);
            /* The receiver gives room back by head: while head stands, nobody reuses what was walked over. */
            if (area.getLongVolatile(lane + HEAD_OFFSET) == head) {
                return seen;
            }
        }
        return new QueuedLaneView(seen.delivered, seen.waiting, null);
    }

    /**
     * Shows what waits in a lane whose receiver runs no more, as far as it can be true.
     *
     * @param area       as with {@link #of}
     * @param logicalCpu as with {@link #of}
     * @param senderCpu  as with {@link #of}
     */
    public static void forEachWaiting(UnsafeBuffer area, RamLayout layout, int logicalCpu, int senderCpu,
        MessageVisitor visitor) {
        int lane = (int) laneAt(layout.nrCpus(), layout.ipiSlots(), logicalCpu, senderCpu);
        area.boundsCheck(lane, (int) laneLength(layout.ipiSlots()));
        long lives = area.addressOffset() + lane + LIVES_OFFSET;
        walk(area, lane + RECORDS_OFFSET, layout.ipiSlots(), area.getLongVolatile(lane + HEAD_OFFSET),
            (number, word, at) -> {
                byte[] payload = new byte[sizeOf(word)];
                area.getBytes(at + PAYLOAD_OFFSET, payload);
                long who = LaneLives.senderOf(lives, number);
                visitor.onMessage(new MessageVisitor.Message(number, (int) word, who == LaneLives.NOBODY
                    ? MessageVisitor.UNKNOWN : LaneLives.instanceOf(who), LaneLives.lifeOf(who), payload));
            });
    }

    /** A record on the way. */
    private interface Step {
        void at(long number, long ready, int place);
    }

    private static QueuedLaneView walk(UnsafeBuffer area, int records, int slots, long head) {
        return walk(area, records, slots, head, (number, ready, place) -> { });
    }

    /** From ready word to ready word, as a receiver goes. */
    private static QueuedLaneView walk(UnsafeBuffer area, int records, int slots, long head, Step step) {
        int recordsLength = recordsLength(slots);
        long consumed = consumedOf(head);
        int at = atOf(head);
        if (at > recordsLength) {
            return new QueuedLaneView(consumed, 0, "head 0x" + Long.toHexString(head) + " is outside of its records");
        }
        for (int waiting = 0; waiting < slots; waiting++) {
            long expected = tag(consumed + waiting + 1);
            long word = area.getLongVolatile(records + at + READY_OFFSET);
            if (tagOf(word) == expected && sizeOf(word) == READY_JUMP && isPlace((int) word, recordsLength)) {
                at = (int) word;
                word = area.getLongVolatile(records + at + READY_OFFSET);
            }
            if (tagOf(word) != expected) {
                return new QueuedLaneView(consumed, waiting, null);
            }
            if (sizeOf(word) > MkIpiDataDescriptor.MAX_DATA_SIZE || at + recordLength(sizeOf(word)) > recordsLength) {
                return new QueuedLaneView(consumed, waiting, "ready word 0x" + Long.toHexString(word) + " at " + at
                    + " is none");
            }
            step.at(consumed + waiting + 1, word, records + at);
            at += recordLength(sizeOf(word));
        }
        return new QueuedLaneView(consumed, slots, null);
    }

    /** Whether it has ever carried a message. */
    public boolean isUsed() {
        return delivered != 0 || waiting != 0 || problem != null;
    }
}
