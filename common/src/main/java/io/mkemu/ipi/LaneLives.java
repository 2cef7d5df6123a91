// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.QueuedMailboxDescriptor.*;

import org.agrona.UnsafeApi;

/**
 * Which life has sent which message of a lane: a few words that each life of the sender writes once, before its first
 * message. Stateless; an address is that of the lives in this process.
 */
final class LaneLives {
    /** Nobody is known to have sent it. */
    static final long NOBODY = 0;
    private static final int INSTANCE_MASK = (1 << LIVES_INSTANCE_BITS) - 1;

    private LaneLives() {
    }

    /** Who, in a word. */
    static long who(int instance, long life) {
        return life << LIVES_INSTANCE_BITS | instance & INSTANCE_MASK;
    }

    /** The instance in such a word. */
    static int instanceOf(long who) {
        return (int) who & INSTANCE_MASK;
    }

    /** The life in such a word. */
    static long lifeOf(long who) {
        return who >>> LIVES_INSTANCE_BITS;
    }

    /**
     * Says who sends from now on. By the lane's only sender, before its first message.
     *
     * @param first number of that message
     */
    static void begins(long lives, long who, long first) {
        long place = lives;
        long oldest = Long.MAX_VALUE;
        for (int index = 0; index < LIVES; index++) {
            long at = lives + index * LIVES_LENGTH;
            long its = UnsafeApi.getLong(at + LIVES_FIRST_OFFSET);
            long before = UnsafeApi.getLong(at + LIVES_WHO_OFFSET);
            if (before == who && its <= first) {
                /* It has let go of the lane meanwhile. */
                return;
            }
            if (before == NOBODY || its >= first) {
                /* Free, or of a life that has sent nothing. */
                place = at;
                break;
            }
            if (its < oldest) {
                oldest = its;
                place = at;
            }
        }
        UnsafeApi.putLongRelease(null, place + LIVES_WHO_OFFSET, NOBODY);
        UnsafeApi.putLongRelease(null, place + LIVES_FIRST_OFFSET, first);
        UnsafeApi.putLongRelease(null, place + LIVES_WHO_OFFSET, who);
    }

    /** Who has sent the message of a number; {@link #NOBODY} if that is not known any more, or never was. */
    static long senderOf(long lives, long number) {
        long sender = NOBODY;
        long latest = Long.MIN_VALUE;
        for (int index = 0; index < LIVES; index++) {
            long at = lives + index * LIVES_LENGTH;
            long who = UnsafeApi.getLongAcquire(null, at + LIVES_WHO_OFFSET);
            if (who == NOBODY) {
                continue;
            }
            long first = UnsafeApi.getLongAcquire(null, at + LIVES_FIRST_OFFSET);
            boolean whole = UnsafeApi.getLongAcquire(null, at + LIVES_WHO_OFFSET) == who;
            if (whole && first <= number && first > latest) {
                latest = first;
                sender = who;
            }
        }
        return sender;
    }
}
