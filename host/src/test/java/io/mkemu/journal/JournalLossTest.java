// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.TraceEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A recording of several files that was ended in order, and then damaged: whatever was done to it, a reader tells no
 * record that was not written, and does not call complete what is not.
 */
@Timeout(300)
class JournalLossTest extends JournalFixture {
    private static final int FILES = 5;
    private static final int RECORDS = 1000;
    private static final int FLIPS = 300;

    /** What came of reading. */
    private record Seen(List<Long> numbers, boolean complete, int deleted, int lostFiles, long lostDocuments,
        long damaged) {
        Set<Long> set() {
            return new HashSet<>(numbers);
        }
    }

    private Path recording;
    private List<JournalDirectory.File> files;
    private long end;
    private long appended;

    @BeforeEach
    void record() throws IOException {
        try (JournalWriter writer = writer(new JournalLimits(64L << 20, null))) {
            recording = writer.recording();
            do {
                append(writer, end, RECORDS);
                end += RECORDS;
                appended++;
                files = JournalDirectory.files(recording);
            } while (files.size() < FILES);
            assertTrue(writer.append(documents.ofHost(TraceEvent.END), Documents.length(1)));
        }
        Seen whole = read();
        assertEquals(range(0, end), withoutEnd(whole.numbers()));
        assertTrue(whole.complete());
        assertEquals(List.of(), problems);
    }

    /** The host's END carries no number of its own: it is the last that was read. */
    private static List<Long> withoutEnd(List<Long> numbers) {
        return numbers.subList(0, numbers.size() - 1);
    }

    private Seen read() throws IOException {
        problems.clear();
        List<Long> numbers = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(recording, problems::add)) {
            while (reader.next()) {
                numbers.addAll(reader.segment().cpu() < 0 ? List.of(-1L) : documents.numbers(reader.segment()));
            }
            assertFalse(reader.next());
            return new Seen(numbers, reader.isComplete(), reader.deletedFiles(), reader.lostFiles(),
                reader.lostDocuments(), reader.damagedDocuments());
        }
    }

    /** What must hold whatever was done. */
    private Seen readDamaged(String what) throws IOException {
        Seen seen = read();
        List<Long> numbers = seen.numbers().stream().filter(number -> number >= 0).toList();
        assertEquals(numbers.stream().sorted().distinct().toList(), numbers, what);
        assertTrue(numbers.stream().allMatch(number -> number < end), what);
        boolean isAll = numbers.size() == end && seen.numbers().size() == end + 1;
        /* Damage where Chronicle keeps its own notes costs no record, and may be told all the same. */
        assertTrue(isAll || !seen.complete(), what + " is called complete");
        assertEquals(seen.complete(), problems.isEmpty(), what + ": " + problems);
        assertTrue(problems.stream().noneMatch(line -> line.contains("Exception") || line.contains("\n")), what);
        assertEquals(0, seen.deleted(), what + " was not deleted to keep the journal small");
        return seen;
    }

    @Test
    void eachFileThatIsGoneIsMissedAndCounted() throws IOException {
        for (JournalDirectory.File file : files) {
            Path aside = recording.resolveSibling("aside");
            Files.move(file.path(), aside);
            Seen seen = readDamaged("file " + file.number());
            boolean isLast = file.number() == FILES - 1;
            assertEquals(isLast ? 0 : 1, seen.lostFiles(), "file " + file.number());
            assertTrue(seen.lostDocuments() > 0, "file " + file.number());
            assertEquals(appended + 1, seen.lostDocuments() + (seen.set().size() - (isLast ? 0 : 1)) / RECORDS
                + (isLast ? 0 : 1), "documents of file " + file.number());
            assertTrue(problems.getFirst().contains(isLast ? "its end is missing" : file.path() + " is gone"),
                problems::toString);
            Files.move(aside, file.path());
        }
    }

    @Test
    void flippedBytesMakeNoRecordThatWasNotWritten() throws IOException {
        Random random = new Random(14);
        int damaging = 0;
        for (int flip = 0; flip < FLIPS; flip++) {
            Path data = Chronicle.data(files.get(random.nextInt(FILES)).path());
            /* Half of them where what is told of documents lies. */
            int at = flip % 2 == 0 ? random.nextInt((int) Files.size(data)) : header(data, random);
            int mask = 1 << random.nextInt(8);
            flip(data, at, mask);
            Seen seen = readDamaged("flip " + flip + " of " + mask + " at " + at + " of " + data);
            damaging += seen.complete() ? 0 : 1;
            flip(data, at, mask);
        }
        assertTrue(damaging > FLIPS / 2, damaging + " flips were noticed");
        assertTrue(read().complete());
    }

    /** The place of one of the bytes in front of or at the head of a document. */
    private static int header(Path data, Random random) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(data)).order(ByteOrder.LITTLE_ENDIAN);
        int at = random.nextInt(bytes.limit() / 2) & ~3;
        while (bytes.getInt(at) != JournalDescriptor.MAGIC) {
            at += 4;
        }
        return at - 4 + random.nextInt(4 + JournalDescriptor.SEGMENTS_OFFSET);
    }

    private static void flip(Path data, long at, int mask) throws IOException {
        try (FileChannel file = FileChannel.open(data, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            file.read(one, at);
            file.write(ByteBuffer.wrap(new byte[] {(byte) (one.get(0) ^ mask)}), at);
        }
    }

    @Test
    void aFileThatIsCutOffOrEmptiedIsMissed() throws IOException {
        Random random = new Random(41);
        for (int cut = 0; cut < 40; cut++) {
            Path data = Chronicle.data(files.get(random.nextInt(FILES)).path());
            byte[] whole = Files.readAllBytes(data);
            int left = cut == 0 ? 0 : random.nextInt(whole.length);
            Files.write(data, Arrays.copyOf(whole, left));
            readDamaged("cut " + cut + " to " + left + " of " + data);
            byte[] hole = whole.clone();
            Arrays.fill(hole, left, Math.min(whole.length, left + 8192), (byte) 0);
            Files.write(data, hole);
            readDamaged("hole " + cut + " at " + left + " of " + data);
            Files.write(data, whole);
        }
        assertTrue(read().complete());
    }

    /** What retention deletes it has written down before. */
    @Test
    void whatIsDeletedToKeepTheLimitIsNotCalledLost() throws IOException {
        try (JournalWriter next = writer(SMALL)) {
            append(next, 0, 1);
            Seen seen = read();
            assertTrue(seen.deleted() > 0);
            assertEquals(0, seen.lostFiles());
            assertEquals(List.of(), problems);
            assertFalse(seen.complete());
        }
    }
}
