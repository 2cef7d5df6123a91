// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.trace.TraceRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a reader makes of documents that are not as they were written. */
@Timeout(300)
class JournalDamageTest {
    private static final JournalLimits SMALL = new JournalLimits(JournalLimits.MIN_BYTES, null);

    @TempDir
    private Path directory;
    private final Documents documents = new Documents();
    private final List<String> problems = new ArrayList<>();

    /** A recording of three documents of three records each. */
    private Path record() throws IOException {
        try (JournalWriter writer = JournalWriter.create(directory, "box", SMALL)) {
            for (int first = 0; first < 9; first += 3) {
                assertTrue(writer.append(documents.of(first, 3), Documents.length(3)), writer::problem);
            }
            return writer.recording();
        }
    }

    private List<Long> readAll() throws IOException {
        List<Long> numbers = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(directory, problems::add)) {
            TraceRecord record = new TraceRecord();
            while (reader.next()) {
                Segment segment = reader.segment();
                int end = segment.offset() + segment.length();
                for (int at = segment.offset(); at < end && record.wrap(segment.buffer(), at, end);
                    at += record.slots() * TraceRecordDescriptor.LENGTH) {
                    numbers.add(record.id());
                }
            }
        }
        return numbers;
    }

    private String line(Path recording, String what) throws IOException {
        return "journal file " + JournalDirectory.file(recording, 0).toRealPath() + ": document 3 " + what;
    }

    @Test
    void aDocumentWhoseSegmentsCannotBeIsLeftOut() throws IOException {
        Path recording = record();
        Path data = Chronicle.data(JournalDirectory.file(recording, 0));
        long at = position(data, 3);
        overwriteAndStamp(data, at, at + JournalDescriptor.SEGMENTS_OFFSET + JournalDescriptor.BYTES_OFFSET,
            0x7fff_fff0);
        assertEquals(List.of(0L, 1L, 2L, 6L, 7L, 8L), readAll());
        overwrite(data, at, 0);
        assertEquals(List.of(0L, 1L, 2L, 6L, 7L, 8L), readAll());
        assertEquals(List.of(line(recording, "ends within a segment, the rest of it is left out"),
            line(recording, "has a wrong magic, it is left out")), problems);
    }

    /** A kernel may write anything into its ring; that costs nobody else a record. */
    @Test
    void whatIsNoRecordEndsItsSegmentAndNothingElse() throws IOException {
        Path recording = record();
        Path data = Chronicle.data(JournalDirectory.file(recording, 0));
        long document = position(data, 3);
        long second = document + JournalDescriptor.SEGMENTS_OFFSET + JournalDescriptor.RECORDS_OFFSET
            + 2 * TraceRecordDescriptor.LENGTH;
        overwriteAndStamp(data, document, second + TraceRecordDescriptor.SIZE_OFFSET, 0xffff_ffff);
        assertEquals(List.of(0L, 1L, 2L, 3L, 6L, 7L, 8L), readAll());
        assertEquals(List.of(line(recording, "has 128 bytes of CPU 3 that are no records, they are left out")),
            problems);
    }

    /** Whatever is left of a queue file, a reader says a line and no more. */
    @Test
    void aFileOfWhichLittleIsLeftIsSaidInALine() throws IOException {
        Path recording = record();
        Path data = Chronicle.data(JournalDirectory.file(recording, 0));
        for (long bytes : new long[] {10, 2, -1}) {
            if (bytes < 0) {
                Files.delete(data);
            } else {
                try (FileChannel file = FileChannel.open(data, StandardOpenOption.WRITE)) {
                    file.truncate(bytes);
                }
            }
            try (JournalReader reader = JournalReader.open(directory, problems::add)) {
                assertFalse(reader.next());
                assertTrue(reader.isEmpty());
            }
        }
        String file = "journal file " + JournalDirectory.file(recording, 0).toRealPath()
            + ": cannot be opened, it is left out: ";
        assertEquals(List.of(file + "its header is gone", file + "its documents are gone"), problems.stream()
            .filter(line -> line.endsWith("are gone") || line.endsWith("is gone")).toList());
    }

    /** Where the document begins whose watermark is this. */
    private static long position(Path data, long watermark) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(data)).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < bytes.limit() - 16; at += 4) {
            if (bytes.getInt(at) == JournalDescriptor.MAGIC
                && bytes.getLong(at + JournalDescriptor.WATERMARK_OFFSET) == watermark) {
                return at;
            }
        }
        throw new AssertionError("no document with watermark " + watermark);
    }

    /** What a writer or a kernel wrote that cannot be: its document is as it was written. */
    private static void overwriteAndStamp(Path data, long document, long at, int value) throws IOException {
        overwrite(data, at, value);
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[Documents.length(3)]);
        bytes.putBytes(0, Files.readAllBytes(data), (int) document, bytes.capacity());
        DocumentStamp.put(bytes, bytes.capacity(), (int) DocumentStamp.number(bytes));
        overwrite(data, document + JournalDescriptor.CHECKSUM_OFFSET,
            bytes.getInt(JournalDescriptor.CHECKSUM_OFFSET, ByteOrder.LITTLE_ENDIAN));
    }

    private static void overwrite(Path data, long at, int value) throws IOException {
        try (FileChannel file = FileChannel.open(data, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, value), at);
        }
    }
}
