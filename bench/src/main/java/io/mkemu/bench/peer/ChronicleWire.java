// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.wire.DocumentContext;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Chronicle Queue, raw documents, a queue each way. It keeps everything that was ever sent, so each command has queues
 * of its own, or the memory file system would fill up.
 */
final class ChronicleWire implements Wire {
    private static final int LIMIT = 64;

    private final Path directory;
    private final boolean main;
    private final UnsafeBuffer view = new UnsafeBuffer(0L, 0);
    private Path base;
    private ChronicleQueue inQueue;
    private ChronicleQueue outQueue;
    private ExcerptTailer in;
    private ExcerptAppender out;

    ChronicleWire(Path directory, boolean main) {
        this.directory = directory;
        this.main = main;
    }

    @Override
    public void begin(int run, int bytes) {
        base = directory.resolve("run-" + run);
        inQueue = ChronicleQueue.single(base.resolve(main ? "up" : "down").toString());
        outQueue = ChronicleQueue.single(base.resolve(main ? "down" : "up").toString());
        in = inQueue.createTailer();
        out = outQueue.createAppender();
    }

    @Override
    public boolean offer(DirectBuffer payload, int offset, int bytes) {
        try (DocumentContext document = out.writingDocument()) {
            Bytes<?> to = document.wire().bytes();
            int position = 0;
            for (; position + Long.BYTES <= bytes; position += Long.BYTES) {
                to.writeLong(payload.getLong(offset + position));
            }
            for (; position < bytes; position++) {
                to.writeByte(payload.getByte(offset + position));
            }
        }
        return true;
    }

    @Override
    public int poll(Receiver receiver) {
        int messages = 0;
        while (messages < LIMIT) {
            try (DocumentContext document = in.readingDocument()) {
                if (!document.isPresent()) {
                    break;
                }
                Bytes<?> from = document.wire().bytes();
                int length = (int) from.readRemaining();
                view.wrap(from.addressForRead(from.readPosition()), length);
                receiver.message(view, 0, length);
                messages++;
            }
        }
        return messages;
    }

    @Override
    public void end() throws IOException {
        in.close();
        out.close();
        inQueue.close();
        outQueue.close();
        if (main) {
            try (var files = Files.walk(base)) {
                List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
                for (Path file : deepestFirst) {
                    Files.delete(file);
                }
            }
        }
    }
}
