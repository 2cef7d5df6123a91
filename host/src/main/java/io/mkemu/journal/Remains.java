// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * What a killed writer leaves: files that were half made or half removed, and a last file of its full size. Only by who
 * holds the journal's lock, for recordings that nobody writes any more; whoever reads one meanwhile is not disturbed.
 */
final class Remains {
    /** In a recording's lock file, once its last file is as short as it can be. */
    private static final String ENDED = "ended\n";

    private Remains() {
    }

    /** Clears up a recording, if that has not been done. */
    static void clear(Path recording) throws IOException {
        JournalDirectory.deleteRemains(recording);
        Path lock = recording.resolve(JournalDirectory.LOCK);
        if (Files.exists(lock) && Files.size(lock) == 0) {
            List<JournalDirectory.File> files = JournalDirectory.files(recording);
            if (!files.isEmpty()) {
                shorten(files.getLast().path());
            }
            ended(recording);
        }
    }

    /** Says that there is nothing to clear up. */
    static void ended(Path recording) throws IOException {
        Files.writeString(recording.resolve(JournalDirectory.LOCK), ENDED);
    }

    private static void shorten(Path file) throws IOException {
        try (QueueTailer tailer = QueueTailer.open(file)) {
            while (tailer.next()) {
                continue;
            }
            truncate(file, tailer.used());
        } catch (IOException | RuntimeException damaged) {
            /* Nobody knows where it ends: it stays as long as it is, and readers are told. */
            return;
        }
    }

    /** Cuts a queue file behind its last document, and not so near that a reader at its end would miss the rest. */
    static void truncate(Path file, long used) throws IOException {
        try (FileChannel data = FileChannel.open(Chronicle.data(file), StandardOpenOption.WRITE)) {
            data.truncate((used + QueueAppender.OVERHEAD) / Chronicle.GRANULE * Chronicle.GRANULE + Chronicle.GRANULE);
        }
    }
}
