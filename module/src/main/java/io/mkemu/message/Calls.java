// SPDX-License-Identifier: Apache-2.0
package io.mkemu.message;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The calls to one instance that have not ended, at most {@link Messages#WINDOW}: their ids are so many in a row, so
 * that the receiver knows which will never come again. The messages themselves are kept, to be repeated.
 */
final class Calls {
    private static final long UNSEEN = Long.MIN_VALUE;

    private final int instance;
    private final long[] ids = new long[Messages.WINDOW];
    private final long[] lives = new long[Messages.WINDOW];
    private final long[] deadlines = new long[Messages.WINDOW];
    private final long[] repeats = new long[Messages.WINDOW];
    private final long[] intervals = new long[Messages.WINDOW];
    private final int[] types = new int[Messages.WINDOW];
    private final int[] lengths = new int[Messages.WINDOW];
    private final Completion[] completions = new Completion[Messages.WINDOW];
    private final UnsafeBuffer requests = new UnsafeBuffer(new byte[Messages.WINDOW * Messages.SLOT]);
    private long next = 1;
    private int open;

    Calls(int instance) {
        this.instance = instance;
    }

    int instance() {
        return instance;
    }

    /** How many have not ended. */
    int open() {
        return open;
    }

    /** The id that the next call has. */
    long next() {
        return next;
    }

    static int slot(long id) {
        return (int) id & Messages.WINDOW - 1;
    }

    /** Whether the next call finds its place taken by one that has not ended. */
    boolean isFull() {
        return completions[slot(next)] != null;
    }

    /** Where the messages lie, each at {@link #at} of its slot. */
    UnsafeBuffer requests() {
        return requests;
    }

    static int at(int slot) {
        return slot * Messages.SLOT;
    }

    /**
     * The next call has been sent.
     *
     * @param nanos how long it may take, from when it is first seen
     */
    void begin(int type, int length, long life, long nanos, long interval, Completion completion) {
        int slot = slot(next);
        ids[slot] = next++;
        types[slot] = type;
        lengths[slot] = length;
        lives[slot] = life;
        deadlines[slot] = nanos;
        repeats[slot] = UNSEEN;
        completions[slot] = completion;
        intervals[slot] = interval;
        open++;
    }

    /** Time begins for a call, unless it has begun. */
    void seenAt(int slot, long now) {
        if (repeats[slot] == UNSEEN) {
            deadlines[slot] += now;
            repeatLater(slot, now);
        }
    }

    /** Whether the call of a slot has not ended, and time has begun for it. */
    boolean isSeen(int slot) {
        return isOpen(slot) && repeats[slot] != UNSEEN;
    }

    /** It is to be repeated, each time after twice as long. */
    void repeatLater(int slot, long now) {
        repeats[slot] = now + intervals[slot];
        intervals[slot] <<= 1;
    }

    /** Ends a call: whom to tell; null if it has ended, or never was. */
    Completion end(long id) {
        int slot = slot(id);
        Completion told = ids[slot] == id ? completions[slot] : null;
        if (told != null) {
            completions[slot] = null;
            open--;
        }
        return told;
    }

    /** Whether the call of a slot has not ended. */
    boolean isOpen(int slot) {
        return completions[slot] != null;
    }

    long id(int slot) {
        return ids[slot];
    }

    int type(int slot) {
        return types[slot];
    }

    /** Bytes of the message, its header too. */
    int length(int slot) {
        return lengths[slot];
    }

    /** The life that it was sent to. */
    long life(int slot) {
        return lives[slot];
    }

    long deadline(int slot) {
        return deadlines[slot];
    }

    long repeat(int slot) {
        return repeats[slot];
    }

    /** When something is to be done about the call of a slot. */
    long due(int slot) {
        return Math.min(deadlines[slot], repeats[slot]);
    }
}
