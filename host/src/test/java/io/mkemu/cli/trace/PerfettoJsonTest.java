// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.cli.type.LineOutput;
import io.mkemu.journal.SegmentSource;
import io.mkemu.journal.event.EventFilter;
import io.mkemu.journal.event.FakeJournal;
import io.mkemu.journal.event.FakeJournal.Records;
import io.mkemu.journal.event.TestNames;
import io.mkemu.journal.event.TestTraffic;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.journal.event.TracePlayer;
import io.mkemu.trace.MessageId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PerfettoJsonTest {
    private static final long ID = MessageId.of(1, 2, 1, 17);

    private static String export(SegmentSource journal) throws IOException {
        TraceNames names = TestNames.demo();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LineOutput unused = new LineOutput(new PrintStream(bytes, false, StandardCharsets.UTF_8));
        TracePrinter printer = new TracePrinter(new EventFilter(names), new PerfettoJson(bytes, names), unused,
            () -> { });
        new TracePlayer(journal, names, entry -> true, printer, printer).play(false);
        printer.end();
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static FakeJournal message() {
        return new FakeJournal()
            .add(9000, 1, 1, new Records().add(TraceEvent.SEND, TraceRecordDescriptor.RUNG, 2234, ID, 0x65, 8, 2, 0))
            .add(9000, 2, 2, new Records().add(TraceEvent.HALT, 0, 1500, 800, 0, 0, 0, 0)
                .add(TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST, 2400, ID, 0x65, 8, 500, 50)
                .add(TraceEvent.GAP, 0, 3000, 1, 0, 0, 2, 3))
            .add(9000, -1, 1, new Records().add(TraceEvent.LOG, 0, 2550, 0, 6, 2, 0, "hello".getBytes()));
    }

    @Test
    void aMessageIsAnArrowBetweenTwoSlices() throws IOException {
        String json = export(message());
        TraceEventFormat format = new TraceEventFormat(json);
        assertEquals(List.of(), format.faults());
        assertEquals(1, format.arrowCount());
        for (String name : List.of("send 0x65", "doorbell 0x65", "interrupt 0x65", "callback 0x65", "halt", "log",
            "gap")) {
            assertEquals(1, format.count(name), name);
        }
        JsonNode events = new ObjectMapper().readTree(json).get("traceEvents");
        boolean found = false;
        for (JsonNode event : events) {
            if (event.get("name").asText().equals("callback 0x65")) {
                found = true;
                assertEquals(1.4, event.get("ts").doubleValue());
                assertEquals(0.5, event.get("dur").doubleValue());
                assertEquals("1.2.1.17", event.at("/args/id").asText());
            }
        }
        assertTrue(found);
        assertTrue(json.contains("\"name\":\"web-server (1)\"") && json.contains("\"name\":\"CPU 2\""), json);
        assertEquals(6, new ObjectMapper().readTree(json).at("/otherData/missing_records").intValue());
    }

    @Test
    void typesAndTasksHaveTheirNames() throws IOException {
        TraceEventFormat format = new TraceEventFormat(export(message()
            .add(9000, -1, 2, new Records().add(TraceEvent.TYPE_NAME, 0, 1000, 0, 0x65, 0, 0, "rpc.request".getBytes()))
            .add(9000, 1, 1, new Records()
                .add(TraceEvent.CALL, 0, 1100, 3, KernelCall.START_TASK.ordinal(), 0, 0, "bid".getBytes())
                .add(TraceEvent.TASK, 0, 4000, 3, 0, 0, 10, 0).add(TraceEvent.TASK, 0, 5000, 4, 0, 0, 10, 0))));
        assertEquals(List.of(), format.faults());
        for (String name : List.of("send rpc.request", "doorbell rpc.request", "callback rpc.request", "task bid",
            "task")) {
            assertEquals(1, format.count(name), name);
        }
        assertEquals(0, format.count("send 0x65"));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void traffic(long seed) throws IOException {
        TestTraffic traffic = new TestTraffic(seed);
        TraceEventFormat format = new TraceEventFormat(export(traffic.journal()));
        assertEquals(List.of(), format.faults());
        assertEquals(traffic.sent(), format.count("send 0x65"));
        assertEquals(traffic.delivered(), format.arrowCount());
        assertTrue(traffic.delivered() > 100);
    }

    @Test
    void theCheckerSeesWhatIsWrong() throws IOException {
        String right = export(message());
        for (String[] change : List.of(new String[] {"\"ph\":\"f\"", "\"ph\":\"s\""},
            new String[] {"\"bp\":\"e\"", "\"bp\":\"x\""},
            new String[] {"\"dur\":0.500", "\"dur\":-0.5"}, new String[] {"\"s\":\"t\"", "\"s\":\"q\""},
            new String[] {"\"ph\":\"X\"", "\"ph\":\"B\""}, new String[] {"\"thread_name\"", "\"thread_title\""},
            new String[] {"\"ts\":1.400,\"dur\"", "\"ts\":1.700,\"dur\""},
            new String[] {"\"ts\":1.400,\"dur\":0.500", "\"ts\":1.100,\"dur\":0.500"},
            new String[] {"\"ts\":1.234,\"dur\":0.001", "\"ts\":1.334,\"dur\":0.001"})) {
            assertTrue(right.contains(change[0]), () -> change[0] + " in " + right);
            assertFalse(new TraceEventFormat(right.replace(change[0], change[1])).faults().isEmpty(), change[1]);
        }
    }

    @Test
    void aCallbackThatNeverEndedAndAnEmptyJournal() throws IOException {
        TraceEventFormat format = new TraceEventFormat(export(new FakeJournal().add(9000, 2, 2, new Records()
            .add(TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST | TraceRecordDescriptor.UNFINISHED, 2400, ID, 0x65, 8,
                0, 0))));
        assertEquals(List.of(), format.faults());
        assertEquals(1, format.count("callback 0x65"));
        assertEquals(0, format.arrowCount());
        assertEquals(List.of(), new TraceEventFormat(export(new FakeJournal())).faults());
    }
}
