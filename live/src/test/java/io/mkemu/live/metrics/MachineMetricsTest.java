// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.host.view.MachineSummary;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MachineMetricsTest {
    private static final long EPOCH = 1_700_000_010_000_000_000L;
    private static final Pattern SAMPLE =
        Pattern.compile("(mkemu_[a-z_]+)(?:\\{((?:[a-z_]+=\"(?:[^\"\\\\]|\\\\.)*\",?)+)})? (-?[0-9.E]+)");

    private static MetricSnapshots metrics() {
        return MachineMetrics.of(TestSnapshots.running(), EPOCH);
    }

    private static List<String> lines(MetricsText text) {
        return new String(text.bytes(), StandardCharsets.UTF_8).lines().toList();
    }

    private static List<String> openMetrics() throws IOException {
        return lines(MetricsText.openMetrics(metrics()));
    }

    private static void assertHas(List<String> lines, String line) {
        assertTrue(lines.contains(line), () -> line + " is not in\n" + String.join("\n", lines));
    }

    @Test
    void kernelsOfOneNameAreToldApart() throws IOException {
        List<String> lines = lines(MetricsText.openMetrics(MachineMetrics.of(TestSnapshots.ofOneName(), EPOCH)));
        assertHas(lines, "mkemu_kernel_life{kernel=\"host#0\",machine=\"m\"} 3.0");
        assertHas(lines, "mkemu_kernel_life{kernel=\"host#1\",machine=\"m\"} 3.0");
    }

    @Test
    void tellsWhatTheSnapshotTells() throws IOException {
        List<String> lines = openMetrics();
        for (String line : List.of(
            "mkemu_up{machine=\"m\"} 1.0",
            "mkemu_machine_info{ipi=\"queued\",machine=\"m\"} 1",
            "mkemu_machine_start_time_seconds{machine=\"m\"} 1.70000006E9",
            "mkemu_machine_memory_bytes{machine=\"m\"} 8.589934592E9",
            "mkemu_machine_problems{machine=\"m\"} 1.0",
            "mkemu_kernel_state{kernel=\"host\",machine=\"m\",mkemu_kernel_state=\"active\"} 1",
            "mkemu_kernel_state{kernel=\"a \\\"b\\\"\",machine=\"m\",mkemu_kernel_state=\"failed\"} 1",
            "mkemu_kernel_state{kernel=\"a \\\"b\\\"\",machine=\"m\",mkemu_kernel_state=\"active\"} 0",
            "mkemu_kernel_life{kernel=\"host\",machine=\"m\"} 3.0",
            "mkemu_kernel_memory_bytes{kernel=\"host\",machine=\"m\"} 8192.0",
            "mkemu_kernel_memory_free_bytes{kernel=\"host\",machine=\"m\"} 4096.0",
            "mkemu_kernel_tasks_failed_total{kernel=\"host\",machine=\"m\"} 1.0",
            "mkemu_kernel_tasks_failed_created{kernel=\"host\",machine=\"m\"} 1700000090.000",
            "mkemu_cpu_online_seconds_total{cpu=\"0\",kernel=\"host\",machine=\"m\"} 10.0",
            "mkemu_cpu_halted_seconds_total{cpu=\"0\",kernel=\"host\",machine=\"m\"} 5.0",
            "mkemu_cpu_polling_seconds_total{cpu=\"0\",kernel=\"host\",machine=\"m\"} 2.5",
            "mkemu_cpu_state{cpu=\"3\",kernel=\"a \\\"b\\\"\",machine=\"m\",mkemu_cpu_state=\"offline\"} 1",
            "mkemu_cpu_messages_sent_total{cpu=\"0\",kernel=\"host\",machine=\"m\"} 100.0",
            "mkemu_cpu_halts_total{cpu=\"3\",kernel=\"a \\\"b\\\"\",machine=\"m\"} 412.0",
            "mkemu_lane_messages_delivered_total{from=\"0\",machine=\"m\",to=\"3\"} 1.099511627776E12",
            "mkemu_lane_messages_waiting{from=\"0\",machine=\"m\",to=\"3\"} 4.0",
            "mkemu_lane_slots{machine=\"m\"} 16.0",
            "mkemu_shared_pages{from=\"a \\\"b\\\"\",machine=\"m\",to=\"host\"} 7.0",
            "mkemu_shared_pages_mapped{from=\"a \\\"b\\\"\",machine=\"m\",to=\"host\"} 2.0",
            "mkemu_trace_mode{machine=\"m\",mkemu_trace_mode=\"ipi\"} 1",
            "mkemu_trace_slots_total{machine=\"m\"} 8.0",
            "mkemu_trace_records_lost_total{machine=\"m\"} 9.0")) {
            assertHas(lines, line);
        }
        assertEquals("# EOF", lines.getLast());
    }

    /** A counter that is new is told, and none twice. */
    @Test
    void eachCounterOfACpuHasAMetric() throws IOException {
        Set<String> values = new HashSet<>();
        openMetrics().stream().filter(line -> line.matches("mkemu_cpu_[a-z_]+_total\\{cpu=\"0\".*"))
            .forEach(line -> values.add(line.substring(line.lastIndexOf(' ') + 1)));
        for (Counter counter : Counter.values()) {
            assertTrue(values.contains((100 + counter.ordinal()) + ".0"), () -> counter + " in " + values);
        }
    }

    @Test
    void everyLineIsASampleOrTellsOfOne() throws IOException {
        Set<String> told = new HashSet<>();
        for (String line : openMetrics()) {
            if (line.startsWith("# HELP ") || line.startsWith("# TYPE ")) {
                told.add(line.split(" ")[2]);
            } else if (!line.startsWith("#")) {
                assertTrue(SAMPLE.matcher(line).matches(), line);
                assertTrue(told.contains(line.replaceFirst("(_total|_created|_info)?[{ ].*", "")), line);
            }
        }
        assertTrue(told.size() > 30, told::toString);
    }

    @Test
    void ofAMachineThatDoesNotRunThereIsThat() throws IOException {
        List<String> dead = lines(MetricsText.openMetrics(MachineMetrics.of(TestSnapshots.of(MachineSummary.DEAD),
            EPOCH)));
        assertEquals(dead, lines(MetricsText.openMetrics(MachineMetrics.down("m"))));
        assertHas(dead, "mkemu_up{machine=\"m\"} 0.0");
        assertEquals(1, dead.stream().filter(line -> !line.startsWith("#")).count());
    }

    @Test
    void theFormatIsWhatTheClientAccepts() throws IOException {
        MetricsText open = MetricsText.accepted("application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
            metrics());
        assertTrue(open.contentType().startsWith("application/openmetrics-text"), open.contentType());
        assertHas(lines(open), "# EOF");
        for (String accept : new String[] {"text/plain", "*/*", null}) {
            MetricsText plain = MetricsText.accepted(accept, metrics());
            assertTrue(plain.contentType().startsWith("text/plain"), plain.contentType());
            assertHas(lines(plain), "# TYPE mkemu_cpu_interrupts_total counter");
            assertHas(lines(plain), "# TYPE mkemu_kernel_state gauge");
        }
    }

    /** A dashboard whose queries find nothing shows nothing, and says nothing. */
    @Test
    void theDashboardAsksForWhatIsThere() throws IOException {
        Set<String> there = new HashSet<>();
        for (String line : openMetrics()) {
            if (!line.startsWith("#")) {
                there.add(line.replaceFirst("[{ ].*", ""));
            }
        }
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(root.resolve("deploy"))) {
            root = root.getParent();
        }
        String dashboard = Files.readString(root.resolve("deploy/grafana/mkemu.json"));
        Set<String> asked = Pattern.compile("\"(?:expr|query)\": \"((?:[^\"\\\\]|\\\\.)*)\"").matcher(dashboard)
            .results().map(MatchResult::group).flatMap(query -> Pattern.compile("mkemu_[a-z_]+(?!\\w*=)")
                .matcher(query).results().map(MatchResult::group)).collect(Collectors.toCollection(TreeSet::new));
        assertTrue(asked.size() > 10, asked::toString);
        asked.removeAll(there);
        assertEquals(Set.of(), asked);
        assertFalse(there.contains("mkemu_nothing"));
    }
}
