// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Deletes the oldest queue files of a journal. Only by who holds the directory's lock. */
final class Retention {
    private record Kept(JournalDirectory.File file, long bytes, long modifiedMillis) {
    }

    private final Path directory;
    private final JournalLimits limits;

    Retention(Path directory, JournalLimits limits) {
        this.directory = directory;
        this.limits = limits;
    }

    /**
     * Deletes what is too old, and what is too much.
     *
     * @param current   the recording that is written: its newest file stays
     * @param wantBytes that are about to be added
     */
    void apply(Path current, long wantBytes) throws IOException {
        List<Kept> files = new ArrayList<>();
        long total = wantBytes;
        for (Path recording : JournalDirectory.recordings(directory)) {
            List<JournalDirectory.File> there = JournalDirectory.files(recording);
            int candidates = there.size() - (recording.equals(current) ? 1 : 0);
            for (int index = 0; index < there.size(); index++) {
                Path path = there.get(index).path();
                long bytes = DiskFile.size(path);
                total += bytes;
                if (index < candidates) {
                    files.add(new Kept(there.get(index), bytes, modified(path)));
                }
            }
        }
        long oldest = limits.maxAge() == null ? Long.MIN_VALUE
            : System.currentTimeMillis() - limits.maxAge().toMillis();
        for (Kept file : files) {
            if (total <= limits.maxBytes() && file.modifiedMillis() >= oldest) {
                break;
            }
            JournalDirectory.keptFrom(file.file().path().getParent(), file.file().number() + 1);
            JournalDirectory.delete(file.file().path());
            total -= file.bytes();
        }
        deleteEmpty(current);
    }

    private static long modified(Path file) throws IOException {
        try {
            return Files.getLastModifiedTime(Chronicle.data(file)).toMillis();
        } catch (NoSuchFileException nothingInIt) {
            return Long.MIN_VALUE;
        }
    }

    /** A recording without files says nothing any more. */
    private void deleteEmpty(Path current) throws IOException {
        for (Path recording : JournalDirectory.recordings(directory)) {
            if (!recording.equals(current) && JournalDirectory.files(recording).isEmpty()) {
                DiskFile.deleteTree(recording);
            }
        }
    }
}
