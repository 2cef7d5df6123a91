// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import static io.mkemu.abi.TraceRecordDescriptor.*;

import io.mkemu.abi.TraceEvent;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceRecord;

/**
 * A record of the journal, and the events it stands for, one after the other:
 *
 * <pre>
 *  SEND             send, doorbell | elide, wake
 *  CALLBACK, FIRST  interrupt, queue at time - arg1;  callback_begin at time;  callback_end at time + arg0
 *  CALLBACK         queue, callback_begin at time;  callback_end at time + arg0
 *  UNHANDLED        interrupt at time - arg1;  unhandled at time
 *  HALT             halt at time;  wakeup at time + id
 *  any other        one event at time
 * </pre>
 *
 * A callback that never ended has no callback_end.
 */
public final class TraceEntry {
    private static final byte[] NOTHING = {};
    private static final long U32 = 0xffff_ffffL;
    private static final int OBJECT_BYTES = 128;
    private static final EventName[][] SENDS = new EventName[(RUNG | ELIDED | WOKEN) + 1][];
    private static final EventName[] FIRST_CALLBACK = {EventName.INTERRUPT, EventName.QUEUE, EventName.CALLBACK_BEGIN,
        EventName.CALLBACK_END};
    private static final EventName[] FIRST_UNFINISHED = {EventName.INTERRUPT, EventName.QUEUE,
        EventName.CALLBACK_BEGIN};
    private static final EventName[] CALLBACK = {EventName.QUEUE, EventName.CALLBACK_BEGIN, EventName.CALLBACK_END};
    private static final EventName[] UNFINISHED_CALLBACK = {EventName.QUEUE, EventName.CALLBACK_BEGIN};
    private static final EventName[] NOBODYS = {EventName.INTERRUPT, EventName.UNHANDLED};
    private static final EventName[] SLEEP = {EventName.HALT, EventName.WAKEUP};
    private static final EventName[][] SINGLE = new EventName[TraceEvent.values().length][];

    static {
        for (int flags = 0; flags < SENDS.length; flags++) {
            int all = 1 + Integer.bitCount(flags);
            SENDS[flags] = new EventName[all];
            int at = 0;
            SENDS[flags][at++] = EventName.SEND;
            if ((flags & RUNG) != 0) {
                SENDS[flags][at++] = EventName.DOORBELL;
            }
            if ((flags & ELIDED) != 0) {
                SENDS[flags][at++] = EventName.ELIDE;
            }
            if ((flags & WOKEN) != 0) {
                SENDS[flags][at] = EventName.WAKE;
            }
        }
        for (TraceEvent event : TraceEvent.values()) {
            SINGLE[event.ordinal()] = new EventName[] {single(event)};
        }
    }

    private final int cpu;
    private final int instance;
    private final long life;
    private final TraceEvent event;
    private final int flags;
    private final long time;
    private final long id;
    private final int type;
    private final int size;
    private final int arg0;
    private final int arg1;
    private final byte[] payload;
    private final EventName[] events;

    /* What a decoder has made of the payload. */
    private String decoded;

    /** The merge's: the next of its events, when that is due, and its place in what was read. */
    int stage;
    long due;
    long sequence;

    private TraceEntry(int cpu, int instance, long life, TraceEvent event, int flags, long time, long id, int type,
        int size, int arg0, int arg1, byte[] payload) {
        this.cpu = cpu;
        this.instance = instance;
        this.life = life;
        this.event = event;
        this.flags = flags;
        this.time = time;
        this.id = id;
        this.type = type;
        this.size = size;
        this.arg0 = arg0;
        this.arg1 = arg1;
        this.payload = payload;
        this.events = eventsOf(event, flags);
        this.due = timeOf(0);
    }

    /**
     * What a record says.
     *
     * @param cpu      physical CPU, or -1
     * @param instance that it was of, or -1
     * @param life     which of its lives
     */
    public static TraceEntry of(int cpu, int instance, long life, TraceRecord record) {
        return new TraceEntry(cpu, instance, life, record.event(), flagsOf(record), record.time(), record.id(),
            record.type(), record.size(), record.arg0(), record.arg1(),
            record.payloadLength() == 0 ? NOTHING : record.payload());
    }

