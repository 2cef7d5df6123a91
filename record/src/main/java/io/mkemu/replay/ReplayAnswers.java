// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.abi.KernelCall;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.replay.ReplayResult.Message;
import io.mkemu.trace.TraceRecord;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * What the module asked and sent in one step when it was recorded, handed out one by one to what it asks and sends now.
 * Used by the CPU whose turn it is.
 */
final class ReplayAnswers {
    /** Takes note of the first difference. */
    @FunctionalInterface
    interface Differences {
        /** Ends the replay. */
        ReplayStop differs(String then, String now);
    }

    private static final String STEP_ENDED = "nothing more in this step";

    private final Differences differences;
    private final TraceRecord record = new TraceRecord();
    private DirectBuffer records;
    private int at;
    private int end;
    private boolean over;
    private long sends;
    private long answers;
    private Message sentThen;
    private Message sentNow;

    ReplayAnswers(Differences differences) {
        this.differences = differences;
    }

    /** A step begins. */
    void begin(DirectBuffer stepRecords, int from, int to) {
        records = stepRecords;
        at = from;
        end = to;
    }

    /** The replay is over: whoever asks is told to stop. */
    void stop() {
        over = true;
    }

    long sends() {
        return sends;
    }

    long answers() {
        return answers;
    }

    /** What comes next, or null at the end of the step; stays until {@link #take}. */
    TraceRecord peek() {
        if (over) {
            throw new ReplayStop();
        }
        return at < end && record.wrap(records, at, end) ? record : null;
    }

    /** What comes next has come. */
    private void take() {
        at += record.slots() * TraceRecordDescriptor.LENGTH;
    }

    /** Takes what is next if it is this call, or null. */
    TraceRecord takeIf(KernelCall call) {
        TraceRecord next = peek();
        if (next == null || !is(next, call)) {
            return null;
        }
        take();
        return next;
    }

    private static boolean is(TraceRecord next, KernelCall call) {
        return next.event() == TraceEvent.CALL && KernelCall.of(next.type()) == call;
    }

    private String then(int differs) {
        TraceRecord next = peek();
        boolean sends = next != null && isSend(next) && next.has(TraceRecordDescriptor.PAYLOAD);
        sentThen = sends ? Message.of(next.type(), next.payload()) : null;
        return next == null ? STEP_ENDED : ReplayText.record(next, differs);
    }

    /** The answer to a call without arguments. */
    TraceRecord answer(KernelCall call, String now) {
        TraceRecord next = peek();
        if (next == null || !is(next, call)) {
            throw differences.differs(then(-1), now);
        }
        take();
        answers++;
        return next;
    }

    /** The answer to a call with an argument. */
    TraceRecord answer(KernelCall call, int arg0, String now) {
        TraceRecord next = peek();
        if (next != null && is(next, call) && next.arg0() != arg0) {
            throw differences.differs(then(-1), now);
        }
        return answer(call, now);
    }

    /** The answer to a call with an argument of 64 bits. */
    TraceRecord answer(KernelCall call, long id, int arg0, String now) {
        TraceRecord next = peek();
        if (next != null && is(next, call) && next.id() != id) {
            throw differences.differs(then(-1), now);
        }
        return answer(call, arg0, now);
    }

    private static boolean isSend(TraceRecord record) {
        return record.event() == TraceEvent.SEND || record.event() == TraceEvent.FULL
            || record.event() == TraceEvent.REFUSED;
    }

    /** The send that was recorded where the first difference is; null if there is none, or it has no payload. */
    Message sentThen() {
        return sentThen;
    }

    /** The send that is made now where the first difference is. */
    Message sentNow() {
        return sentNow;
    }

    /**
     * The result of a send.
     *
     * @param size as the module gave it
     */
    int send(int instanceId, int type, DirectBuffer data, int offset, int size) {
        TraceRecord next = peek();
        boolean isSend = next != null && isSend(next);
        boolean compares = isSend && next.has(TraceRecordDescriptor.PAYLOAD);
        boolean sendable = size >= 0 && size <= TraceRecordDescriptor.MAX_PAYLOAD;
        if (data != null && sendable && (compares || !isSend)) {
            /* As the kernel does when it copies. */
            data.boundsCheck(offset, size);
        }
        byte[] payload = null;
        if (sendable && (compares || !isSend)) {
            payload = new byte[size];
            if (data != null) {
                data.getBytes(offset, payload);
            }
        }
        if (!isSend) {
            sentNow = Message.of(type, payload);
            throw differences.differs(then(-1), ReplayText.send(instanceId, type, size, payload, -1));
        }
        boolean same = next.arg0() == instanceId && next.type() == type
            && next.size() == Math.clamp(size, 0, TraceRecordDescriptor.MAX_PAYLOAD);
        int differs = same && compares ? Arrays.mismatch(payload, next.payload()) : -1;
        if (!same || differs >= 0) {
            sentNow = Message.of(type, payload);
            throw differences.differs(then(differs), ReplayText.send(instanceId, type, size, payload, differs));
        }
        take();
        sends++;
        return next.event() == TraceEvent.SEND ? 0 : -next.arg1();
    }

    /** The step has ended: everything must have been asked and sent. */
    void finish(String how) {
        if (peek() != null) {
            throw differences.differs(then(-1), how);
        }
    }
}
