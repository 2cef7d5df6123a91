// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.contender;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Times of round trips, as they come: recording one is a store. One thread. */
public final class Samples {
    /** So many are kept at the most. */
    public static final int MOST = 1 << 21;
    private static final long U32 = 0xffff_ffffL;
    private static final int CHUNK = 1 << 16;

    private final int[] nanos = new int[MOST];
    private int count;

    /** Forgets all. */
    public void clear() {
        count = 0;
    }

    /** Keeps one; there must be room. */
    public void add(long value) {
        nanos[count++] = (int) Math.min(value, U32);
    }

    /** Whether there is no more room. */
    public boolean isFull() {
        return count == MOST;
    }

    /** How many there are. */
    public int count() {
        return count;
    }

    /** Appends them to a file, 32 bits each, little-endian. */
    public void appendTo(Path file) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (int first = 0; first < count; first += CHUNK) {
                chunk.clear();
                for (int index = first; index < Math.min(count, first + CHUNK); index++) {
                    chunk.putInt(nanos[index]);
                }
                chunk.flip();
                while (chunk.hasRemaining()) {
                    out.write(chunk);
                }
            }
        }
    }
}
