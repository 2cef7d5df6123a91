// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceRecord;

/** Where a replay stops for a debugger: once, at a step or at a message. Used by the CPU whose turn it is. */
public final class BreakPoint {
    /** Nowhere. */
    static final BreakPoint NONE = new BreakPoint(0, null);

    private final long step;
    private final Long message;
    private boolean reached;

    private BreakPoint(long step, Long message) {
        this.step = step;
        this.message = message;
    }

    /**
     * As a user writes it.
     *
     * @param text number of a step, from 1, or the id of a message, as {@code mk trace} prints it; "" for nowhere
     * @throws IllegalArgumentException if it is neither
     */
    public static BreakPoint of(String text) {
        if (text.isEmpty()) {
            return new BreakPoint(0, null);
        }
        if (text.indexOf('.') >= 0) {
            return new BreakPoint(0, MessageId.parse(text));
        }
        if (!text.matches("[1-9]\\d{0,17}")) {
            throw new IllegalArgumentException("\"" + text + "\" is neither a step, counted from 1, nor a message's id "
                + "as mk trace prints it, like 2.3.1.4711");
        }
        return new BreakPoint(Long.parseLong(text), null);
    }

    /** Number of the step; 0 if it is none. */
    public long step() {
        return step;
    }

    /** Whether a step is the one. */
    boolean isReached(long number, TraceRecord record) {
        boolean is = !reached && (number == step || message != null && record.id() == message
            && (record.event() == TraceEvent.UNHANDLED
            || record.event() == TraceEvent.CALLBACK && record.has(TraceRecordDescriptor.FIRST)));
        reached |= is;
        return is;
    }

    /** Whether it was to stop, and has not. */
    boolean isMissed() {
        return !reached && (step != 0 || message != null);
    }
}
