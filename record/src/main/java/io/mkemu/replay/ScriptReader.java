// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import static io.mkemu.replay.ScriptDescriptor.*;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.trace.TraceRecord;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/** Reads a script, step by step. One thread at a time. */
public final class ScriptReader implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final InputStream in;
    private final ScriptHeader header;
    private final byte[] prefix = new byte[STEP_RECORD_OFFSET];
    private final UnsafeBuffer step = new UnsafeBuffer(new byte[BUFFER]);
    private final TraceRecord record = new TraceRecord();
    private int length;
    private int cpu;
    private long number;

    /**
     * Opens a script.
     *
     * @throws MachineException if it is none
     */
    public ScriptReader(Path file) throws IOException {
        in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
        try {
            byte[] head = in.readNBytes(STRINGS_OFFSET);
            int bytes = head.length < STRINGS_OFFSET ? 0
                : new UnsafeBuffer(head).getInt(HEADER_BYTES_OFFSET, ByteOrder.LITTLE_ENDIAN);
            byte[] whole = Arrays.copyOf(head, Math.clamp(bytes, head.length, MAX_HEADER));
            in.readNBytes(whole, head.length, whole.length - head.length);
            header = ScriptHeader.decode(whole);
        } catch (IOException | RuntimeException broken) {
            in.close();
            throw broken;
        }
    }

    /** Whose life it is. */
    public ScriptHeader header() {
        return header;
    }

    /**
     * Goes on to the next step.
     *
     * @return false behind the last
     * @throws MachineException if the script is damaged
     */
    public boolean next() throws IOException {
        if (number == header.steps()) {
            return false;
        }
        int got = in.readNBytes(prefix, 0, prefix.length);
        UnsafeBuffer words = new UnsafeBuffer(prefix);
        length = words.getInt(STEP_BYTES_OFFSET, ByteOrder.LITTLE_ENDIAN);
        cpu = words.getInt(STEP_CPU_OFFSET, ByteOrder.LITTLE_ENDIAN);
        if (got < prefix.length || length < TraceRecordDescriptor.LENGTH || length > MAX_STEP || cpu < 0
            || cpu >= header.cpus().size()) {
            throw damaged();
        }
        if (step.capacity() < length) {
            step.wrap(new byte[Math.max(length, Math.min(MAX_STEP, step.capacity() * 2))]);
        }
        if (in.readNBytes(step.byteArray(), 0, length) < length || !record.wrap(step, 0, length)) {
            throw damaged();
        }
        number++;
        return true;
    }

    private MachineException damaged() {
        return new MachineException(ExitCode.MACHINE, "the script of this replay is damaged in step " + (number + 1)
            + " of " + header.steps());
    }

    /** The number of the step, from 1. */
    public long number() {
        return number;
    }

    /** Logical CPU it ran on. */
    public int cpu() {
        return cpu;
    }

    /** The step's record, until the next step. */
    public TraceRecord record() {
        return record;
    }

    /** The step's records, its own first, until the next step. */
    public UnsafeBuffer records() {
        return step;
    }

    /** Bytes of them. */
    public int length() {
        return length;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
