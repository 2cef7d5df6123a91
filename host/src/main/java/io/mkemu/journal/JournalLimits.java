// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.time.Duration;

/**
 * How much a journal's directory keeps: its oldest queue files are deleted as needed, of whichever recording they are,
 * the one that is written never.
 *
 * @param maxBytes of all files together, at least {@link #MIN_BYTES}
 * @param maxAge   of what a file holds, or null for any age
 */
public record JournalLimits(long maxBytes, Duration maxAge) {
    /** Least size that a journal can be limited to. */
    public static final long MIN_BYTES = 8L << 20;
    /** What it is limited to unless said otherwise. */
    public static final JournalLimits DEFAULT = new JournalLimits(1L << 30, null);
    private static final int FILES = 16;
    private static final long MIN_FILE = 1L << 20;
    private static final long MAX_FILE = 32L << 20;

    /** Checks the values. */
    public JournalLimits {
        if (maxBytes < MIN_BYTES) {
            throw new IllegalArgumentException("a journal of at most " + maxBytes + " bytes: give it at least "
                + MIN_BYTES);
        }
        if (maxAge != null && maxAge.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("a journal of at most " + maxAge.toMillis()
                + " ms: give it at least a second");
        }
    }

    /** Bytes of a queue file. */
    long fileBytes() {
        return Math.clamp(maxBytes / FILES, MIN_FILE, MAX_FILE) / Chronicle.GRANULE * Chronicle.GRANULE;
    }

    /** The least size of a queue file, where the disk has no room for a larger one. */
    static long minFileBytes() {
        return MIN_FILE;
    }

    /** After how long a queue file is followed by another, so that age can be kept: ms, or 0 for never. */
    long rollMillis() {
        return maxAge == null ? 0 : Math.max(1, maxAge.toMillis() / FILES);
    }
}
