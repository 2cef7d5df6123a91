// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.TraceEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A recording as one process writes it and others read it. */
@Timeout(300)
class JournalTest extends JournalFixture {
    @Test
    void whatIsWrittenIsReadWhileItIsWrittenAndAfter() throws IOException {
        try (JournalWriter writer = writer(JournalLimits.DEFAULT); JournalReader reader = reader()) {
            assertFalse(reader.next());
            assertFalse(reader.hasEnded());
            append(writer, 0, 5);
            assertTrue(reader.next());
            Segment segment = reader.segment();
            assertEquals(0, segment.watermark());
            assertEquals(Documents.CPU, segment.cpu());
            assertEquals(1, segment.instance());
            assertEquals(2, segment.life());
            assertEquals(0, segment.position());
            assertEquals(range(0, 5), documents.numbers(segment));
            assertFalse(reader.next());
            append(writer, 5, 1);
            append(writer, 6, 4);
            assertEquals(range(5, 10), readAll(reader));
            assertEquals(6, reader.watermark());
            assertTrue(writer.append(documents.of(11, 0), JournalDescriptor.SEGMENTS_OFFSET));
            assertFalse(reader.next());
            assertEquals(11, reader.watermark());
            assertFalse(reader.hasEnded());
        }
        try (JournalReader reader = reader()) {
            assertEquals(range(0, 10), readAll(reader));
            assertEquals(0, reader.deletedFiles());
            assertFalse(reader.isComplete());
        }
        assertEquals(List.of(), problems);
    }

    @Test
    void aRecordingEndsWithItsEndRecordOrWithItsWriter() throws IOException {
        try (JournalWriter writer = writer(SMALL); JournalReader reader = reader()) {
            append(writer, 0, 1);
            assertTrue(writer.append(documents.ofHost(TraceEvent.END), Documents.length(1)));
            assertTrue(reader.next());
            assertTrue(reader.next());
            assertFalse(reader.next());
            assertTrue(reader.isComplete());
            assertTrue(reader.hasEnded());
        }
        JournalWriter killed = writer(SMALL);
        try (JournalReader reader = reader()) {
            append(killed, 0, 1);
            assertEquals(range(0, 1), readAll(reader));
            assertFalse(reader.hasEnded());
            append(killed, 1, 1);
            killed.close();
            assertFalse(reader.hasEnded());
            assertEquals(range(1, 2), readAll(reader));
            assertTrue(reader.hasEnded());
            assertFalse(reader.isComplete());
        }
    }

    @Test
    void aFollowerGoesThroughTheFilesAndSeesNoRepetition() throws IOException {
        try (JournalWriter writer = writer(SMALL); JournalReader reader = reader()) {
            UnsafeBuffer told = new UnsafeBuffer(new byte[Documents.length(2)]);
            told.putBytes(0, documents.of(1000, 2), 0, told.capacity());
            assertTrue(writer.append(told, told.capacity()));
            writer.preamble(List.of(told));
            assertEquals(range(1000, 1002), readAll(reader));
            long next = 2000;
            for (int burst = 0; burst < 40; burst++) {
                for (int document = 0; document < 16; document++, next += 100) {
                    append(writer, next, 100);
                }
                assertEquals(range(next - 1600, next), readAll(reader), "burst " + burst);
            }
            List<JournalDirectory.File> files = JournalDirectory.files(writer.recording());
            assertTrue(files.getFirst().number() == 0 && files.size() > 3, files::toString);
            assertEquals(0, reader.deletedFiles());
        }
    }

    @Test
    void howMuchHasBeenReadIsToldOfWhatHasEnded() throws IOException {
        try (JournalWriter writer = writer(SMALL); JournalReader reader = reader()) {
            append(writer, 0, 1);
            assertTrue(reader.next());
            assertTrue(reader.share() < 0, "it is being written: " + reader.share());
            append(writer, 1, 1);
            append(writer, 2, 1);
        }
        try (JournalReader reader = reader()) {
            assertEquals(0, reader.share());
            double before = 0;
            while (reader.next()) {
                assertTrue(reader.share() > before || reader.share() == 1, before + ", then " + reader.share());
                before = reader.share();
            }
            assertEquals(1, before);
        }
    }

    @Test
    void eachRecordingIsItsOwnAndTheNewestIsRead() throws IOException {
        for (long run = 0; run < 3; run++) {
            try (JournalWriter writer = writer(SMALL)) {
                append(writer, run * 10, 1);
            }
        }
        List<Path> recordings = JournalDirectory.recordings(directory);
        assertEquals(3, recordings.size());
        try (JournalReader reader = reader()) {
            assertEquals(List.of(20L), readAll(reader));
            assertEquals(recordings.getLast().toRealPath(), reader.recording().toRealPath());
        }
        try (JournalReader reader = JournalReader.open(recordings.getFirst(), problems::add)) {
            assertEquals(List.of(0L), readAll(reader));
        }
    }

    @Test
    void filesAreTheOwnersOnly() throws IOException {
        Path fresh = directory.resolve("a/b");
        try (JournalWriter writer = JournalWriter.create(fresh, "box", SMALL)) {
            for (Path path : List.of(fresh, writer.recording(), JournalDirectory.file(writer.recording(), 0))) {
                assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
            }
            append(writer, 0, 1);
            for (Path file : list(JournalDirectory.file(writer.recording(), 0))) {
                assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            }
        }
    }

    @Test
    void aReaderChangesNothing() throws IOException {
        try (JournalWriter writer = writer(SMALL)) {
            append(writer, 0, 3);
        }
        Path file = JournalDirectory.file(JournalDirectory.recordings(directory).getFirst(), 0);
        byte[] data = Files.readAllBytes(Chronicle.data(file));
        byte[] metadata = Files.readAllBytes(Chronicle.metadata(file));
        List<Path> before = list(file);
        try (JournalReader reader = reader()) {
            assertEquals(range(0, 3), readAll(reader));
        }
        assertEquals(before, list(file));
        assertEquals(ByteBuffer.wrap(data), ByteBuffer.wrap(Files.readAllBytes(Chronicle.data(file))));
        assertEquals(ByteBuffer.wrap(metadata), ByteBuffer.wrap(Files.readAllBytes(Chronicle.metadata(file))));
    }
}
