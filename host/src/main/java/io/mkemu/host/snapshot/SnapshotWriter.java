// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.snapshot;

import static io.mkemu.host.snapshot.SnapshotDescriptor.*;

import io.mkemu.abi.Pages;
import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.os.OsFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * Writes a snapshot: {@link SnapshotDescriptor}. Reads the RAM file once from its beginning to its end, and of that
 * only what was ever written. Not thread-safe.
 */
public final class SnapshotWriter {
    private static final int CHUNK = MOST_PAGES * Pages.PAGE_SIZE;
    private static final MemorySegment ZEROS = MemorySegment.ofBuffer(ByteBuffer.allocateDirect(Pages.PAGE_SIZE));

    private final WritableByteChannel to;
    private final CRC32C whole = new CRC32C();
    private final CRC32C check = new CRC32C();
    private final ByteBuffer small = ByteBuffer.allocate(HEADER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
    private final MemorySegment pages = MemorySegment.ofBuffer(chunk);
    private long runs;
    private long written;

    private SnapshotWriter(WritableByteChannel to) {
        this.to = to;
    }

    /**
     * Writes.
     *
     * @param ram  the RAM file; nobody but a host, whose logs and rings may get a line more, writes to it meanwhile
     * @param said JSON in UTF-8, see {@link SavedMachine}
     * @return bytes written
     * @throws IOException if the RAM cannot be read or the file system is full
     */
    public static long write(Path ram, byte[] said, WritableByteChannel to) throws IOException {
        SnapshotWriter writer = new SnapshotWriter(to);
        try (FileChannel from = FileChannel.open(ram, StandardOpenOption.READ); OsFile map = OsFile.openReadOnly(ram)) {
            long size = from.size();
            writer.begin(size, said);
            /* A file system may count in smaller pieces than pages. */
            for (long done = 0; done < size;) {
                long begin = Math.max(done, map.seek(done, true) / Pages.PAGE_SIZE * Pages.PAGE_SIZE);
                done = begin < size ? Math.min(size, Pages.align(map.seek(begin, false))) : size;
                writer.copy(from, begin, done);
            }
        }
        writer.end();
        return writer.written;
    }

    private void begin(long ramSize, byte[] said) throws IOException {
        if (said.length > MOST_SAID) {
            throw new IOException("what is to be said of the machine has " + said.length + " bytes, " + MOST_SAID
                + " are the most");
        }
        small.clear();
        small.putLong(MAGIC).putInt(VERSION).putInt(RamHeaderDescriptor.ABI_VERSION).putLong(ramSize)
            .putInt(said.length);
        check.reset();
        check.update(small.array(), 0, HEADER_CHECK_OFFSET);
        put(small.putInt((int) check.getValue()).flip());
        check.reset();
        check.update(said);
        put(ByteBuffer.wrap(said));
        small.clear();
        put(small.putInt((int) check.getValue()).flip());
    }

    private void copy(FileChannel from, long begin, long end) throws IOException {
        for (long at = begin; at < end; at += CHUNK) {
            chunk.clear().limit((int) Math.min(CHUNK, end - at));
            while (chunk.hasRemaining()) {
                if (from.read(chunk, at + chunk.position()) < 0) {
                    throw new IOException("the RAM file is shorter than it was");
                }
            }
            runs(at / Pages.PAGE_SIZE, (chunk.limit() + Pages.PAGE_SIZE - 1) / Pages.PAGE_SIZE);
        }
    }

    private void runs(long firstPage, int count) throws IOException {
        int from = 0;
        while (from < count) {
            int to = from;
            while (to < count && !isZero(to)) {
                to++;
            }
            if (to > from) {
                run(firstPage + from, to - from,
                    chunk.slice(from * Pages.PAGE_SIZE, (to - from) * Pages.PAGE_SIZE));
            }
            from = to + 1;
        }
    }

    private boolean isZero(int page) {
        long at = (long) page * Pages.PAGE_SIZE;
        return MemorySegment.mismatch(pages, at, at + Pages.PAGE_SIZE, ZEROS, 0, Pages.PAGE_SIZE) < 0;
    }

    private void run(long firstPage, int count, ByteBuffer data) throws IOException {
        runs++;
        small.clear();
        small.putLong(firstPage).putInt(count);
        check.reset();
        check.update(small.array(), 0, RUN_CHECK_OFFSET);
        check.update(data.duplicate());
        put(small.putInt((int) check.getValue()).flip());
        put(data);
    }

    private void end() throws IOException {
        small.clear();
        small.putLong(runs).putInt(0);
        check.reset();
        check.update(small.array(), 0, RUN_CHECK_OFFSET);
        put(small.putInt((int) check.getValue()).flip());
        small.clear();
        put(small.putInt((int) whole.getValue()).flip());
    }

    private void put(ByteBuffer bytes) throws IOException {
        whole.update(bytes.duplicate());
        written += bytes.remaining();
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }
}
