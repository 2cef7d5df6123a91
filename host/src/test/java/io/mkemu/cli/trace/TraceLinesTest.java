// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.cli.type.LineOutput;
import io.mkemu.journal.event.EventFilter;
import io.mkemu.journal.event.EventName;
import io.mkemu.journal.event.FakeJournal;
import io.mkemu.journal.event.FakeJournal.Records;
import io.mkemu.journal.event.TestNames;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.journal.event.TracePlayer;
import io.mkemu.trace.MessageId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TraceLinesTest {
    private static final long ID = MessageId.of(1, 2, 1, 17);
    private static final int RUNG = TraceRecordDescriptor.RUNG;

    private final TraceNames names = TestNames.demo();

    /** How lines are made. */
    @FunctionalInterface
    private interface Lines {
        TraceLines to(LineOutput out) throws IOException;
    }

    private List<String> print(FakeJournal journal, Lines lines) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LineOutput out = new LineOutput(new PrintStream(bytes, false, StandardCharsets.UTF_8));
        TracePrinter printer = new TracePrinter(new EventFilter(names), lines.to(out), out, () -> { });
        new TracePlayer(journal, names, entry -> true, printer, printer).play(false);
        printer.end();
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void anExportTellsHowMuchItHasRead() {
        assertEquals("34 % of the recording read, 120000 events written", ExportProgress.text(0.344, 120_000));
        assertEquals("1 event written", ExportProgress.text(-1, 1));
    }

    private List<String> text(FakeJournal journal) throws IOException {
        List<String> all = print(journal, out -> new TraceText(out, names, false));
        assertTrue(all.stream().limit(3).allMatch(line -> line.startsWith("#")), all::toString);
        assertTrue(all.getFirst().startsWith("# machine demo, "), all::getFirst);
        assertTrue(all.getLast().matches("# no gaps|# 1 gap: 6 records are missing"), all::getLast);
        return all.subList(3, all.size() - 1);
    }

    private List<JsonNode> json(FakeJournal journal) throws IOException {
        List<JsonNode> nodes = new ArrayList<>();
        for (String line : print(journal, out -> new TraceJson(out, names, false))) {
            nodes.add(new ObjectMapper().readTree(line));
        }
        return nodes;
    }

    private static FakeJournal message() {
        return new FakeJournal()
            .add(9000, 1, 1, new Records().add(TraceEvent.SEND, RUNG | TraceRecordDescriptor.WOKEN, 12_345_679_901L, ID,
                0x65, 2, 0, new byte[] {1, (byte) 0xab}))
            .add(9000, 2, 2, new Records().add(TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST
                | TraceRecordDescriptor.FAULT, 12_345_690_000L, ID, 0x65, 2, 500, 100));
    }

    @Test
    void aMessageAsTraceCmdPrintsIt() throws IOException {
        assertEquals(List.of(
            "      web-server  [001]    12.345678901: send: id=1.2.1.17 type=0x65 size=2 to=database data=01ab",
            "      web-server  [001]    12.345678901: doorbell: id=1.2.1.17 type=0x65 to=database to_cpu=2",
            "      web-server  [001]    12.345678901: wake: id=1.2.1.17 type=0x65 to=database to_cpu=2",
            "        database  [002]    12.345688900: interrupt: id=1.2.1.17 type=0x65 size=2 from=web-server",
            "        database  [002]    12.345688900: queue: id=1.2.1.17 type=0x65",
            "        database  [002]    12.345689000: callback_begin: id=1.2.1.17 type=0x65 size=2 from=web-server "
                + "after=100ns",
            "        database  [002]    12.345689500: callback_end: id=1.2.1.17 type=0x65 took=500ns threw"),
            text(message()));
    }

    @Test
    void aMessageForPrograms() throws IOException {
        List<JsonNode> lines = json(message());
        assertEquals(List.of("send", "doorbell", "wake", "interrupt", "queue", "callback_begin", "callback_end"),
            lines.stream().map(line -> line.get("event").textValue()).toList());
        JsonNode expected = new ObjectMapper().readTree("""
            {"time":12345679901,"seconds":12.345678901,"instance":1,"name":"web-server","cpu":1,"event":"send",
            "type":101,"id":"1.2.1.17","bytes":2,"to":2,"to_name":"database","payload":"01ab"}
            """);
        assertEquals(expected, lines.getFirst());
        expected = new ObjectMapper().readTree("""
            {"time":12345690000,"seconds":12.345689000,"instance":2,"name":"database","cpu":2,"event":"callback_begin",
            "type":101,"id":"1.2.1.17","bytes":2,"from":1,"from_name":"web-server","after":100}
            """);
        assertEquals(expected, lines.get(5));
        assertEquals(500, lines.get(6).get("took").intValue());
        assertTrue(lines.get(6).get("threw").booleanValue());
    }

    @Test
    void theLifeOfOneMessageHasDistances() throws IOException {
        List<String> text = print(message(), out -> new TraceText(out, names, true));
        assertEquals("      web-server  [001]    12.345678901:               send: id=1.2.1.17 type=0x65 size=2 "
            + "to=database data=01ab", text.get(3));
        assertEquals("        database  [002]    12.345688900:      +9999ns  interrupt: id=1.2.1.17 type=0x65 size=2 "
            + "from=web-server", text.get(6));
        List<String> json = print(message(), out -> new TraceJson(out, names, true));
        assertTrue(new ObjectMapper().readTree(json.getFirst()).get("delta").isNull());
        assertEquals(9999, new ObjectMapper().readTree(json.get(3)).get("delta").intValue());
    }

    private static FakeJournal everything() {
        Records cpu = new Records();
        long time = 2000;
        for (TraceEvent event : TraceEvent.values()) {
            if (event != TraceEvent.NONE && event.ordinal() < TraceEvent.STATE.ordinal()) {
                cpu.add(event, 0, time++, event == TraceEvent.HALT ? 50 : ID, 0x65, 8, 1, 1);
            }
        }
        cpu.add(TraceEvent.SEND, TraceRecordDescriptor.ELIDED, time++, ID + 1, 0x65, 8, 1, 1)
            .add(TraceEvent.SEND, RUNG | TraceRecordDescriptor.WOKEN, time++, ID + 2, 0x65, 8, 1, 1)
            .add(TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST, time++, ID, 0x65, 8, 1, 1)
            .add(TraceEvent.CALL, 0, time, ID, KernelCall.START_TASK.ordinal(), 0, 0,
                "bid".getBytes(StandardCharsets.UTF_8))
            .add(TraceEvent.GAP, 0, time++, 3, 0, 0, 1, 2).garbage(17);
        Records host = new Records()
            .add(TraceEvent.STATE, 0, time++, 0, 0, InstanceState.FAILED.ordinal(), InstanceState.ACTIVE.ordinal(),
                "killed by signal 9".getBytes(StandardCharsets.UTF_8))
            .add(TraceEvent.BOOT, 0, time++, 0, 0, 0, BootStep.PINNED.ordinal(), 0)
            .add(TraceEvent.LOG, 0, time++, 0, 4, 3, 0, "a line\u001b[2J".getBytes(StandardCharsets.UTF_8))
            .add(TraceEvent.TYPE_NAME, 0, time, 0, 0x4001, 0, 0, "rpc.request".getBytes(StandardCharsets.UTF_8))
            .add(TraceEvent.LIFE, 0, time++, 0, 0, 0, 0, """
                {"id":1,"name":"web-server","life":3,"cpus":[1,4],"modules":["echo"],"bootargs":"idle=poll a.b=1"}"""
                .getBytes(StandardCharsets.UTF_8));
        Records machine = new Records()
            .add(TraceEvent.MODE, 0, time++, 0, 0, 0, TraceMode.ALL.ordinal(), TraceMode.OFF.ordinal())
            .add(TraceEvent.MACHINE, 0, time++, 0, 0, 0, 0, """
                {"machine":"demo","ipi":"queued","createdNanos":1000,"createdUnixNanos":0}"""
                .getBytes(StandardCharsets.UTF_8)).add(TraceEvent.END, 0, time, 0, 0, 0, 0, 0);
        return new FakeJournal().add(9000, 1, 1, cpu).add(9000, -1, 1, host).add(9000, -1, -1, machine);
    }

    @Test
    void everyEventHasItsFieldsAsTheTableSays() throws IOException {
        Set<EventName> seen = EnumSet.noneOf(EventName.class);
        for (String line : text(everything())) {
            String[] parts = line.substring(line.indexOf(": ") + 2).split(": ?", 2);
            EventName name = EventName.of(parts[0]);
            Set<String> wanted = new HashSet<>(name.fields());
            wanted.removeAll(Set.of("text", "reason", "data"));
            for (String field : wanted) {
                assertTrue((" " + parts[1]).contains(" " + field + "="), () -> line + " has no " + field);
            }
            seen.add(name);
        }
        assertEquals(EnumSet.allOf(EventName.class), seen);
    }

    @Test
    void everyObjectHasTheSameFieldsFirst() throws IOException {
        for (JsonNode line : json(everything())) {
            List<String> keys = new ArrayList<>();
            line.fieldNames().forEachRemaining(keys::add);
            assertEquals(List.of("time", "seconds", "instance", "name", "cpu", "event", "type", "id", "bytes"),
                keys.subList(0, 9), line::toString);
            assertEquals(keys.size(), new HashSet<>(keys).size(), line::toString);
        }
    }

    @Test
    void whatTheHostSaw() throws IOException {
        List<String> lines = text(everything());
        for (String line : List.of("web-server  [---]     0.000001023: state: state=failed was=active "
            + "reason=\"killed by signal 9\"", "web-server  [---]     0.000001024: boot: step=pinned",
            "web-server  [---]     0.000001025: log: level=warn a line\\x1b[2J",
            "machine  [---]     0.000001027: mode: trace=all was=off",
            "gap: sends=1 deliveries=2 others=3", "damaged: unreadable=17")) {
            assertEquals(1, lines.stream().filter(any -> any.contains(line)).count(), () -> line + " in " + lines);
        }
    }

    /** What a decoder says ends where it ends, and is shown where a payload was recorded. */
    @Test
    void aPayloadInWordsTellsNoFieldsOfItsOwn() throws IOException {
        String says = "x\" type=9 \\\" <script>";
        List<String> text = decoded(says, out -> new TraceText(out, names, false));
        assertEquals(1, text.stream().filter(line -> line.contains(" send: ") && line.endsWith(
            " data=0102 decoded=\"x\\\" type=9 \\\\\\\" <script>\"")).count(), text::toString);
        assertEquals(1, text.stream().filter(line -> line.contains("decoded=")).count(), text::toString);
        for (Lines lines : List.<Lines>of(out -> new TraceJson(out, names, false),
            out -> new PerfettoJson(out, names))) {
            String json = String.join("\n", decoded(says, lines));
            List<String> told = new ArrayList<>();
            for (String line : json.startsWith("{\"displayTimeUnit") ? List.of(json) : json.lines().toList()) {
                told.addAll(new ObjectMapper().readTree(line).findValuesAsText("decoded"));
            }
            assertEquals(List.of(says), told, json);
        }
    }

    private List<String> decoded(String says, Lines lines) throws IOException {
        FakeJournal journal = new FakeJournal().add(9000, 1, 1, new Records()
            .add(TraceEvent.SEND, RUNG, 2000, ID, 0x65, 2, 0, new byte[] {1, 2})
            .add(TraceEvent.SEND, RUNG, 3000, ID + 1, 0x65, 8, 2, 0));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LineOutput out = new LineOutput(new PrintStream(bytes, false, StandardCharsets.UTF_8));
        TracePrinter printer = new TracePrinter(new EventFilter(names), lines.to(out), out, () -> { },
            entry -> entry.decoded(says));
        new TracePlayer(journal, names, entry -> true, printer, printer).play(false);
        printer.end();
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
