// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;

/** A journal in a directory of its own, with what is damaged in it as its readers have told. */
abstract class JournalFixture {
    static final JournalLimits SMALL = new JournalLimits(JournalLimits.MIN_BYTES, null);

    @TempDir
    Path directory;

    final Documents documents = new Documents();
    final List<String> problems = Collections.synchronizedList(new ArrayList<>());

    final JournalWriter writer(JournalLimits limits) throws IOException {
        return JournalWriter.create(directory, "box", limits);
    }

    final JournalReader reader() throws IOException {
        return JournalReader.open(directory, problems::add);
    }

    final void append(JournalWriter writer, long first, int records) {
        assertTrue(writer.append(documents.of(first, records), Documents.length(records)), writer::problem);
    }

    final List<Long> readAll(JournalReader reader) throws IOException {
        List<Long> numbers = new ArrayList<>();
        while (reader.next()) {
            numbers.addAll(documents.numbers(reader.segment()));
        }
        return numbers;
    }

    static List<Long> range(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    static List<Path> list(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }
}
