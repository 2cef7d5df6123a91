// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

/**
 * Counts what came from one sender, message by message in bitmaps of sequence numbers. A message that came torn is not
 * lost. Allocates nothing after construction but for the first torn message. One CPU.
 */
final class DemoInbox {
    private final int messages;
    private final long[] intact;
    private long[] damaged = {};
    private long next;
    private long announced = -1;
    private long delivered;
    private long torn;
    private long tornUnknown;
    private long repeated;
    private long reordered;

    DemoInbox(int messages) {
        this.messages = messages;
        this.intact = new long[(messages + Long.SIZE - 1) / Long.SIZE];
    }

    /** The message expected next: one more than the highest that came. */
    long next() {
        return next;
    }

    /** Messages the sender has in all. */
    int messages() {
        return messages;
    }

    /** Counts a message, as {@link DemoMessage#verify} returned it. */
    void count(long verified) {
        if (verified >= 0) {
            countIntact((int) verified);
            return;
        }
        torn++;
        if (verified == DemoMessage.UNKNOWN) {
            tornUnknown++;
        } else {
            if (damaged.length == 0) {
                damaged = new long[intact.length];
            }
            int seq = (int) (-1 - verified);
            damaged[seq / Long.SIZE] |= 1L << seq % Long.SIZE;
        }
    }

    private void countIntact(int seq) {
        long bit = 1L << seq % Long.SIZE;
        if ((intact[seq / Long.SIZE] & bit) != 0) {
            repeated++;
            return;
        }
        intact[seq / Long.SIZE] |= bit;
        delivered++;
        if (seq < next) {
            reordered++;
        } else {
            next = seq + 1;
        }
    }

    /** The sender says that it has sent so many and is done. */
    void end(long sent) {
        if (sent >= 0 && sent <= messages) {
            announced = sent;
        }
    }

    /** Whether the sender is done. */
    boolean ended() {
        return announced >= 0;
    }

    /** Different messages that came intact. */
    long delivered() {
        return delivered;
    }

    /** Messages that were sent and did not come; of a sender that did not end, those before the last that came. */
    long lost() {
        int sent = (int) (announced >= 0 ? announced : next);
        long missing = 0;
        for (int seq = 0; seq < sent; seq++) {
            long bit = 1L << seq % Long.SIZE;
            boolean came = (intact[seq / Long.SIZE] & bit) != 0
                || damaged.length > 0 && (damaged[seq / Long.SIZE] & bit) != 0;
            missing += came ? 0 : 1;
        }
        return Math.max(0, missing - tornUnknown);
    }

    /** Messages that came with wrong content, size or checksum. */
    long torn() {
        return torn;
    }

    /** Messages that came intact once more. */
    long repeated() {
        return repeated;
    }

    /** Messages that came after a later one. */
    long reordered() {
        return reordered;
    }
}
