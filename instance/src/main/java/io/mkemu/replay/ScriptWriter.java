// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import static io.mkemu.replay.ScriptDescriptor.*;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes a script, the header first. One thread. */
public final class ScriptWriter implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final OutputStream out;
    private final UnsafeBuffer prefix = new UnsafeBuffer(new byte[STEP_RECORD_OFFSET]);
    private byte[] copy = new byte[BUFFER];

    /** Begins a script in a new file. */
    public ScriptWriter(Path file, ScriptHeader header) throws IOException {
        out = new BufferedOutputStream(Files.newOutputStream(file), BUFFER);
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
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
