// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.io.IOException;
import org.agrona.DirectBuffer;

/** The segments of a journal's documents, in the order they were written; a flyweight. Not thread-safe. */
public interface SegmentSource {
    /** Moves on to the next segment; false if there is none now. */
    boolean next() throws IOException;

    /** Whether no more will come, for whoever has just seen {@link #next} return false. */
    boolean hasEnded() throws IOException;

    /** The watermark of its document, CLOCK_MONOTONIC in ns: see {@link JournalDescriptor#WATERMARK_OFFSET}. */
    long watermark();

    /** Physical CPU, or -1 for what the host itself saw. */
    int cpu();

    /** Instance, or -1 for the machine. */
    int instance();

    /** Which of its lives. */
    long life();

    /** Where its records lie, until the next {@link #next}. */
    DirectBuffer buffer();

    /** Offset of the first record. */
    int offset();

    /** Bytes of records. */
    int length();
}
