// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.wire.DocumentContext;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Reads one queue file from its beginning, whoever writes it meanwhile, and changes nothing. One thread. */
final class QueueTailer implements AutoCloseable {
    private final ChronicleQueue queue;
    private final ExcerptTailer tailer;
    private final UnsafeBuffer document = new UnsafeBuffer(0L, 0);
    private DocumentContext open;
    private long documents;
    private long used;

    private QueueTailer(ChronicleQueue queue) {
        this.queue = queue;
        this.tailer = queue.createTailer();
        /* One thread at a time is the callers' promise; which one is theirs to say. */
        tailer.singleThreadedCheckDisabled(true);
    }

    /**
     * Opens a queue.
     *
     * @throws NoSuchFileException if it is gone
     * @throws IOException         if it is no queue any more
     */
    static QueueTailer open(Path directory) throws IOException {
        requireThere(directory);
        long bytes = checkedBytes(directory);
        ChronicleQueue queue = Chronicle.queue(directory, Math.max(bytes, Chronicle.GRANULE)).readOnly(true).build();
        try {
            requireThere(directory);
            return new QueueTailer(queue);
        } catch (NoSuchFileException deletedMeanwhile) {
            queue.close();
            removeWhatChronicleMade(directory);
            throw deletedMeanwhile;
        }
    }

    private static void requireThere(Path directory) throws NoSuchFileException {
        if (!Files.exists(Chronicle.metadata(directory))) {
            throw new NoSuchFileException(directory.toString());
        }
    }

    /** Chronicle waits 10 s for a header that does not come. */
    private static long checkedBytes(Path directory) throws IOException {
        try (FileChannel data = FileChannel.open(Chronicle.data(directory))) {
            ByteBuffer header = ByteBuffer.allocate(Integer.BYTES);
            if (data.read(header) < Integer.BYTES || header.getInt(0) == 0) {
                throw new IOException("its header is gone");
            }
            return data.size();
        } catch (NoSuchFileException gone) {
            requireThere(directory);
            throw new IOException("its documents are gone", gone);
        }
    }

    /** Chronicle makes the directory that it is to read, and those above it. Only empty ones can be removed so. */
    private static void removeWhatChronicleMade(Path directory) throws IOException {
        try {
            Files.deleteIfExists(directory);
            Files.deleteIfExists(directory.getParent());
        } catch (DirectoryNotEmptyException others) {
            /* The recording is still there. */
            return;
        }
    }

    /** Goes on to the next document; false if there is none yet. What the former one lay in is not valid any more. */
    boolean next() {
        closeDocument();
        DocumentContext context = tailer.readingDocument();
        if (!context.isPresent()) {
            context.close();
            return false;
        }
        open = context;
        documents++;
        Bytes<?> bytes = context.wire().bytes();
        used = bytes.readPosition() + bytes.readRemaining();
        document.wrap(bytes.addressForRead(bytes.readPosition()), (int) bytes.readRemaining());
        return true;
    }

    /** The document. */
    DirectBuffer document() {
        return document;
    }

    /** How many documents it has read. */
    long documents() {
        return documents;
    }

    /** Where the document ends in the file. */
    long used() {
        return used;
    }

    private void closeDocument() {
        if (open != null) {
            open.close();
            open = null;
        }
    }

    @Override
    public void close() {
        document.wrap(0L, 0);
        closeDocument();
        queue.close();
    }
}
