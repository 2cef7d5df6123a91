// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.cli.trace.PerfettoTrace;
import io.mkemu.cli.trace.TraceEventFormat;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** mk trace: a journal followed by another process, read when its machine is gone, counted and exported. */
@Timeout(180)
class TraceIT {
    private static final Pattern KERNEL =
        Pattern.compile("^ +\\d+  [\\w-]+ +active +\\d+ .* (\\d+) +(\\d+) +\\d+$");
    private static final Pattern EVENT =
        Pattern.compile("^ *([\\w-]+)  \\[(\\d{3}|---)\\] +(\\d+\\.\\d{9}): (\\w+):(?: .*)?$");

    private static final BigDecimal NANO = new BigDecimal("0.000000001");

    @RegisterExtension
    final Mk mk = new Mk();

    private final ObjectMapper mapper = new ObjectMapper();

    private Path journal() {
        return mk.work().resolve("journal");
    }

    private MkProcess demo(Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of("demo", "--messages", 2000, "--journal", journal()));
        args.addAll(List.of(more));
        return mk.start(args.toArray());
    }

    private MkProcess trace(Object... more) throws IOException, InterruptedException {
        return follow(more).ends(0);
    }

    private MkProcess follow(Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of("trace", "--journal", journal()));
        args.addAll(List.of(more));
        return mk.start(args.toArray());
    }

    private List<JsonNode> events(Object... more) throws Exception {
        List<JsonNode> events = new ArrayList<>();
        List<Object> args = new ArrayList<>(List.of("--json"));
        args.addAll(List.of(more));
        for (String line : trace(args.toArray()).out()) {
            events.add(mapper.readTree(line));
        }
        return events;
    }

    /** What the kernels have counted themselves, by the demo's report: messages sent and received. */
    private static long[] counted(MkProcess demo) {
        long sent = 0;
        long received = 0;
        for (String line : demo.out()) {
            Matcher kernel = KERNEL.matcher(line);
            if (kernel.matches()) {
                sent += Long.parseLong(kernel.group(1));
                received += Long.parseLong(kernel.group(2));
            }
        }
        assertTrue(sent > 0 && received > 0, demo::describe);
        return new long[] {sent, received};
    }

    private static long count(List<String> lines, String event) {
        return lines.stream().filter(line -> line.contains(": " + event + ": ")).count();
    }

    @Test
    void aDemoIsFollowedByAnotherProcessAndReadWhenItIsGone() throws Exception {
        MkProcess demo = demo("--instances", 3);
        while (demo.isAlive() && !(Files.exists(journal()) && hasRecording())) {
            Thread.onSpinWait();
        }
        MkProcess follower = follow("-f");
        demo.ends(0);
        follower.ends(0);
        assertEquals(List.of(), follower.err(), follower::describe);
        MkProcess all = trace();
        assertEquals("# no gaps", all.out().getLast(), () -> all.out().getLast());
        long[] counted = counted(demo);
        for (MkProcess one : List.of(follower, all)) {
            assertTrue(one.out().getFirst().startsWith("# machine demo, ipi=queued, trace=ipi"), one.out()::getFirst);
            assertEquals(counted[0], count(one.out(), "send"));
            assertEquals(counted[1], count(one.out(), "callback_begin"));
            assertEquals(1, one.out().stream().filter(line -> line.endsWith(": end:")).count());
        }
        assertEquals(withoutTimes(all), withoutTimes(follower));
        inOrder(all.out());
    }

    /** A reader that follows may have shown an interrupt before the send that moves it was there. */
    private static List<String> withoutTimes(MkProcess trace) {
        return trace.out().stream().filter(line -> !line.startsWith("#"))
            .map(line -> line.replaceFirst("\\] +[0-9.]+: ", "] ")).sorted().toList();
    }

    private boolean hasRecording() throws IOException {
        try (Stream<Path> all = Files.list(journal())) {
            return all.anyMatch(path -> Files.isDirectory(path.resolve("000000")));
        }
    }

    /** Times grow, and nothing is delivered before it was sent. */
    private static void inOrder(List<String> lines) {
        String before = "";
        Set<String> sent = new HashSet<>();
        Pattern id = Pattern.compile(" id=(\\d+\\.\\d+\\.\\d+\\.\\d+) ");
        for (String line : lines) {
            Matcher event = EVENT.matcher(line);
            if (line.startsWith("#")) {
                continue;
            }
            assertTrue(event.matches(), line);
            String time = "0".repeat(20 - event.group(3).length()) + event.group(3);
            assertTrue(time.compareTo(before) >= 0, line);
            before = time;
            Matcher message = id.matcher(line);
            if (message.find()) {
                if (event.group(4).equals("send")) {
                    assertTrue(sent.add(message.group(1)), line);
                }
                assertTrue(sent.contains(message.group(1)), line);
            }
        }
    }

    @Test
    void theSummarySaysWhatTheKernelsHaveCounted() throws Exception {
        MkProcess demo = demo().ends(0);
        long[] counted = counted(demo);
        JsonNode summary = mk.json("trace", "--summary", "--journal", journal());
        assertEquals(counted[0], summary.get("sent").longValue() + summary.at("/gaps/sends").longValue());
        assertEquals(counted[1], summary.get("delivered").longValue() + summary.at("/gaps/deliveries").longValue());
        assertEquals(0, summary.at("/gaps/records").longValue(), summary::toString);
        assertEquals(0, summary.get("undelivered").longValue() + summary.get("unsent").longValue());
        assertEquals(6, summary.get("pairs").size());
        for (JsonNode pair : summary.get("pairs")) {
            assertTrue(pair.get("sent").longValue() >= 2000, pair::toString);
            assertEquals(pair.get("sent"), pair.at("/send_to_callback/count"), pair::toString);
            for (String latency : List.of("send_to_interrupt", "interrupt_to_callback", "send_to_callback")) {
                JsonNode of = pair.get(latency);
                assertTrue(of.get("p50").longValue() <= of.get("p99").longValue()
                    && of.get("p99").longValue() <= of.get("max").longValue(), pair::toString);
            }
        }
        MkProcess text = trace("--summary");
        assertEquals(1, text.out("no gaps: every record is in the journal").size(), text::describe);
        assertEquals(2, text.out("^web-server .*/").size(), text::describe);
        JsonNode web = mk.json("trace", "--summary", "--instance", "web-server", "--journal", journal());
        assertEquals(4, web.get("pairs").size());
        filters(summary);
    }

    private void filters(JsonNode summary) throws Exception {
        long toDatabase = 0;
        for (JsonNode pair : summary.get("pairs")) {
            toDatabase += pair.get("to_name").textValue().equals("database") ? pair.get("delivered").longValue() : 0;
        }
        List<JsonNode> callbacks = events("--instance", "database", "--event", "callback_begin");
        assertEquals(toDatabase, callbacks.size());
        for (JsonNode event : callbacks) {
            assertEquals("database", event.get("name").textValue());
            assertEquals(2, event.get("cpu").intValue());
        }
        JsonNode one = callbacks.get(callbacks.size() / 2);
        List<JsonNode> ofType = events("--cpu", "2", "--type", one.get("type"), "--event", "callback_begin,send");
        assertTrue(ofType.contains(one));
        assertTrue(ofType.stream().allMatch(event -> event.get("type").equals(one.get("type"))
            && event.get("cpu").intValue() == 2));
        assertEquals(List.of(one), events("--since", one.get("seconds").asText(), "--until",
            one.get("seconds").decimalValue().add(NANO), "--event",
            "callback_begin", "--instance", "2"));
        life(one);
    }

    private void life(JsonNode callback) throws Exception {
        List<JsonNode> life = events("--follow-id", callback.get("id").textValue());
        assertTrue(String.join(" ", life.stream().map(event -> event.get("event").textValue()).toList())
            .matches("send (doorbell|doorbell wake|elide) interrupt queue callback_begin callback_end"),
            life::toString);
        assertEquals(callback.get("from"), life.getFirst().get("instance"));
        assertTrue(life.getFirst().get("delta").isNull());
        long time = life.getFirst().get("time").longValue();
        for (JsonNode event : life.subList(1, life.size())) {
            time += event.get("delta").longValue();
            assertTrue(event.get("delta").longValue() >= 0, event::toString);
            assertEquals(time, event.get("time").longValue());
        }
        assertTrue(life.stream().anyMatch(event -> event.get("event").equals(callback.get("event"))
            && event.get("time").equals(callback.get("time"))), life::toString);
    }

    @Test
    void theExportsAreInTheFormatsOfThePerfettoUi() throws Exception {
        demo().ends(0);
        JsonNode summary = mk.json("trace", "--summary", "--journal", journal());
        Path file = mk.work().resolve("trace.json");
        mk.start("trace", "export", file, "--journal", journal()).ends(0);
        TraceEventFormat format = new TraceEventFormat(Files.readString(file));
        assertEquals(List.of(), format.faults().stream().limit(5).toList());
        assertEquals(summary.get("delivered").longValue(), format.arrowCount());
        Path small = mk.work().resolve("trace.pftrace");
        mk.start("trace", "export", small, "--journal", journal()).ends(0);
        PerfettoTrace trace = new PerfettoTrace(Files.readAllBytes(small));
        assertEquals(List.of(), trace.faults().stream().limit(5).toList());
        assertEquals(summary.get("delivered").longValue(), trace.shown().arrowCount());
        assertEquals(List.of(), format.shown().differences(trace.shown()).stream().limit(5).toList());
        assertTrue(Files.size(small) * 5 < Files.size(file), () -> small + " is not small beside " + file);
        mk.start("trace", "export", file, "--journal", journal()).refuses(5, "trace.json is there already");
        MkProcess part = mk.start("trace", "export", "-", "--since", "-0.2s", "--journal", journal()).ends(0);
        TraceEventFormat window = new TraceEventFormat(String.join("\n", part.out()));
        assertEquals(List.of(), window.faults().stream().limit(5).toList());
        mk.start("trace", "export", "x", "--format", "xml", "--journal", journal()).refuses(2,
            "'xml': expected perfetto or json");
        assertTrue(window.events() > 0 && window.events() < format.events(), () -> window.events() + " events");
        try (Stream<Path> all = Files.list(mk.work())) {
            assertEquals(List.of("journal", "trace.json", "trace.pftrace"),
                all.map(path -> path.getFileName().toString()).sorted().toList());
        }
    }

    /** A large journal takes minutes. */
    @Test
    void anExportTellsATerminalHowFarItIsAndNobodyElse() throws Exception {
        demo().ends(0);
        Path file = mk.work().resolve("shown.pftrace");
        try (Pty pty = new Pty(mk, 120, 10, "trace", "export", file, "--since", "-3600s", "--journal", journal())) {
            assertEquals(0, pty.exitCode());
            assertTrue(Pattern.compile("\\rlooking for the end of the recording\\r\\d+ % of the recording read, \\d+ "
                + "events? written(?s:.*)\\r +\\rmk: \\S+shown.pftrace: .*; open it at ").matcher(pty.written())
                .find(), pty::written);
        }
        MkProcess silent = mk.start("trace", "export", mk.work().resolve("silent.pftrace"), "--journal", journal());
        assertEquals(1, silent.ends(0).err().size(), silent::describe);
        assertTrue(silent.err().getFirst().startsWith("mk: "), silent::describe);
    }

    @Test
    void theModeIsChangedWhileTheMachineRuns() throws Exception {
        mk.start("init", "--cpus", "0-1", "--memory", "32M", "--machine", "modes", "--journal", journal()).ends(0);
        try {
            MkProcess follower = mk.start("trace", "-f", "--event", "mode,life,state");
            follower.awaitOut(1, "mode: trace=ipi was=off");
            /* CPUs that sleep and wake give it something to write after the first line. */
            MkProcess head = mk.launch(List.of("bash", "-c", "\"$@\" | head -n 1", "pipe",
                Mk.root().resolve("scripts/mk").toString()), mk.work(), "trace", "-f");
            head.ends(0);
            assertEquals(1, head.out().size(), head::describe);
            assertEquals(List.of("trace: ipi -> all"), mk.start("trace", "set", "all").ends(0).out());
            assertEquals("off", mk.json("trace", "set", "off", "--machine", "modes").get("mode").textValue());
            follower.awaitOut(1, "machine  \\[---\\] .*: mode: trace=off was=all");
            MkProcess stopped = mk.start("trace", "-f");
            stopped.awaitOut(1, "mode: trace=off was=all");
            stopped.signal("INT");
            stopped.ends(130);
            mk.start("trace", "set", "loud").refuses(2, "trace=loud is not a trace mode; use trace=off");
            mk.start("shutdown").ends(0);
            follower.ends(0);
            assertEquals(List.of(), follower.err(), follower::describe);
        } finally {
            mk.start("shutdown", "--machine", "modes").end();
        }
    }
}
