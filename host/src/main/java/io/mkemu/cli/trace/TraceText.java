// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.cli.type.LineOutput;
import io.mkemu.host.decode.PayloadDecoders;
import io.mkemu.host.view.LogText;
import io.mkemu.journal.event.EventFields;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.trace.MessageId;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Events as lines the way trace-cmd and ftrace print them: who, on which CPU, when, what, and fields. */
final class TraceText implements TraceLines, EventFields.Visitor {
    private static final int NAME_WIDTH = 16;
    private static final int SECONDS_WIDTH = 5;
    private static final int PAYLOAD_SHOWN = 16;
    private static final int CPU_WIDTH = 3;
    private static final int DELTA_WIDTH = 12;
    private static final long U32 = 0xffff_ffffL;
    private static final long GIGA = 1_000_000_000L;

    private final LineOutput out;
    private final TraceNames names;
    private final EventFields fields;
    private final boolean deltas;
    private final StringBuilder line = new StringBuilder();
    private long gaps;
    private long missing;
    private boolean any;
    private long before;

    /**
     * Lines for people.
     *
     * @param deltas whether each tells its distance from the one before it
     */
    TraceText(LineOutput out, TraceNames names, boolean deltas) {
        this.deltas = deltas;
        this.out = out;
        this.names = names;
        this.fields = new EventFields(names);
    }

    @Override
    public void begin() {
        out.line("# " + header());
        out.line("#         KERNEL    CPU        TIME        EVENT");
        out.line("#            |       |          |            |");
    }

    /** What the trace is of. */
    private String header() {
        return names.isKnown() ? "machine " + names.machine() + ", ipi=" + names.mailbox() + ", trace=" + names.mode()
            + ", time in s since it was made"
            : "machine unknown: the beginning of the journal is gone; time in s of CLOCK_MONOTONIC";
    }

    @Override
    public void event(EventName name, long time, TraceEntry entry) {
        if (name == EventName.GAP) {
            gaps++;
            missing += entry.missing();
        }
        line.setLength(0);
        prefix(time, entry);
        if (deltas) {
            delta(time);
        }
        write(name, time, entry);
        out.line(line);
    }

    private void delta(long time) {
        String delta = any ? "+" + (time - before) + "ns" : "";
        pad(line, DELTA_WIDTH - delta.length());
        line.append(delta).append("  ");
        any = true;
        before = time;
    }

    private void write(EventName name, long time, TraceEntry entry) {
        line.append(name.label()).append(':');
        if (entry.isMessage()) {
            line.append(" id=");
            id(line, entry.id());
        }
        if (entry.hasType()) {
            line.append(" type=0x").append(Integer.toHexString(entry.type()));
            String type = names.type(entry);
            if (type != null) {
                line.append('(').append(type).append(')');
            }
            if (tellsSize(name)) {
                line.append(" size=").append(entry.size());
            }
        }
        fields.visit(name, time, entry, this);
    }

    private static boolean tellsSize(EventName name) {
        return name.fields().contains("size");
    }

    private void prefix(long time, TraceEntry entry) {
        String kernel = names.name(entry.instance());
        pad(line, NAME_WIDTH - kernel.length());
        line.append(kernel).append("  [");
        if (entry.cpu() < 0) {
            line.append("---");
        } else {
            number(line, entry.cpu(), CPU_WIDTH, '0');
        }
        line.append("] ");
        seconds(line, time - names.createdNanos());
        line.append(": ");
    }

    /** Seconds with all nine places, as {@code 12.345678901}. */
    static void seconds(StringBuilder line, long nanos) {
        if (nanos < 0) {
            line.append('-');
        }
        long abs = Math.abs(nanos);
        number(line, abs / GIGA, SECONDS_WIDTH, ' ');
        line.append('.');
        number(line, abs % GIGA, 9, '0');
    }

    private static void number(StringBuilder line, long value, int width, char fill) {
        int digits = 1;
        for (long rest = value / 10; rest > 0; rest /= 10) {
            digits++;
        }
        for (int pad = width - digits; pad > 0; pad--) {
            line.append(fill);
        }
        line.append(value);
    }

    private static void pad(StringBuilder line, int blanks) {
        for (int i = 0; i < blanks; i++) {
            line.append(' ');
        }
    }

    private static void id(StringBuilder line, long id) {
        line.append(MessageId.senderCpu(id)).append('.').append(MessageId.targetCpu(id)).append('.')
            .append(MessageId.life(id)).append('.').append(MessageId.number(id));
    }

    @Override
    public void end() {
        out.line(gaps == 0 ? "# no gaps" : "# " + gaps + (gaps == 1 ? " gap: " : " gaps: ") + missing
            + " records are missing");
    }

    private StringBuilder key(String key) {
        return line.append(' ').append(key).append('=');
    }

    @Override
    public void number(String key, long value) {
        key(key).append(value);
    }

    @Override
    public void bits(String key, long value) {
        key(key).append("0x").append(Long.toHexString(value));
    }

    @Override
    public void nanos(String key, long value) {
        key(key).append(value).append("ns");
    }

    @Override
    public void text(String key, String value) {
        if (key.equals("text")) {
            line.append(' ').append(LogText.printable(value));
        } else if (key.equals("decoded")) {
            key(key).append(PayloadDecoders.quoted(value));
        } else if (value.matches("[\\w.,+-]+")) {
            key(key).append(value);
        } else {
            key(key).append('"').append(LogText.printable(value)).append('"');
        }
    }

    @Override
    public void instance(String key, int id) {
        key(key).append(names.name(id));
    }

    @Override
    public void object(String key, JsonNode object) {
        object.properties().forEach(field -> text(field.getKey(), field.getValue().isArray()
            ? StreamSupport.stream(field.getValue().spliterator(), false).map(JsonNode::asText)
                .collect(Collectors.joining(",")) : field.getValue().asText()));
    }

    @Override
    public void threw() {
        line.append(" threw");
    }

    @Override
    public void payload(byte[] bytes) {
        if (bytes.length > 0) {
            int shown = Math.min(bytes.length, PAYLOAD_SHOWN);
            key("data").append(HexFormat.of().formatHex(bytes, 0, shown)).append(bytes.length > shown ? ".." : "");
        }
    }
}
