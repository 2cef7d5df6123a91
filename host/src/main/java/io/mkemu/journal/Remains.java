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
    private Remains() {
    }

    /** Clears up a recording, if that has not been done. */
    static void clear(Path recording) throws IOException {
        JournalDirectory.deleteRemains(recording);
        Path lock = recording.resolve(JournalDirectory.LOCK);
        if (Files.exists(lock) && Files.size(lock) == 0) {
            List<JournalDirectory.File> files = JournalDirectory.files(recording);
            JournalDirectory.ended(recording, files.isEmpty() ? 0 : shorten(files.getLast().path()));
        }
    }

    /** The number of the last document; 0 if it is not known. */
    private static long shorten(Path file) throws IOException {
        long last = 0;
        boolean isWhole = true;
        try (QueueTailer tailer = QueueTailer.open(file)) {
            while (tailer.next()) {
                isWhole &= tailer.problem() == null;
                last = isWhole ? Math.max(last, DocumentStamp.number(tailer.document())) : 0;
            }
            if (isWhole) {
                truncate(file, tailer.used());
            }
        } catch (IOException damaged) {
            /* Nobody knows where it ends: it stays as long as it is, and readers are told. */
            return 0;
        }
        return last;
    }

    /** Cuts a queue file behind its last document, and not so near that a reader at its end would miss the rest. */
    static void truncate(Path file, long used) throws IOException {
        try (FileChannel data = FileChannel.open(Chronicle.data(file), StandardOpenOption.WRITE)) {
            data.truncate((used + QueueAppender.OVERHEAD) / Chronicle.GRANULE * Chronicle.GRANULE + Chronicle.GRANULE);
        }
    }
}
