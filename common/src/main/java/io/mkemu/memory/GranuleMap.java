// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import static io.mkemu.abi.BitmapPoolDescriptor.GRANULES_PER_WORD;
import static io.mkemu.abi.BitmapPoolDescriptor.WORD_SHIFT;

import io.mkemu.Errno;
import io.mkemu.abi.BitmapPoolDescriptor;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The bitmap of a {@link BitmapPool}: granules by index, states as {@link BitmapPoolDescriptor} gives them. Ranges are
 * [from, end) and lie inside the map: the pool checks them.
 * <p>
 * Every change is one compare-and-set of one word. A range is claimed upwards from its first granule, in state CLAIMED,
 * and released downwards to it, so that at every moment each NEXT granule has its own first granule below it and an
 * allocation never seems longer than it is. An allocation begins to exist when its first granule turns FIRST and ends
 * when that turns CLAIMED, whatever becomes of the caller between.
 */
final class GranuleMap {
    /** What {@link #next} looks for. */
    enum Kind { FREE, OCCUPIED, FIRST, NOT_NEXT }

    /** {@link #claim} succeeded. */
    static final int CLAIMED = -1;

    private final AtomicBuffer region;
    private final int offset;
    private final int granules;

    GranuleMap(final AtomicBuffer region, final int offset, final int granules) {
        this.region = region;
        this.offset = offset;
        this.granules = granules;
    }

    /** @return the first granule of that kind in the range, or end */
    int next(final Kind kind, final int from, final int end) {
        for (int word = from >>> WORD_SHIFT; from < end && word <= end - 1 >>> WORD_SHIFT; word++) {
            final int hits = select(kind, load(word)) & mask(word, from, end);
            if (hits != 0) {
                return (word << WORD_SHIFT) + Integer.numberOfTrailingZeros(hits);
            }
        }
        return end;
    }

    /** @return granules that are not free */
    int occupied() {
        int count = 0;
        for (int word = 0; word <= granules - 1 >>> WORD_SHIFT; word++) {
            count += Integer.bitCount(select(Kind.OCCUPIED, load(word)) & mask(word, 0, granules));
        }
        return count;
    }

    /**
     * Makes the range an allocation, or leaves it as it was.
     *
     * @return {@link #CLAIMED}, or a granule of the range that is taken
     */
    int claim(final int from, final int end) {
        final int firstWord = from >>> WORD_SHIFT;
        final int lastWord = end - 1 >>> WORD_SHIFT;
        final long allocated = allocatedBit(from);
        for (int word = firstWord; word <= lastWord; word++) {
            final int mask = mask(word, from, end);
            long claim = Integer.toUnsignedLong(mask);
            if (word == firstWord) {
                claim |= allocated << GRANULES_PER_WORD;
                claim &= firstWord == lastWord ? -1 : ~allocated;
            }
            long seen;
            do {
                seen = load(word);
                final int taken = select(Kind.OCCUPIED, seen) & mask;
                if (taken != 0) {
                    release(from, word << WORD_SHIFT);
                    return (word << WORD_SHIFT) + 31 - Integer.numberOfLeadingZeros(taken);
                }
            } while (!compareAndSet(word, seen, seen | claim));
        }
        if (firstWord != lastWord) {
            set(firstWord, allocated);
        }
        return CLAIMED;
    }

    /** @return 0, -EINVAL if the range is not exactly one allocation, -ENOENT if none starts at from */
    int free(final int from, final int end) {
        final int word = from >>> WORD_SHIFT;
        final long allocated = allocatedBit(from);
        final long first = allocated << GRANULES_PER_WORD;
        long seen;
        do {
            seen = load(word);
            if ((seen & (allocated | first)) == allocated) {
                return -Errno.EINVAL;
            }
            if ((seen & (allocated | first)) != (allocated | first)) {
                return -Errno.ENOENT;
            }
            if (!endsAt(from, end)) {
                return -Errno.EINVAL;
            }
        } while (!compareAndSet(word, seen, seen & ~allocated));
        // It may have been freed and allocated anew with another size since it was looked at; from here on nobody else
        // can.
        if (!endsAt(from, end)) {
            set(word, allocated);
            return -Errno.EINVAL;
        }
        release(from, end);
        return 0;
    }

    /** Makes every granule of the range free; the caller owns it. */
    void release(final int from, final int end) {
        for (int word = end - 1 >> WORD_SHIFT; word >= from >>> WORD_SHIFT; word--) {
            final long mask = Integer.toUnsignedLong(mask(word, from, end));
            final long both = mask | mask << GRANULES_PER_WORD;
            long seen;
            do {
                seen = load(word);
            } while ((seen & both) != 0 && !compareAndSet(word, seen, seen & ~both));
        }
    }

    private boolean endsAt(final int from, final int end) {
        return next(Kind.NOT_NEXT, from + 1, Math.min(end + 1, granules)) == end;
    }

    private void set(final int word, final long bits) {
        long seen;
        do {
            seen = load(word);
        } while (!compareAndSet(word, seen, seen | bits));
    }

    private long load(final int word) {
        return region.getLongVolatile(offset + word * Long.BYTES);
    }

    private boolean compareAndSet(final int word, final long seen, final long wanted) {
        return region.compareAndSetLong(offset + word * Long.BYTES, seen, wanted);
    }

    private static long allocatedBit(final int granule) {
        return 1L << (granule & GRANULES_PER_WORD - 1);
    }

    private static int mask(final int word, final int from, final int end) {
        final int low = Math.max(from - (word << WORD_SHIFT), 0);
        final int high = Math.min(end - (word << WORD_SHIFT), GRANULES_PER_WORD);
        return (int) ((1L << high) - (1L << low));
    }

    private static int select(final Kind kind, final long word) {
        final int allocated = (int) word;
        final int first = (int) (word >>> GRANULES_PER_WORD);
        return switch (kind) {
            case FREE -> ~(allocated | first);
            case OCCUPIED -> allocated | first;
            case FIRST -> allocated & first;
            case NOT_NEXT -> ~allocated | first;
        };
    }
}
