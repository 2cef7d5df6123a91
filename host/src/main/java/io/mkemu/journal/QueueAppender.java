// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.wire.DocumentContext;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes one queue file. Every page of it has its place on the disk before Chronicle maps it, so that a full disk is an
 * error at {@link #create} and not a SIGBUS at a later append. One thread.
 */
final class QueueAppender implements AutoCloseable {
    /** What Chronicle may add to a document: headers, padding, an index. */
    static final long OVERHEAD = 48 << 10;

    private final ChronicleQueue queue;
    private final ExcerptAppender appender;
    private final UnsafeBuffer view = new UnsafeBuffer(0L, 0);
    private final long bytes;
    private Path directory;
    private long used;

    private QueueAppender(Path directory, ChronicleQueue queue, long bytes) {
        this.directory = directory;
        this.queue = queue;
        this.bytes = bytes;
        this.appender = queue.createAppender();
        /* Made by one thread, used by another from then on. */
        appender.singleThreadedCheckDisabled(true);
    }

    /**
     * Makes a queue.
     *
     * @param directory that does not exist yet
     * @param bytes     of its file, a multiple of {@link Chronicle#GRANULE}
     * @throws IOException if the disk has not so much room; nothing is left then
     */
    static QueueAppender create(Path directory, long bytes) throws IOException {
        Files.createDirectory(directory, JournalDirectory.OWNER_ONLY);
        try {
            DiskFile.create(Chronicle.metadata(directory), Chronicle.METADATA_BYTES);
            DiskFile.create(Chronicle.precreated(directory), bytes);
            ChronicleQueue queue = Chronicle.queue(directory, bytes).build();
            try {
                return new QueueAppender(directory, queue, bytes);
            } catch (IllegalStateException readOnly) {
                queue.close();
                throw new MachineException(ExitCode.INTERNAL, "the journal cannot be written: this JVM lacks the "
                    + "options of host.options (" + readOnly.getMessage() + "); start mkemu with scripts/mk", readOnly);
            }
        } catch (IOException | RuntimeException | Error fault) {
            DiskFile.deleteTree(directory);
            throw fault;
        }
    }

    /** Gives it its name, by which readers find it. */
    void moveTo(Path there) throws IOException {
        Files.move(directory, there, StandardCopyOption.ATOMIC_MOVE);
        directory = there;
    }

    /** Whether a document fits and leaves so many bytes behind it. */
    boolean fits(int length, long left) {
        return used + OVERHEAD + length + left <= bytes;
    }

    /** Bytes it was made with. */
    long bytes() {
        return bytes;
    }

    /** Writes a document that {@link #fits}. Readers see the whole of it or nothing. */
    void append(DirectBuffer from, int offset, int length) {
        try (DocumentContext document = appender.writingDocument()) {
            boolean whole = false;
            try {
                Bytes<?> to = document.wire().bytes();
                long at = to.writePosition();
                view.wrap(to.addressForWrite(at), length);
                view.putBytes(0, from, offset, length);
                to.writePosition(at + length);
                used = at + length;
                whole = true;
            } finally {
                if (!whole) {
                    document.rollbackOnClose();
                }
            }
        }
    }

    /** Ends it and gives back the room that it did not need. */
    @Override
    public void close() throws IOException {
        queue.close();
        Remains.truncate(directory, used);
    }
}
