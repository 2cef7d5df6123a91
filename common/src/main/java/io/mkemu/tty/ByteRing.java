// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tty;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * One direction of a console: bytes from one writer to one reader, in two processes. Each side keeps its own position
 * and stores it once the bytes are there, or are taken; a side that is killed in between leaves what was before. The
 * position of the other side is never trusted. An object is one side's; one thread.
 */
final class ByteRing {
    private final AtomicBuffer ram;
    private final int ring;
    private final int length;
    private final int putAt;
    private final int readAt;
    private long mine;

    /**
     * A side that goes on where its position in RAM is.
     *
     * @param length a power of two
     * @param writes whether it is the writer's
     */
    ByteRing(AtomicBuffer ram, int ring, int length, int putAt, int readAt, boolean writes) {
        ram.boundsCheck(ring, length);
        this.ram = ram;
        this.ring = ring;
        this.length = length;
        this.putAt = putAt;
        this.readAt = readAt;
        this.mine = Math.max(0, ram.getLongVolatile(writes ? putAt : readAt)) & Long.MAX_VALUE >>> 1;
    }

    /** The own position. */
    long position() {
        return mine;
    }

    /** How many bytes the writer may put; with a reader that cannot be where it says, none. */
    int room() {
        long used = mine - ram.getLongVolatile(readAt);
        return used < 0 || used > length ? 0 : length - (int) used;
    }

    /** How many bytes the reader may take; with a writer that cannot be where it says, none. */
    int available() {
        long there = ram.getLongVolatile(putAt) - mine;
        return there < 0 || there > length ? 0 : (int) there;
    }

    /** Puts bytes, as many as there is room for; returns how many. */
    int put(DirectBuffer from, int index, int count) {
        int now = Math.min(count, room());
        if (now <= 0) {
            return 0;
        }
        int place = place(mine);
        int first = Math.min(now, length - place);
        ram.putBytes(ring + place, from, index, first);
        ram.putBytes(ring, from, index + first, now - first);
        mine += now;
        ram.putLongRelease(putAt, mine);
        return now;
    }

    /** Takes bytes, as many as there are; returns how many. */
    int take(MutableDirectBuffer to, int index, int count) {
        int now = Math.min(count, available());
        if (now <= 0) {
            return 0;
        }
        int place = place(mine);
        int first = Math.min(now, length - place);
        to.putBytes(index, ram, ring + place, first);
        to.putBytes(index + first, ram, ring, now - first);
        mine += now;
        ram.putLongRelease(readAt, mine);
        return now;
    }

    /** The reader goes on at a position of the writer's. */
    void goTo(long position) {
        mine = position;
        ram.putLongRelease(readAt, mine);
    }

    private int place(long position) {
        return (int) (position & length - 1);
    }
}
