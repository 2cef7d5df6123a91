// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.Errno;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.WorkKind;
import io.mkemu.journal.JournalText;
import io.mkemu.log.LogLevel;
import io.mkemu.trace.MessageId;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** What an event says beyond who, when and which message: the same fields for people and for programs. */
public final class EventFields {
    private static final long U32 = 0xffff_ffffL;

    /** Takes fields, in order. */
    public interface Visitor {
        /** A number. */
        void number(String key, long value);

        /** A number that is read in hexadecimal: an address, a mask. */
        void bits(String key, long value);

        /** A time, in ns. */
        void nanos(String key, long value);

        /** A word, or a text. */
        void text(String key, String value);

        /** An instance. */
        void instance(String key, int id);

        /** Whether something threw. */
        void threw();

        /** What a record of the host tells, with keys of its own; a missing node if it is damaged. */
        void object(String key, JsonNode object);

        /** Bytes of a message or a page. */
        void payload(byte[] bytes);
    }

    private final TraceNames names;

    /** Fields, with the names that a journal has told. */
    public EventFields(TraceNames names) {
        this.names = names;
    }

    /** Tells the fields of an event, but for the id, the type and the size of its message. */
    public void visit(EventName name, long time, TraceEntry entry, Visitor to) {
        switch (name) {
            case SEND -> {
                to.instance("to", entry.arg0());
                payload(entry, to);
            }
            case DOORBELL, ELIDE, WAKE -> {
                to.instance("to", entry.arg0());
                to.number("to_cpu", MessageId.targetCpu(entry.id()));
            }
            case FULL, REFUSED -> {
                to.instance("to", entry.arg0());
                to.text("error", Errno.name(entry.arg1()));
                payload(entry, to);
            }
            case VECTOR -> to.bits("vectors", entry.id());
            case INTERRUPT, UNHANDLED -> from(entry, to);
            case CALLBACK_BEGIN -> {
                from(entry, to);
                to.nanos("after", entry.waited());
                payload(entry, to);
            }
            case CALLBACK_END -> took(entry, to);
            case TASK -> {
                to.number("task", entry.id());
                String task = names.task(entry);
                if (task != null) {
                    to.text("name", task);
                }
                took(entry, to);
                to.number("ended", entry.type());
            }
            case WORK -> {
                WorkKind kind = WorkKind.of(entry.type());
                to.text("work", kind == null ? Integer.toString(entry.type()) : lower(kind));
                to.number("number", entry.id());
                took(entry, to);
            }
            case ANOMALY -> to.number("from_cpu", entry.arg0());
            case HALT -> to.nanos("for", entry.id());
            case WAKEUP -> to.nanos("slept", entry.id());
            case PFN_SHARE, PFN_REVOKE -> {
                to.bits("pfn", entry.id());
                pages(entry, to);
                to.instance("to", entry.arg0());
                to.text("result", Errno.name(entry.arg1()));
            }
            case PFN_MAP -> {
                to.bits("pfn", entry.id());
                pages(entry, to);
                to.text("result", entry.arg0() == 1 ? "OK" : "refused");
            }
            case PFN_UNMAP -> {
                to.bits("pfn", entry.id());
                pages(entry, to);
            }
            case POOL_ALLOC, POOL_FREE -> {
                to.bits("address", entry.id());
                to.number("pages", entry.arg0() & U32);
                if (name == EventName.POOL_FREE) {
                    to.text("result", Errno.name(entry.arg1()));
                }
            }
            case CALL -> {
                to.text("call", lower(KernelCall.of(entry.type())));
                to.number("result", entry.id());
                to.number("arg0", entry.arg0());
                to.number("arg1", entry.arg1());
                if (KernelCall.of(entry.type()) == KernelCall.START_TASK) {
                    to.text("name", text(entry));
                } else {
                    to.payload(entry.payload());
                }
            }
            default -> host(name, entry, to);
        }
    }

    private void host(EventName name, TraceEntry entry, Visitor to) {
        switch (name) {
            case STATE -> {
                to.text("state", InstanceState.of(entry.arg0()).toString());
                to.text("was", InstanceState.of(entry.arg1()).toString());
                reason(entry, to);
            }
            case BOOT -> to.text("step", step(entry.arg0()));
            case LOG -> {
                to.text("level", LogLevel.of(entry.type()).label());
                to.text("text", text(entry));
            }
            case GAP -> {
                to.number("sends", entry.arg0() & U32);
                to.number("deliveries", entry.arg1() & U32);
                to.number("others", entry.id());
            }
            case MODE -> {
                to.text("trace", mode(entry.arg0()));
                to.text("was", mode(entry.arg1()));
            }
            case MACHINE, LIFE -> to.object("what", JournalText.object(entry.payload()));
            case TYPE_NAME -> {
                to.bits("type", entry.type() & U32);
                to.text("name", text(entry));
            }
            case DAMAGED -> to.number("unreadable", entry.id());
            default -> {
            }
        }
    }

    /** A single-slot mailbox tells the CPU too, so whoever owns it. */
    private void from(TraceEntry entry, Visitor to) {
        to.instance("from", names.ownerOf(MessageId.senderCpu(entry.id())));
    }

    private static void pages(TraceEntry entry, Visitor to) {
        to.number("pages", Math.max(1, entry.type() & U32));
    }

    private static void payload(TraceEntry entry, Visitor to) {
        to.payload(entry.payload());
        if (entry.decoded() != null) {
            to.text("decoded", entry.decoded());
        }
    }

    private static void took(TraceEntry entry, Visitor to) {
        to.nanos("took", entry.took());
        if (entry.has(TraceRecordDescriptor.FAULT)) {
            to.threw();
        }
    }

    private static void reason(TraceEntry entry, Visitor to) {
        if (entry.payload().length > 0) {
            to.text("reason", text(entry));
        }
    }

    private static String step(int ordinal) {
        BootStep[] steps = BootStep.values();
        return ordinal >= 0 && ordinal < steps.length ? lower(steps[ordinal]) : Integer.toString(ordinal);
    }

    /** What is recorded, by its number. */
    static String mode(int ordinal) {
        TraceMode[] modes = TraceMode.values();
        return ordinal >= 0 && ordinal < modes.length ? modes[ordinal].label() : Integer.toString(ordinal);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static String text(TraceEntry entry) {
        return new String(entry.payload(), StandardCharsets.UTF_8);
    }
}
