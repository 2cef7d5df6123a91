// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.cli.trace.PerfettoProto.DebugAnnotation;
import io.mkemu.cli.trace.PerfettoProto.TrackEvent;
import io.mkemu.cli.trace.PerfettoStrings.Table;
import io.mkemu.journal.event.EventFields;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/** Writes what events tell of themselves as the annotations of a Perfetto trace. */
final class PerfettoFields implements PerfettoTracks.Fields {
    /** Texts that differ from event to event: to number them would make them longer. */
    private static final Set<String> UNIQUE = Set.of("id", "text", "reason", "decoded");

    private final PerfettoStrings strings;
    private final TraceNames names;
    private final EventFields fields;
    private TrackEvent.Builder event;

    PerfettoFields(PerfettoStrings strings, TraceNames names) {
        this.strings = strings;
        this.names = names;
        this.fields = new EventFields(names);
    }

    /** Adds those of an event. */
    void add(EventName name, long time, TraceEntry entry, TrackEvent.Builder to) {
        event = to;
        PerfettoTracks.tell(name, entry, this);
        fields.visit(name, time, entry, this);
    }

    private DebugAnnotation.Builder annotation(String key) {
        return event.addDebugAnnotationsBuilder().setNameIid(strings.number(Table.KEY, key));
    }

    @Override
    public void number(String key, long value) {
        annotation(key).setIntValue(value);
    }

    @Override
    public void bits(String key, long value) {
        annotation(key).setPointerValue(value);
    }

    @Override
    public void nanos(String key, long value) {
        number(key, value);
    }

    @Override
    public void text(String key, String value) {
        if (UNIQUE.contains(key)) {
            annotation(key).setStringValue(value);
        } else {
            annotation(key).setStringValueIid(strings.number(Table.VALUE, value));
        }
    }

    /** The format has no null: nothing is told of none. */
    @Override
    public void instance(String key, int id) {
        if (id >= 0) {
            number(key, id);
            text(key + "_name", names.name(id));
        }
    }

    @Override
    public void object(String key, JsonNode object) {
        if (object.isObject()) {
            set(annotation(key), object);
        }
    }

    private void set(DebugAnnotation.Builder annotation, JsonNode value) {
        if (value.isObject()) {
            for (Map.Entry<String, JsonNode> entry : value.properties()) {
                if (!entry.getValue().isNull()) {
                    set(annotation.addDictEntriesBuilder().setNameIid(strings.number(Table.KEY, entry.getKey())),
                        entry.getValue());
                }
            }
        } else if (value.isArray()) {
            value.forEach(each -> set(annotation.addArrayValuesBuilder(), each));
        } else if (value.isBoolean()) {
            annotation.setBoolValue(value.booleanValue());
        } else if (value.isIntegralNumber() && value.canConvertToLong()) {
            annotation.setIntValue(value.longValue());
        } else if (value.isNumber()) {
            annotation.setDoubleValue(value.doubleValue());
        } else {
            annotation.setStringValue(value.asText());
        }
    }

    @Override
    public void flag(String key) {
        annotation(key).setBoolValue(true);
    }

    @Override
    public void payload(byte[] bytes) {
        if (bytes.length > 0) {
            annotation("payload").setStringValue(HexFormat.of().formatHex(bytes));
        }
    }
}
