// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static io.mkemu.journal.JournalDescriptor.CHECKSUM_OFFSET;
import static io.mkemu.journal.JournalDescriptor.MAGIC;
import static io.mkemu.journal.JournalDescriptor.MAGIC_OFFSET;
import static io.mkemu.journal.JournalDescriptor.NUMBER_OFFSET;
import static io.mkemu.journal.JournalDescriptor.SEGMENTS_OFFSET;

import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The number and the checksum of a document: by them a reader knows what is missing, and what is not as it was written.
 * Documents lie in byte arrays. Stateless; any thread.
 */
final class DocumentStamp {
    private DocumentStamp() {
    }

    /** Makes a document ready to be written: nothing in it may change any more. */
    static void put(MutableDirectBuffer document, int length, int number) {
        document.putInt(NUMBER_OFFSET, number, ByteOrder.LITTLE_ENDIAN);
        document.putInt(CHECKSUM_OFFSET, checksum(document, length), ByteOrder.LITTLE_ENDIAN);
    }

    /** Which of its recording's documents it is, from 1; 0 if it repeats what others told. */
    static long number(DirectBuffer document) {
        return Integer.toUnsignedLong(document.getInt(NUMBER_OFFSET, ByteOrder.LITTLE_ENDIAN));
    }

    /** Why these bytes are no document of a journal, or null. */
    static String problem(DirectBuffer bytes) {
        if (bytes.capacity() < SEGMENTS_OFFSET) {
            return "is too short";
        }
        if (bytes.getInt(MAGIC_OFFSET, ByteOrder.LITTLE_ENDIAN) != MAGIC) {
            return "has a wrong magic";
        }
        return bytes.getInt(CHECKSUM_OFFSET, ByteOrder.LITTLE_ENDIAN) == checksum(bytes, bytes.capacity()) ? null
            : "has a wrong checksum";
    }

    private static int checksum(DirectBuffer document, int length) {
        CRC32C sum = new CRC32C();
        int base = document.wrapAdjustment();
        sum.update(document.byteArray(), base, CHECKSUM_OFFSET);
        sum.update(document.byteArray(), base + SEGMENTS_OFFSET, length - SEGMENTS_OFFSET);
        return (int) sum.getValue();
    }
}
