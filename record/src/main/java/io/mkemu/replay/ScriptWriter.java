// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import static io.mkemu.replay.ScriptDescriptor.*;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes a script. One thread. */
public final class ScriptWriter implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final FileChannel file;
    private final OutputStream out;
    private final UnsafeBuffer prefix = new UnsafeBuffer(new byte[STEP_RECORD_OFFSET]);
    private byte[] copy = new byte[BUFFER];
    private long steps;

    /** Begins a script in a new file; how many steps it has is written at the end. */
    public ScriptWriter(Path path, ScriptHeader header) throws IOException {
        file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        out = new BufferedOutputStream(Channels.newOutputStream(file), BUFFER);
        out.write(header.encode());
    }

    /**
     * Writes a step.
     *
     * @param logicalCpu which CPU it ran on
     * @param records    the step's record, and behind it those of what it asked and sent
     * @param length     bytes of them
     */
    public void step(int logicalCpu, DirectBuffer records, int offset, int length) throws IOException {
        prefix.putInt(STEP_BYTES_OFFSET, length, ByteOrder.LITTLE_ENDIAN);
        prefix.putInt(STEP_CPU_OFFSET, logicalCpu, ByteOrder.LITTLE_ENDIAN);
        out.write(prefix.byteArray());
        if (copy.length < length) {
            copy = new byte[Math.max(length, Math.min(MAX_STEP, copy.length * 2))];
        }
        records.getBytes(offset, copy, 0, length);
        out.write(copy, 0, length);
        steps++;
    }

    /** Ends the script: without that it has no steps. May be repeated. */
    @Override
    public void close() throws IOException {
        if (!file.isOpen()) {
            return;
        }
        try (file) {
            out.flush();
            ByteBuffer word = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, steps);
            file.write(word, STEPS_OFFSET);
        }
    }
}
