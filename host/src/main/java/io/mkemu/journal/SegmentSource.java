// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.io.IOException;
import org.agrona.DirectBuffer;

/** The segments of a journal's documents, in the order they were written. Not thread-safe. */
public interface SegmentSource {
    /** The records that one pass of the host brought from one CPU, or that the host wrote itself. */
    interface Content {
        /** The watermark of its document, CLOCK_MONOTONIC in ns: see {@link JournalDescriptor#WATERMARK_OFFSET}. */
        long watermark();

        /** Physical CPU, or -1 for what the host itself saw. */
        int cpu();

        /** Instance, or -1 for the machine. */
        int instance();

        /** Which of its lives. */
        int life();

        /** Where its records lie. */
        DirectBuffer buffer();

        /** Offset of the first record. */
        int offset();

        /** Bytes of records. */
        int length();
    }

    /** Moves on to the next segment; false if there is none now. */
    boolean next() throws IOException;

    /** What {@link #next} went to; a flyweight, valid until the next call of it. */
    Content segment();

    /**
     * Whether no more will come, for whoever has just seen {@link #next} return false: the recording was ended, or its
     * host is dead and everything it has written is read.
     */
    boolean hasEnded() throws IOException;
}
