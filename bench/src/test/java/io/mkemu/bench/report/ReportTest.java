// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.bench.run.Effort;
import io.mkemu.bench.run.OtherWork;
import io.mkemu.bench.run.SampleResults;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One run, told in text, JSON, Markdown and HTML. */
class ReportTest {
    private static final MachineInfo MACHINE = new MachineInfo("Some <Processor>", List.of(0, 1), "Linux 6 amd64",
        "VM 25", "cc 12", "2026-01-02T03:04:05", new OtherWork(0.01, 0.002));

    @TempDir
    private Path directory;

    private static Report report() throws IOException {
        return new Report(SampleResults.make(), MACHINE, Effort.QUICK, "scripts/bench --quick",
            List.of("cc -O2 x.c"), List.of("a note"));
    }

    private static String text() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        TextReport.print(report(), new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static void has(String text, String pattern) {
        assertTrue(Pattern.compile(pattern, Pattern.MULTILINE).matcher(text).find(), pattern + "\n" + text);
    }

    @Test
    void theTableHoldsEachAgainstTheYardstickOfItsSize() throws IOException {
        String text = text();
        has(text, "^cacheline-c +64 +60 ns .* 0\\.50 +1\\.00$");
        has(text, "^c-mailbox-spin +64 +120 ns .* 1\\.00 +2\\.00$");
        has(text, "^mkemu-queued-poll +64 +240 ns .* 2\\.00 +4\\.00$");
        has(text, "^mkemu-queued-poll +256 +300 ns .* - +-$");
        has(text, "^trace-ipi +64 +110 ns .* 1\\.10 +0\\.250$");
        has(text, "^top-on +64 +204 ns .* 1\\.02$");
        has(text, "^pages-sent +1048576 +45\\.\\d us .* 1\\.50$");
        has(text, "^mkemu-queued-poll +64 +2\\.00 M +500 k +-$");
        has(text, "^c-mailbox-spin +200 ns +-$");
        has(text, "^slots +220 ns +\\+20 ns$");
        has(text, "^cpu +280 ns +\\+60 ns$");
        has(text, "^unexplained +\\+0 ns$");
        has(text, "^crowd-128 +64 +230 ns .* 1\\.15$");
        has(text, "^8 +3 +200\\.0 ms +300\\.0 ms +2\\.0 ms");
        has(text, "^8 +2\\.0 MiB +2\\.0 MiB");
        has(text, "^exec +2 +400\\.0 ms +500\\.0 ms +100\\.0 ms +120\\.0 ms +3\\.00$");
        has(text, "^1 +3 +400 k +200 +100\\.0 % +100 +1\\.00$");
        has(text, "^2 +3 +800 k +400 +105\\.0 % +200 +1\\.90$");
        has(text, "2 senders\\*.*4 senders\\*");
        has(text, "oversubscribed: \\[2, 4\\] senders");
        has(text, "^mkemu-queued-halt +0\\.5 %$");
        has(text, "^agrona-1to1 +round trips +6 +1\\.50 s +yes +2000 ns +300 ns$");
        has(text, "^agrona-1to1 +2 senders +9 +3\\.00 s +no +- +-$");
        has(text, "^note: a note$");
    }

    @Test
    void theJsonIsAsTheIssueHasIt() throws IOException {
        Path file = directory.resolve("bench.json");
        JsonReport.write(report(), file);
        JsonNode root = new ObjectMapper().readTree(file.toFile());
        JsonNode first = root.get("runs").get(0);
        assertEquals(List.of("name", "bytes", "roundTripNanos"), first.propertyStream()
            .map(property -> property.getKey()).toList());
        assertEquals("cacheline-c", first.get("name").asText());
        assertEquals(List.of("p50", "p99", "p999", "max"), first.get("roundTripNanos").propertyStream()
            .map(property -> property.getKey()).toList());
        assertEquals(60, first.get("roundTripNanos").get("p50").asLong());
        JsonNode last = root.get("runs").get(root.get("runs").size() - 1);
        assertEquals("{\"name\":\"mkemu-queued-poll\",\"bytes\":64,\"senders\":2,\"messagesPerSecond\":500000}",
            last.toString());
        JsonNode boot = root.get("boot").get(0);
        assertEquals("8 3 200.0 300.0", boot.get("instances") + " " + boot.get("runs") + " "
            + boot.get("execToActiveMillis").get("p50") + " " + boot.get("execToActiveMillis").get("max"));
        assertEquals(2.048, boot.get("stepMillis").get("jvm").asDouble());
        assertEquals(2048, boot.get("memoryKiB").get("resident").asLong());
        assertEquals("{\"name\":\"exec\",\"runs\":2,\"cpuMillis\":100.0,\"ownMillis\":120.0,\"wallMillis\":{\"p50\":"
            + "400.0,\"max\":500.0}}", root.get("verbs").get(1).toString());
        assertEquals("{\"threads\":2,\"rounds\":3,\"pointsPerSecond\":800000,\"runsPerSecond\":400.0,\"spread\":1.05,"
            + "\"bytesPerPoint\":200.0,\"timesOneThread\":1.9}", root.get("simulate").get(1).toString());
        assertEquals("{\"name\":\"agrona-1to1\",\"what\":\"2 senders\",\"windows\":9,\"millis\":3000,\"stable\":false}",
            root.get("warmUp").get(1).toString());
        assertEquals("{\"layer\":\"cpu\",\"p50\":280.0,\"adds\":60.0}", root.get("budget").get(2).toString());
        assertEquals(0.01, root.get("machine").get("othersCpus").asDouble());
        assertEquals("[\"x: y\"]", root.get("failed").toString());
    }

    @Test
    void markdownReplacesOnlyWhatLiesBetweenTheMarks() throws IOException {
        Path page = directory.resolve("page.md");
        Files.writeString(page, "before\n" + MarkdownReport.BEGIN + "\nstale\n" + MarkdownReport.END + "\nafter\n");
        MarkdownReport.write(report(), page);
        MarkdownReport.write(report(), page);
        String text = Files.readString(page);
        assertTrue(text.startsWith("before\n" + MarkdownReport.BEGIN + "\n\n    scripts/bench --quick\n"), text);
        assertTrue(text.endsWith(MarkdownReport.END + "\nafter\n"), text);
        assertFalse(text.contains("stale"), text);
        has(text, "^\\| mkemu-queued-poll \\| 64 \\| 240 ns \\|");
        has(text, "^\\| name \\| bytes \\| 1 sender \\| 2 senders\\\\\\*");
    }

    @Test
    void markdownDoesNotOverwriteAPageWithoutMarks() throws IOException {
        Path page = directory.resolve("page.md");
        Files.writeString(page, "precious\n");
        assertThrows(IOException.class, () -> MarkdownReport.write(report(), page));
        assertEquals("precious\n", Files.readString(page));
    }

    @Test
    void thePageNeedsNothingElseAndIsWellFormed() throws Exception {
        String page = HtmlReport.page(report());
        assertFalse(Pattern.compile("https?:|src=|href=|url\\(|@import|<script").matcher(page).find(), page);
        String body = page.substring(page.indexOf("<body>"), page.indexOf("</html>"))
            .replace("<br>", "<br/>");
        var document = DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
        assertEquals(3, document.getElementsByTagName("svg").getLength());
        assertEquals(13, document.getElementsByTagName("table").getLength());
        has(page, "Some &lt;Processor&gt;");
        has(page, "scripts/bench --quick\ncc -O2 x.c");
    }
}
