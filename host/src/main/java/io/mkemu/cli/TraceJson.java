// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.mkemu.journal.EventFields;
import io.mkemu.journal.EventName;
import io.mkemu.journal.TraceEntry;
import io.mkemu.journal.TraceNames;
import io.mkemu.trace.MessageId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.HexFormat;

/** Events as one JSON object a line: the same fields in each, then those of the event. */
final class TraceJson implements TraceLines, EventFields.Visitor {
    private static final long U32 = 0xffff_ffffL;
    private static final int NANO_PLACES = 9;

    private final JsonGenerator json;
    private final TraceNames names;
    private final EventFields fields;

    TraceJson(LineOutput out, TraceNames names) throws IOException {
        this.json = new JsonFactory().createGenerator(out)
            .disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM).setRootValueSeparator(null);
        this.names = names;
        this.fields = new EventFields(names);
    }

    @Override
    public void begin() {
    }

    @Override
    public void event(EventName name, long time, TraceEntry entry) throws IOException {
        json.writeStartObject();
        json.writeNumberField("time", time);
        json.writeNumberField("seconds", BigDecimal.valueOf(time - names.createdNanos(), NANO_PLACES));
        numberOrNull("instance", entry.instance() >= 0, entry.instance());
        json.writeStringField("name", entry.instance() >= 0 ? names.name(entry.instance()) : null);
        numberOrNull("cpu", entry.cpu() >= 0, entry.cpu());
        json.writeStringField("event", name.label());
        numberOrNull("type", entry.hasType(), entry.type() & U32);
        json.writeStringField("id", entry.isMessage() ? MessageId.text(entry.id()) : null);
        numberOrNull("bytes", entry.hasType(), entry.size());
        try {
            fields.visit(name, time, entry, this);
        } catch (UncheckedIOException broken) {
            throw broken.getCause();
        }
        json.writeEndObject();
        json.writeRaw('\n');
        json.flush();
    }

    @Override
    public void end() {
    }

    private void numberOrNull(String key, boolean there, long value) throws IOException {
        if (there) {
            json.writeNumberField(key, value);
        } else {
            json.writeNullField(key);
        }
    }

    /** What can fail while a field is written. */
    @FunctionalInterface
    private interface Write {
        void run() throws IOException;
    }

    private static void write(Write field) {
        try {
            field.run();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    @Override
    public void number(String key, long value) {
        write(() -> json.writeNumberField(key, value));
    }

    @Override
    public void bits(String key, long value) {
        number(key, value);
    }

    @Override
    public void nanos(String key, long value) {
        number(key, value);
    }

    @Override
    public void text(String key, String value) {
        write(() -> json.writeStringField(key, value));
    }

    @Override
    public void instance(String key, int id) {
        write(() -> {
            numberOrNull(key, id >= 0, id);
            json.writeStringField(key + "_name", id >= 0 ? names.name(id) : null);
        });
    }

    @Override
    public void threw() {
        write(() -> json.writeBooleanField("threw", true));
    }

    @Override
    public void payload(byte[] bytes) {
        if (bytes.length > 0) {
            write(() -> json.writeStringField("payload", HexFormat.of().formatHex(bytes)));
        }
    }
}
