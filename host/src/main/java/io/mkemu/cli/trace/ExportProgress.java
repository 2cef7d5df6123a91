// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.cli.type.Progress;
import io.mkemu.journal.JournalReader;
import io.mkemu.journal.event.TracePlayer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Says on a terminal how far the reading of a journal has come, some times a second. One thread. */
final class ExportProgress implements TracePlayer.Watcher {
    private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Progress progress;
    private final JournalReader reader;
    private final TracePrinter printer;
    private long due = System.nanoTime();

    /**
     * Says it of a reader.
     *
     * @param printer what is watched besides
     */
    ExportProgress(Progress progress, JournalReader reader, TracePrinter printer) {
        this.progress = progress;
        this.reader = reader;
        this.printer = printer;
    }

    @Override
    public boolean goesOn() {
        long now = System.nanoTime();
        if (now - due >= 0) {
            due = now + EVERY_NANOS;
            try {
                progress.show(text(reader.share(), printer.printed()));
            } catch (IOException unread) {
                throw new UncheckedIOException(unread);
            }
        }
        return printer.goesOn();
    }

    /** {@code 34 % of the recording read, 120000 events written}. */
    static String text(double share, long events) {
        return (share < 0 ? "" : String.format(Locale.ROOT, "%.0f %% of the recording read, ", 100 * share))
            + events + (events == 1 ? " event" : " events") + " written";
    }

    @Override
    public void caughtUp() {
        printer.caughtUp();
    }
}