    /** Bytes that are no record: shown where the record before them is. */
    static TraceEntry damaged(int cpu, int instance, long life, long time, int bytes) {
        return new TraceEntry(cpu, instance, life, TraceEvent.NONE, 0, time, bytes, 0, 0, 0, 0, NOTHING);
    }

    private static int flagsOf(TraceRecord record) {
        return (record.has(RUNG) ? RUNG : 0) | (record.has(ELIDED) ? ELIDED : 0) | (record.has(WOKEN) ? WOKEN : 0);
    }

    private static EventName single(TraceEvent event) {
        return switch (event) {
            case NONE -> EventName.DAMAGED;
            case INTERRUPT -> EventName.VECTOR;
            case CALLBACK -> EventName.CALLBACK_BEGIN;
            default -> EventName.valueOf(event.name());
        };
    }

    private static EventName[] eventsOf(TraceEvent event, int flags) {
        boolean unfinished = (flags & UNFINISHED) != 0;
        return switch (event) {
            case SEND -> SENDS[flags & (RUNG | ELIDED | WOKEN)];
            case CALLBACK -> (flags & FIRST) != 0 ? unfinished ? FIRST_UNFINISHED : FIRST_CALLBACK
                : unfinished ? UNFINISHED_CALLBACK : CALLBACK;
            case UNHANDLED -> NOBODYS;
            case HALT -> SLEEP;
            default -> SINGLE[event.ordinal()];
        };
    }

    /** How many events it stands for. */
    public int events() {
        return events.length;
    }

    /** One of them. */
    public EventName name(int index) {
        return events[index];
    }

    /** When that was, as the record has it, CLOCK_MONOTONIC in ns. */
    public long timeOf(int index) {
        return switch (events[index]) {
            case INTERRUPT -> time - waited();
            case QUEUE -> index == 0 ? time : time - waited();
            case CALLBACK_END -> time + (arg0 & U32);
            case WAKEUP -> time + id;
            default -> time;
        };
    }

    /** Whether it tells that a message reached its target: the one record of a message that does. */
    public boolean isDelivery() {
        return event == TraceEvent.UNHANDLED || event == TraceEvent.CALLBACK && has(FIRST);
    }

    /** Whether {@link #id} names a message. */
    public boolean isMessage() {
        return event == TraceEvent.SEND || event == TraceEvent.CALLBACK || event == TraceEvent.UNHANDLED
            || event == TraceEvent.COALESCED;
    }

    /** Whether {@link #id} names one message and no other: it has a number. */
    public boolean isNumbered() {
        return isMessage() && MessageId.number(id) != 0;
    }

    /** Whether {@link #type} and {@link #size} are those of a message. */
    public boolean hasType() {
        return isMessage() || event == TraceEvent.FULL || event == TraceEvent.REFUSED;
    }

    /** Physical CPU whose ring it was in, or -1. */
    public int cpu() {
        return cpu;
    }

    /** The instance it was of, or -1 for the machine. */
    public int instance() {
        return instance;
    }

    /** Which of its lives. */
    public long life() {
        return life;
    }

    /** What the record tells. */
    public TraceEvent event() {
        return event;
    }

    /** Whether the record has a flag. */
    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** The record's time, CLOCK_MONOTONIC in ns. */
    public long time() {
        return time;
    }

    /** The message, or what the event says. */
    public long id() {
        return id;
    }

    /** Of a GAP: how many records are missing. */
    public long missing() {
        return (arg0() & 0xffff_ffffL) + (arg1() & 0xffff_ffffL) + id;
    }

    /** Type of the message. */
    public int type() {
        return type;
    }

    /** Bytes of the message. */
    public int size() {
        return size;
    }

    /** As the event says. */
    public int arg0() {
        return arg0;
    }

    /** As the event says. */
    public int arg1() {
        return arg1;
    }

    /** Ns that a callback, a task or work took. */
    public long took() {
        return arg0 & U32;
    }

    /** Ns from the interrupt to the callback, or to the finding that there is none. */
    public long waited() {
        return arg1 & U32;
    }

    /** The payload; empty if the record has none. Not to be changed. */
    public byte[] payload() {
        return payload;
    }

    /** What the payload says, in words; null if nobody has said it. */
    public String decoded() {
        return decoded;
    }

    /** Says what the payload says. */
    public void decoded(String text) {
        decoded = text;
    }

    /** Bytes of memory it takes, about. */
    int bytes() {
        return OBJECT_BYTES + payload.length;
    }
}
