// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mkemu.cli.type.LineOutput;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.json.Json;
import io.mkemu.trace.MessageId;
import java.io.IOException;
import java.math.BigDecimal;

/** Events as one JSON object a line: the same fields in each, then those of the event. */
final class TraceJson implements TraceLines {
    private static final long U32 = 0xffff_ffffL;
    private static final int NANO_PLACES = 9;

    private final JsonGenerator json;
    private final TraceNames names;
    private final JsonFields fields;
    private final boolean deltas;
    private boolean any;
    private long before;

    /**
     * Lines for programs.
     *
     * @param deltas whether each tells its distance from the one before it
     */
    TraceJson(LineOutput out, TraceNames names, boolean deltas) throws IOException {
        this.deltas = deltas;
        this.json = Json.generator(out)
            .disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM).setRootValueSeparator(null);
        this.names = names;
        this.fields = new JsonFields(json, names);
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
        if (deltas) {
            numberOrNull("delta", any, time - before);
            any = true;
            before = time;
        }
        String type = names.type(entry);
        if (type != null) {
            json.writeStringField("typeName", type);
        }
        fields.write(name, time, entry);
        json.writeEndObject();
        json.writeRaw('\n');
        json.flush();
    }

    private void numberOrNull(String key, boolean there, long value) throws IOException {
        if (there) {
            json.writeNumberField(key, value);
        } else {
            json.writeNullField(key);
        }
    }
}
