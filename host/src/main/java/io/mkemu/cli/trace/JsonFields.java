// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.mkemu.journal.event.EventFields;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HexFormat;

/** Writes the fields of events into the JSON object that is open. */
final class JsonFields implements PerfettoTracks.Fields {
    private final JsonGenerator json;
    private final TraceNames names;
    private final EventFields fields;

    JsonFields(JsonGenerator json, TraceNames names) {
        this.json = json;
        this.names = names;
        this.fields = new EventFields(names);
    }

    /** Writes those of an event. */
    void write(EventName name, long time, TraceEntry entry) throws IOException {
        unwrapped(() -> fields.visit(name, time, entry, this));
    }

    /** Writes what the Perfetto UI is to show of an event: those, and what lines have in columns of their own. */
    void writeAll(EventName name, long time, TraceEntry entry) throws IOException {
        unwrapped(() -> PerfettoTracks.tell(name, entry, this));
        write(name, time, entry);
    }

    private static void unwrapped(Runnable visit) throws IOException {
        try {
            visit.run();
        } catch (UncheckedIOException broken) {
            throw broken.getCause();
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
            if (id >= 0) {
                json.writeNumberField(key, id);
                json.writeStringField(key + "_name", names.name(id));
            } else {
                json.writeNullField(key);
                json.writeNullField(key + "_name");
            }
        });
    }

    @Override
    public void object(String key, JsonNode object) {
        write(() -> {
            json.writeFieldName(key);
            Json.write(json, object.isObject() ? object : NullNode.getInstance());
        });
    }

    @Override
    public void flag(String key) {
        write(() -> json.writeBooleanField(key, true));
    }

    @Override
    public void payload(byte[] bytes) {
        if (bytes.length > 0) {
            write(() -> json.writeStringField("payload", HexFormat.of().formatHex(bytes)));
        }
    }
}
