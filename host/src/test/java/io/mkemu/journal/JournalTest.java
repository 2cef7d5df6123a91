// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.boot.MachineDirectory;
import io.mkemu.trace.TraceEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A recording as one process writes it and others read it. */
@Timeout(60)
class JournalTest {
    private static final JournalLimits SMALL = new JournalLimits(JournalLimits.MIN_BYTES, null);

    @TempDir
    private Path directory;

    private final Documents documents = new Documents();
    private final List<String> problems = new ArrayList<>();

    private JournalWriter writer(JournalLimits limits) throws IOException {
        return JournalWriter.create(directory, "box", limits);
    }

    private JournalReader reader() throws IOException {
        return JournalReader.open(directory, problems::add);
    }

    private void append(JournalWriter writer, long first, int records) {
        assertTrue(writer.append(documents.of(first, records), Documents.length(records)), writer::problem);
    }

    private List<Long> readAll(JournalReader reader) throws IOException {
        List<Long> numbers = new ArrayList<>();
        while (reader.next()) {
            numbers.addAll(documents.numbers(reader.segment()));
        }
        return numbers;
    }

    private static List<Long> range(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

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
    void theOldestFilesGoAndAReaderIsTold() throws IOException {
        try (JournalWriter writer = writer(SMALL); JournalReader late = reader()) {
            UnsafeBuffer told = new UnsafeBuffer(new byte[Documents.length(1)]);
            told.putBytes(0, documents.of(77, 1), 0, told.capacity());
            assertTrue(writer.append(told, told.capacity()));
            writer.preamble(List.of(told));
            assertEquals(List.of(77L), readAll(late));
            long next = 1000;
            long largest = 0;
            for (int document = 0; document < 3000; document++, next += 100) {
                append(writer, next, 100);
                if (document % 100 == 0) {
                    largest = Math.max(largest, size());
                }
            }
            assertTrue(largest > SMALL.maxBytes() / 2 && largest <= SMALL.maxBytes(), "at most " + largest + " bytes");
            int first = JournalDirectory.files(writer.recording()).getFirst().number();
            assertTrue(first > 10, "first file is " + first);
            try (JournalReader reader = reader()) {
                List<Long> numbers = readAll(reader);
                assertEquals(first, reader.deletedFiles());
                assertEquals(77, numbers.getFirst(), "what every reader must know is told again");
                assertEquals(range(numbers.get(1), next), numbers.subList(1, numbers.size()));
            }
            /* It had the first file open; what was in that, and is deleted, it reads to the end. */
            List<Long> numbers = readAll(late);
            assertEquals(1000, numbers.getFirst());
            int again = numbers.indexOf(77L);
            assertEquals(range(1000, 1000 + again), numbers.subList(0, again));
            assertEquals(range(numbers.get(again + 1), next), numbers.subList(again + 1, numbers.size()));
            assertTrue(late.deletedFiles() > 0);
        }
        assertEquals(List.of(), problems);
    }

    private long size() throws IOException {
        long size = 0;
        for (Path recording : JournalDirectory.recordings(directory)) {
            for (JournalDirectory.File file : JournalDirectory.files(recording)) {
                size += DiskFile.size(file.path());
            }
        }
        return size;
    }

    @Test
    void ageDeletesWholeFilesButTheCurrentOne() throws Exception {
        JournalLimits limits = new JournalLimits(SMALL.maxBytes(), Duration.ofSeconds(1));
        try (JournalWriter writer = writer(limits)) {
            append(writer, 0, 1);
            Path first = JournalDirectory.files(writer.recording()).getFirst().path();
            while (Files.exists(first)) {
                Thread.sleep(5);
                writer.keepAge();
            }
            append(writer, 1, 1);
            try (JournalReader reader = reader()) {
                assertEquals(range(1, 2), readAll(reader));
                assertEquals(JournalDirectory.files(writer.recording()).getFirst().number(), reader.deletedFiles());
            }
            int number = JournalDirectory.files(writer.recording()).getLast().number();
            assertTrue(number > 0);
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
    void formerRecordingsCountAndGoFirst() throws IOException {
        for (int run = 0; run < 2; run++) {
            try (JournalWriter writer = writer(SMALL)) {
                for (int document = 0; document < 700; document++) {
                    append(writer, document * 100L, 100);
                }
            }
        }
        assertTrue(size() <= SMALL.maxBytes(), "now " + size());
        List<Path> recordings = JournalDirectory.recordings(directory);
        assertEquals(2, recordings.size());
        assertTrue(JournalDirectory.files(recordings.getFirst()).getFirst().number() > 0);
        assertEquals(0, JournalDirectory.files(recordings.getLast()).getFirst().number());
    }

    @Test
    void oneHostWritesAtATime() throws IOException {
        try (JournalWriter writer = writer(SMALL)) {
            append(writer, 0, 1);
            refuses(ExitCode.MACHINE, "the journal " + directory
                + " is being written by another host; name another directory with --journal", directory);
            assertEquals(1, JournalDirectory.recordings(directory).size());
        }
        writer(SMALL).close();
    }

    @Test
    void foreignFilesAreNotTouched() throws IOException {
        Path notes = Files.writeString(directory.resolve("notes.txt"), "mine");
        refuses(ExitCode.MACHINE, directory + " is no journal: it holds notes.txt; name an empty or a new directory "
            + "with --journal", directory);
        assertEquals(List.of(notes), list(directory));
        Files.delete(notes);
        writer(SMALL).close();
        Path inside = Files.writeString(JournalDirectory.recordings(directory).getFirst().resolve("x"), "mine");
        refuses(ExitCode.MACHINE, directory + " is no journal: it holds " + directory.relativize(inside)
            + "; name an empty or a new directory with --journal", directory);
        refuses(ExitCode.MACHINE, inside + " is a file; name a directory with --journal", inside);
    }

    @Test
    void theRamDirectoryIsRefused() throws IOException {
        Path ram = MachineDirectory.base();
        boolean was = Files.exists(ram);
        for (Path given : List.of(ram, ram.resolve("box/journal"))) {
            refuses(ExitCode.MACHINE, "the journal " + given + " lies in " + ram + ", where the machines' RAM is; name "
                + "a directory on a disk with --journal", given);
            assertFalse(Files.exists(given.resolve("lock")));
            assertEquals(was, Files.exists(ram));
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

    @Test
    void whatIsNoJournalIsRefused() {
        for (Path given : List.of(directory, directory.resolve("gone"))) {
            MachineException refused = assertThrows(MachineException.class,
                () -> JournalReader.open(given, problems::add));
            assertEquals(ExitCode.MACHINE, refused.exitCode());
            assertNull(refused.getCause());
        }
    }

    private void refuses(ExitCode code, String message, Path given) {
        MachineException refused = assertThrows(MachineException.class,
            () -> JournalWriter.create(given, "box", SMALL).close());
        assertEquals(message, refused.getMessage());
        assertEquals(code, refused.exitCode());
    }

    private static List<Path> list(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }
}
