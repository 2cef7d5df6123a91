// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import static io.mkemu.cli.trace.PerfettoTracks.process;
import static io.mkemu.cli.trace.PerfettoTracks.thread;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.SentMessages;
import io.mkemu.journal.event.TraceEntry;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.json.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;

/**
 * Events in the Trace Event Format, the JSON that the Perfetto UI and chrome://tracing open: a process for each
 * instance, a thread for each CPU and one for what the host saw of the instance; slices for callbacks, sleeps, tasks
 * and (1 ns long, since an arrow must begin in a slice) sends; an arrow from each send to its callback; instants for
 * the rest. Whether a doorbell was left out is told with its send, and that a handler was queued with its callback.
 */
final class PerfettoJson implements TraceLines {
    private static final int MICRO_PLACES = 3;
    private static final int MOST_FLYING = 1 << 18;

    /** Where an arrow begins. */
    private record Sent(int process, int thread, long time) {
    }

    private final JsonGenerator json;
    private final TraceNames names;
    private final JsonFields fields;
    private final Map<Long, String> named = new HashMap<>();
    private final SentMessages<Sent> flying = new SentMessages<>(MOST_FLYING);
    private long arrows;
    private long missing;

    PerfettoJson(OutputStream out, TraceNames names) throws IOException {
        this.json = Json.generator(out);
        this.names = names;
        this.fields = new JsonFields(json, names);
    }

    @Override
    public void begin() throws IOException {
        json.writeStartObject();
        json.writeStringField("displayTimeUnit", "ns");
        json.writeArrayFieldStart("traceEvents");
    }

    @Override
    public void end() throws IOException {
        json.writeEndArray();
        json.writeObjectFieldStart("otherData");
        json.writeStringField("machine", names.machine());
        json.writeNumberField("created_monotonic_ns", names.createdNanos());
        json.writeNumberField("missing_records", missing);
        json.writeEndObject();
        json.writeEndObject();
        json.close();
    }

    @Override
    public void event(EventName name, long time, TraceEntry entry) throws IOException {
        switch (name) {
            case QUEUE, ELIDE, CALLBACK_END, WAKEUP -> {
            }
            case SEND -> {
                slice(name, time, 1, entry);
                if (entry.isNumbered()) {
                    flying.put(entry.id(), new Sent(process(entry), thread(entry), time));
                }
            }
            case CALLBACK_BEGIN -> {
                slice(name, entry.time(), entry.took(), entry);
                arrow(entry);
            }
            case UNHANDLED -> {
                slice(name, entry.time(), 1, entry);
                arrow(entry);
            }
            case HALT -> slice(name, entry.time(), entry.id(), entry);
            case TASK, WORK -> slice(name, entry.time(), entry.took(), entry);
            case GAP -> {
                missing += entry.missing();
                instant(name, time, entry, "p");
            }
            default -> instant(name, time, entry, "t");
        }
    }

    private void arrow(TraceEntry delivery) throws IOException {
        Sent sent = delivery.isDelivery() ? flying.take(delivery.id()) : null;
        if (sent != null && sent.time <= delivery.time()) {
            arrows++;
            end("s", sent.process, sent.thread, sent.time);
            json.writeEndObject();
            end("f", process(delivery), thread(delivery), delivery.time());
            json.writeStringField("bp", "e");
            json.writeEndObject();
        }
    }

    private void end(String phase, int process, int thread, long time) throws IOException {
        open("ipi", phase, process, thread, time);
        json.writeStringField("cat", "ipi");
        json.writeNumberField("id", arrows);
    }

    private void slice(EventName name, long time, long nanos, TraceEntry entry) throws IOException {
        track(entry);
        open(PerfettoTracks.title(name, entry, names), "X", process(entry), thread(entry), time);
        json.writeNumberField("dur", micros(Math.max(1, nanos)));
        told(name, time, entry);
    }

    private void instant(EventName name, long time, TraceEntry entry, String scope) throws IOException {
        track(entry);
        open(PerfettoTracks.title(name, entry, names), "i", process(entry), thread(entry), time);
        json.writeStringField("s", scope);
        told(name, time, entry);
    }

    private void open(String title, String phase, int process, int thread, long time) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", title);
        json.writeStringField("ph", phase);
        json.writeNumberField("pid", process);
        json.writeNumberField("tid", thread);
        json.writeNumberField("ts", micros(time - names.createdNanos()));
    }

    private void told(EventName name, long time, TraceEntry entry) throws IOException {
        json.writeStringField("cat", PerfettoTracks.category(name, entry));
        json.writeObjectFieldStart("args");
        fields.writeAll(name, time, entry);
        json.writeEndObject();
        json.writeEndObject();
        json.writeRaw('\n');
    }

    private static BigDecimal micros(long nanos) {
        return BigDecimal.valueOf(nanos, MICRO_PLACES);
    }

    /** Names the process and the thread of an event, once, and again when the name has changed. */
    private void track(TraceEntry entry) throws IOException {
        String process = PerfettoTracks.processName(entry, names);
        String thread = PerfettoTracks.threadName(entry);
        if (!process.equals(named.put((long) process(entry), process))) {
            name("process_name", process(entry), 0, process);
            sort("process_sort_index", process(entry), 0, process(entry));
        }
        long key = (long) process(entry) << Integer.SIZE | thread(entry);
        if (!thread.equals(named.put(key, thread))) {
            name("thread_name", process(entry), thread(entry), thread);
            sort("thread_sort_index", process(entry), thread(entry), thread(entry));
        }
    }

    private void name(String what, int process, int thread, String name) throws IOException {
        metadata(what, process, thread);
        json.writeStringField("name", name);
        json.writeEndObject();
        json.writeEndObject();
    }

    private void sort(String what, int process, int thread, int index) throws IOException {
        metadata(what, process, thread);
        json.writeNumberField("sort_index", index);
        json.writeEndObject();
        json.writeEndObject();
    }

    private void metadata(String what, int process, int thread) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", what);
        json.writeStringField("ph", "M");
        json.writeNumberField("pid", process);
        json.writeNumberField("tid", thread);
        json.writeObjectFieldStart("args");
    }
}
