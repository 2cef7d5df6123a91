// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The oldest files of a journal are deleted, and readers go on with what is there. */
@Timeout(300)
class RetentionTest extends JournalFixture {
    private static final int READERS = 300;
    private static final int ENOUGH = 20_000;

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

    /** Nobody may hold up a recording by what lies where its files were. */
    @Test
    void directoriesWithoutAQueueAreDeletedLikeOthers() throws IOException {
        try (JournalWriter writer = writer(SMALL)) {
            long next = 0;
            for (int document = 0; document < 1500; document++, next += 100) {
                append(writer, next, 100);
            }
            int first = JournalDirectory.files(writer.recording()).getFirst().number();
            Path empty = Files.createDirectory(JournalDirectory.file(writer.recording(), first - 1));
            for (int document = 0; document < 300; document++, next += 100) {
                append(writer, next, 100);
            }
            assertFalse(Files.exists(empty));
        }
    }

    /** A reader makes nothing in place of what is deleted before its eyes. */
    @Test
    void whatIsDeletedStaysDeleted() throws IOException {
        Path gone = directory.resolve("box-20261126T092510.752Z/000003");
        assertThrows(NoSuchFileException.class, () -> QueueTailer.open(gone).close());
        assertEquals(List.of(), list(directory));
        Path empty = Files.createDirectories(gone);
        assertThrows(NoSuchFileException.class, () -> QueueTailer.open(empty).close());
    }

    /** A reader that is slower than the files are deleted may find those it has listed gone before it has read one. */
    @Test
    void aReaderThatIsOvertakenGoesOnWithWhatIsThere() throws Exception {
        try (JournalWriter writer = writer(SMALL)) {
            UnsafeBuffer told = new UnsafeBuffer(new byte[Documents.length(1)]);
            told.putBytes(0, documents.of(77, 1), 0, told.capacity());
            assertTrue(writer.append(told, told.capacity()));
            writer.preamble(List.of(told));
            AtomicBoolean enough = new AtomicBoolean();
            CompletableFuture<Void> written = CompletableFuture.runAsync(() -> {
                Documents mine = new Documents();
                for (long next = 1000; !enough.get(); next += 100) {
                    assertTrue(writer.append(mine.of(next, 100), Documents.length(100)), writer::problem);
                }
            });
            try {
                for (int time = 0; time < READERS; time++) {
                    overtaken();
                }
            } finally {
                enough.set(true);
                written.get();
            }
        }
        assertEquals(List.of(), problems);
        Path recording = JournalDirectory.recordings(directory).getFirst();
        for (JournalDirectory.File file : JournalDirectory.files(recording)) {
            assertTrue(Files.exists(Chronicle.data(file.path())), () -> file + " was made by a reader");
        }
    }

    private void overtaken() throws IOException {
        try (JournalReader reader = reader()) {
            List<Long> numbers = new ArrayList<>();
            int deleted = 0;
            while (numbers.size() < ENOUGH && reader.next()) {
                List<Long> more = documents.numbers(reader.segment());
                boolean skipped = reader.deletedFiles() != deleted;
                deleted = reader.deletedFiles();
                if (skipped) {
                    assertEquals(List.of(77L), more, "what every reader must know comes first behind what is missing");
                } else if (!numbers.isEmpty() && numbers.getLast() >= 1000) {
                    assertEquals(numbers.getLast() + 1, more.getFirst());
                }
                numbers.addAll(more);
            }
            assertFalse(numbers.isEmpty(), "something is there at any time");
            assertEquals(77, numbers.getFirst());
        }
    }
}
