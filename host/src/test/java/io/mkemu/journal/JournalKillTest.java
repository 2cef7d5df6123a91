// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.testkit.Await;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Writers are killed at any moment: what they had written is whole, and nothing is half there. */
@Timeout(600)
class JournalKillTest {
    private static final int KILLS = 24;
    private static final int AT_ONCE = 4;
    private static final long MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(60);

    @TempDir
    private Path directory;

    @Test
    void everyRecordingOpensAndItsLastDocumentIsWhole() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int kill = 0; kill < KILLS; kill += AT_ONCE) {
            List<ChildJvm> writers = new ArrayList<>();
            try {
                for (int number = kill; number < kill + AT_ONCE; number++) {
                    writers.add(start(directory.resolve("j" + number), seed + number));
                }
                for (int number = kill; number < kill + AT_ONCE; number++) {
                    ChildJvm writer = writers.get(number - kill);
                    assertEquals(WritingProcess.READY, writer.readLine());
                    writer.writeLine("");
                    Path journal = directory.resolve("j" + number);
                    boolean rolled = number % 2 == 1;
                    /* However slow the writer is, half of the recordings have more than one file. */
                    Await.until(() -> !rolled || hasRolled(journal));
                    LockSupport.parkNanos(random.nextLong(MOST_NANOS));
                    writer.kill();
                    int last = check(journal, "seed " + seed + ", kill " + number);
                    assertTrue(last > 0 || !rolled, "seed " + seed + ", kill " + number);
                }
            } finally {
                writers.forEach(ChildJvm::close);
            }
        }
    }

    private static boolean hasRolled(Path journal) {
        try {
            return JournalDirectory.files(JournalDirectory.recordings(journal).getFirst()).size() > 1;
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }

    private static ChildJvm start(Path journal, long seed) throws IOException {
        return ChildJvm.start(List.of("@" + ChildJvm.script("host.options"), "-XX:TieredStopAtLevel=1"),
            WritingProcess.class, journal, seed);
    }

    /** A recording whose writer was killed, and what it ended with. */
    private record Killed(Path recording, long next) {
        /** Its last file is as short as it can be now, and holds what it held. */
        void checkShortened(Documents documents, String which) throws IOException {
            if (!Files.exists(recording)) {
                return;
            }
            Path file = JournalDirectory.files(recording).getLast().path();
            long used = 0;
            try (QueueTailer tailer = QueueTailer.open(file)) {
                while (tailer.next()) {
                    used = tailer.used();
                }
            }
            long size = Files.size(Chronicle.data(file));
            assertTrue(size > used && size <= used + 2 * Chronicle.GRANULE, () -> which + ": " + size + " bytes");
            long last = -1;
            try (JournalReader reader = JournalReader.open(recording, problem -> {
                throw new AssertionError(which + ": " + problem);
            })) {
                while (reader.next()) {
                    last = documents.numbers(reader.segment()).getLast();
                }
            }
            assertEquals(Math.max(next, 0) - 1, last, which);
        }
    }

    /** The number of the last file. */
    private static int check(Path journal, String which) throws IOException {
        List<String> problems = new ArrayList<>();
        Documents documents = new Documents();
        int last;
        Killed killed;
        try (JournalReader reader = JournalReader.open(journal, problems::add)) {
            long next = -1;
            boolean more = true;
            while (more) {
                while (reader.next()) {
                    Segment segment = reader.segment();
                    List<Long> numbers = documents.numbers(segment);
                    assertTrue(next < 0 && reader.deletedFiles() > 0 || numbers.getFirst() == Math.max(next, 0),
                        () -> which + ": a document begins with " + numbers.getFirst());
                    assertEquals(numbers.getFirst() * 2, segment.position(), which);
                    next = numbers.getFirst() + numbers.size();
                    assertEquals(next - 1, numbers.getLast(), which);
                }
                more = !reader.hasEnded();
            }
            assertFalse(reader.isComplete(), which);
            assertEquals(List.of(), problems, which);
            List<JournalDirectory.File> files = JournalDirectory.files(reader.recording());
            last = files.getLast().number();
            killed = new Killed(reader.recording(), next);
            assertEquals(files.getFirst().number(), reader.deletedFiles(), which);
        }
        /* The next recording finds nothing in its way. */
        try (JournalWriter writer = JournalWriter.create(journal, "next",
            new JournalLimits(JournalLimits.MIN_BYTES, null))) {
            assertTrue(writer.append(documents.of(0, 1), Documents.length(1)), which);
        }
        killed.checkShortened(documents, which);
        DiskFile.deleteTree(journal);
        assertFalse(Files.exists(journal));
        return last;
    }
}
