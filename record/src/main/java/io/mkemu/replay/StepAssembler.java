// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.abi.KernelCall;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceRecord;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;

/**
 * Makes steps of one CPU's records: what was asked and sent in a step was recorded before the step itself. Not
 * thread-safe.
 */
public final class StepAssembler implements AutoCloseable {
    private final ScriptWriter script;
    private final int logicalCpu;
    private final long untilNanos;
    private final ExpandableArrayBuffer inner = new ExpandableArrayBuffer();
    private final ExpandableArrayBuffer step = new ExpandableArrayBuffer();
    private final TraceRecord record = new TraceRecord();
    private int innerLength;
    private boolean cut;
    private boolean tooLong;
    private long foreignNanos;
    private long unwatchedNanos;
    private String unfinished = "";

    /**
     * Begins.
     *
     * @param script     takes the steps
     * @param untilNanos CLOCK_MONOTONIC; a step that went on behind it is not wanted, and none after it
     */
    public StepAssembler(ScriptWriter script, int logicalCpu, long untilNanos) {
        this.script = script;
        this.logicalCpu = logicalCpu;
        this.untilNanos = untilNanos;
    }

    /** Takes the CPU's next records. */
    public void records(DirectBuffer records, int offset, int length) throws IOException {
        int end = offset + length;
        for (int at = offset; at < end && record.wrap(records, at, end);) {
            int bytes = record.slots() * TraceRecordDescriptor.LENGTH;
            if (!cut) {
                take(records, at, bytes);
            }
            at += bytes;
        }
    }

    private void take(DirectBuffer records, int at, int bytes) throws IOException {
        switch (record.event()) {
            case SEND, FULL, REFUSED -> keep(records, at, bytes);
            case CALL -> {
                switch (KernelCall.of(record.type())) {
                    case FOREIGN_THREAD -> foreignNanos = foreignNanos == 0 ? record.time() : foreignNanos;
                    case PAGES_UNWATCHED -> unwatchedNanos = unwatchedNanos == 0 ? record.time() : unwatchedNanos;
                    default -> keep(records, at, bytes);
                }
            }
            case CALLBACK, TASK, WORK, UNHANDLED -> ends(records, at, bytes);
            default -> {
                return;
            }
        }
    }

    private void keep(DirectBuffer records, int at, int bytes) {
        if (innerLength + bytes > ScriptDescriptor.MAX_STEP / 2) {
            cut = true;
            tooLong = true;
            return;
        }
        inner.putBytes(innerLength, records, at, bytes);
        innerLength += bytes;
    }

    private void ends(DirectBuffer records, int at, int bytes) throws IOException {
        boolean isCallback = record.event() == TraceEvent.CALLBACK;
        if (isCallback && record.has(TraceRecordDescriptor.UNFINISHED)) {
            unfinished = "the callback of message " + MessageId.text(record.id());
            cut = true;
            return;
        }
        long took = record.event() == TraceEvent.UNHANDLED ? 0
            : Integer.toUnsignedLong(record.arg0());
        if (record.time() + took >= untilNanos) {
            innerLength = 0;
            cut = true;
            return;
        }
        step.putBytes(0, records, at, bytes);
        step.putBytes(bytes, inner, 0, innerLength);
        script.step(logicalCpu, step, 0, bytes + innerLength);
        innerLength = 0;
    }

    /** In what this CPU was when its records end, in words; "" if that was nothing that is known. */
    public String unfinished() {
        return !unfinished.isEmpty() ? unfinished : innerLength > 0 ? "a step" : "";
    }

    /** Whether it ends before a step that asked and sent more than a replay can hold. */
    public boolean isTooLong() {
        return tooLong;
    }

    /** When a thread that was no CPU first asked the kernel for something; 0 if none did. */
    public long foreignNanos() {
        return foreignNanos;
    }

    /** When more pages began to be shared than are watched for changes; 0 if that never was. */
    public long unwatchedNanos() {
        return unwatchedNanos;
    }

    @Override
    public void close() throws IOException {
        script.close();
    }
}
