// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads one queue file from its beginning, whoever writes it meanwhile, and changes nothing. It goes from header to
 * header as Chronicle Queue lays them out, but by reads of the file: so nothing that a damaged file says can end this
 * process or keep it waiting. Behind what is damaged it goes on with the next document that is whole. One thread.
 *
 * <pre>
 *   header, u32                 content, then up to a multiple of 4
 *   31 not complete | 30 not a document | 29..0 bytes of content
 * </pre>
 */
final class QueueTailer implements AutoCloseable {
    private static final int NOT_COMPLETE = 1 << 31;
    private static final int NO_DOCUMENT = 1 << 30;
    private static final int LENGTH = NO_DOCUMENT - 1;
    private static final int ALIGN = Integer.BYTES;

    private final FileChannel data;
    private final ByteBuffer header = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final byte[] bytes = new byte[JournalWriter.MAX_DOCUMENT];
    private final UnsafeBuffer document = new UnsafeBuffer(bytes, 0, 0);
    private long at;
    private long documents;
    private long used;
    private String problem;

    private QueueTailer(FileChannel data) {
        this.data = data;
    }

    /**
     * Opens a queue.
     *
     * @throws NoSuchFileException if it is gone
     * @throws IOException         if it is no queue any more
     */
    static QueueTailer open(Path directory) throws IOException {
        FileChannel data;
        try {
            data = FileChannel.open(Chronicle.data(directory));
        } catch (NoSuchFileException gone) {
            if (!Files.exists(Chronicle.metadata(directory))) {
                throw new NoSuchFileException(directory.toString());
            }
            throw new IOException("its documents are gone", gone);
        }
        QueueTailer tailer = new QueueTailer(data);
        try {
            if (tailer.headerAt(0) == 0) {
                throw new IOException("its header is gone");
            }
            return tailer;
        } catch (IOException | RuntimeException | Error fault) {
            data.close();
            throw fault;
        }
    }

    /**
     * Goes on to the next document; false if there is none yet. What the former one lay in is not valid any more.
     *
     * @throws IOException if the file cannot be read
     */
    boolean next() throws IOException {
        problem = null;
        while (true) {
            int head = headerAt(at);
            if (head == 0 || (head & NOT_COMPLETE) != 0) {
                return false;
            }
            int length = head & LENGTH;
            if ((head & NO_DOCUMENT) == 0) {
                problem = read(at + ALIGN, length);
                used = problem == null ? at + ALIGN + length : used;
            } else if (behind(at, length) > data.size()) {
                problem = "begins behind a header that is damaged";
            } else {
                at = behind(at, length);
                continue;
            }
            /* A header that is just being written may have been read in halves. */
            if (problem == null || headerAt(at) == head) {
                documents++;
                at = problem == null ? behind(at, length) : search(at + ALIGN);
                return true;
            }
        }
    }

    private static long behind(long from, int length) {
        return from + ALIGN + (length + ALIGN - 1) / ALIGN * ALIGN;
    }

    /** The header there; 0 where the file has ended, as where it has not been written. */
    private int headerAt(long position) throws IOException {
        header.clear();
        while (header.hasRemaining()) {
            if (data.read(header, position + header.position()) < 0) {
                return 0;
            }
        }
        return header.getInt(0);
    }

    /** Reads a document; why it is none, or null. */
    private String read(long position, int length) throws IOException {
        if (length > bytes.length || position + length > data.size()) {
            return "cannot be so long";
        }
        ByteBuffer to = ByteBuffer.wrap(bytes, 0, length);
        while (to.hasRemaining()) {
            if (data.read(to, position + to.position()) < 0) {
                return "cannot be so long";
            }
        }
        document.wrap(bytes, 0, length);
        return DocumentStamp.problem(document);
    }

    /** Where the next whole document's header is, or where the file ends. */
    private long search(long from) throws IOException {
        long size = data.size();
        ByteBuffer chunk = ByteBuffer.allocate((int) Chronicle.GRANULE).order(ByteOrder.LITTLE_ENDIAN);
        for (long begin = from; begin < size; begin += chunk.capacity()) {
            chunk.clear();
            while (chunk.hasRemaining() && data.read(chunk, begin + chunk.position()) >= 0) {
                continue;
            }
            int end = chunk.position();
            for (int index = 0; index + ALIGN <= end; index += ALIGN) {
                if (chunk.getInt(index) == JournalDescriptor.MAGIC && isDocument(begin + index)) {
                    return begin + index - ALIGN;
                }
            }
        }
        return size;
    }

    private boolean isDocument(long position) throws IOException {
        int head = headerAt(position - ALIGN);
        return (head & (NOT_COMPLETE | NO_DOCUMENT)) == 0 && read(position, head & LENGTH) == null;
    }

    /** Why the document is none, or null: it is not valid then. */
    String problem() {
        return problem;
    }

    /** The document: a copy, so that whatever becomes of the file it stays as it is. */
    DirectBuffer document() {
        return document;
    }

    /** How many documents it has read. */
    long documents() {
        return documents;
    }

    /** Where the last document that was whole ends in the file. */
    long used() {
        return used;
    }

    @Override
    public void close() throws IOException {
        data.close();
    }
}
