// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps what a host in the background prints within bounds: it lies in memory beside the RAM. The newest half stays.
 * The printer appends, so the file may be cut under it; what is printed in that very moment may be lost.
 */
public final class OutputBound {
    /** Bytes the file has at most, but for what comes in a second. */
    public static final long MOST_BYTES = 1 << 20;
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Path file;
    private final long mostBytes;

    OutputBound(Path file, long mostBytes) {
        this.file = file;
        this.mostBytes = mostBytes;
    }

    /** Looks after the file until the process ends, in a thread of its own. */
    public static void watch(Path file) {
        OutputBound bound = new OutputBound(file, MOST_BYTES);
        Thread thread = new Thread(() -> {
            String said = "";
            while (true) {
                LockSupport.parkNanos(LOOK_NANOS);
                try {
                    bound.look();
                } catch (IOException | RuntimeException | Error refused) {
                    /* No descriptor or no memory may be a matter of a moment: it goes on. */
                    String line = "mk: " + file + " is not kept small: " + refused;
                    if (!line.equals(said)) {
                        System.err.println(line);
                    }
                    said = line;
                }
            }
        }, "output-bound");
        thread.setDaemon(true);
        thread.start();
    }

    /** Cuts the file if it is too long. */
    void look() throws IOException {
        try {
            if (Files.size(file) > mostBytes) {
                cut();
            }
        } catch (NoSuchFileException removed) {
            return;
        }
    }

    private void cut() throws IOException {
        ByteBuffer kept = ByteBuffer.allocate((int) (mostBytes / 2));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.position(channel.size() - kept.capacity());
            while (kept.hasRemaining() && channel.read(kept) >= 0) {
                continue;
            }
        }
        kept.flip();
        while (kept.hasRemaining() && kept.get() != '\n') {
            continue;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(0);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.APPEND)) {
            write(channel, ByteBuffer.wrap("mkemu: what was printed before this is left out\n"
                .getBytes(StandardCharsets.UTF_8)));
            write(channel, kept);
        }
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
