// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.bench.run.CCompiler;
import io.mkemu.bench.run.Contender;
import io.mkemu.bench.run.Effort;
import io.mkemu.os.Affinity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** scripts/bench, as built: that it works, not how fast. */
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class BenchIT {
    private static final Path ROOT = Path.of(System.getProperty("mkemu.home")).getParent().getParent();
    private static final String TRIP = "(\\d+ ns|[0-9.]+ [um]s)";

    private Path sandbox;
    private Path work;
    private Process process;

    @BeforeEach
    void makePlaces() throws IOException {
        /* Short: the path of a socket below it has at most 107 bytes. */
        sandbox = Files.createTempDirectory(Path.of("/dev/shm"), "mk-it-");
        work = Files.createTempDirectory("mk-it-");
    }

    @AfterEach
    void removePlaces() throws IOException, InterruptedException {
        if (process != null && process.isAlive()) {
            process.destroyForcibly().waitFor();
        }
        for (Path place : List.of(work, sandbox)) {
            try (var files = Files.walk(place)) {
                for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void start(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(ROOT.resolve("scripts/bench").toString()));
        command.addAll(List.of(args));
        command.addAll(List.of("--html", work.resolve("bench.html").toString()));
        ProcessBuilder builder = new ProcessBuilder(command).directory(work.toFile())
            .redirectOutput(work.resolve("out").toFile()).redirectError(work.resolve("err").toFile());
        builder.environment().put("MKEMU_NO_BUILD", "1");
        builder.environment().put("MKEMU_DIR", sandbox.toString());
        builder.environment().put("MKEMU_JAVA_HOME", System.getProperty("java.home"));
        process = builder.start();
    }

    private String ends(int code, String... args) throws IOException, InterruptedException {
        start(args);
        process.waitFor();
        String said = Files.readString(work.resolve("out")) + Files.readString(work.resolve("err"));
        assertEquals(code, process.exitValue(), said);
        assertNothingLeft();
        return said;
    }

    private void assertNothingLeft() throws IOException {
        try (var files = Files.list(sandbox)) {
            assertEquals(List.of(), files.toList());
        }
        assertEquals(List.of(), mentioning(sandbox));
    }

    /** Processes of a run. */
    private static List<String> mentioning(Path place) {
        return ProcessHandle.allProcesses().filter(one -> one.pid() != ProcessHandle.current().pid())
            .map(BenchIT::commandLine).filter(line -> line.contains(place.toString())).toList();
    }

    private static String commandLine(ProcessHandle one) {
        try {
            return Files.readString(Path.of("/proc/" + one.pid() + "/cmdline")).replace('\0', ' ');
        } catch (IOException ended) {
            return "";
        }
    }

    private static void has(String text, String pattern) {
        assertTrue(Pattern.compile(pattern, Pattern.MULTILINE).matcher(text).find(), pattern + "\n" + text);
    }

    @Test
    void everyContenderIsMeasured() throws Exception {
        boolean compiler = CCompiler.version() != null;
        Path json = work.resolve("bench.json");
        String said = ends(0, "--smoke", "--json", json.toString());
        List<Contender> all = Contender.all().stream()
            .filter(one -> compiler || !one.needsCompiler()).toList();
        Set<String> trips = new TreeSet<>();
        Set<String> rates = new TreeSet<>();
        for (JsonNode run : new ObjectMapper().readTree(json.toFile()).get("runs")) {
            JsonNode nanos = run.get("roundTripNanos");
            if (nanos != null) {
                trips.add(run.get("name").asText() + " " + run.get("bytes"));
                assertTrue(nanos.get("p50").asLong() > 0 && nanos.get("p50").asLong() <= nanos.get("p99").asLong()
                    && nanos.get("p99").asLong() <= nanos.get("p999").asLong(), run.toString());
            } else {
                rates.add(run.get("name").asText() + " " + run.get("senders"));
                assertTrue(run.get("messagesPerSecond").asLong() > 0, run.toString());
            }
        }
        for (Contender one : all) {
            for (int bytes : Effort.BYTES) {
                assertTrue(trips.contains(one.name() + " " + bytes), one + " " + bytes + " " + trips);
            }
            assertEquals(one.carriesMessages(), rates.contains(one.name() + " 2"), one + " " + rates);
        }
        for (String mode : List.of("off", "lifecycle", "ipi", "all")) {
            has(said, "^trace-" + mode + " +64 +" + TRIP);
        }
        for (String top : List.of("off", "on")) {
            has(said, "^top-" + top + " +64 +" + TRIP);
        }
        for (String way : List.of("memcpy", "cold", "kept", "sent", "whole")) {
            has(said, "^pages-" + way + " +1048576 +" + TRIP);
        }
        for (String crowd : List.of("crowd-0-of-130-cpus", "crowd-0", "crowd-128")) {
            has(said, "^" + crowd + " +64 +" + TRIP);
        }
        List<String> layers = new ObjectMapper().readTree(json.toFile()).get("budget").valueStream()
            .map(layer -> layer.get("layer").asText()).toList();
        assertEquals(List.of("slots", "lane", "receiver", "sender", "dispatch", "kernel", "cpu"),
            layers.subList(compiler ? 1 : 0, layers.size()), said);
        JsonNode boots = new ObjectMapper().readTree(json.toFile()).get("boot");
        assertEquals(2, boots.size(), said);
        for (JsonNode boot : boots) {
            JsonNode memory = boot.get("memoryKiB");
            assertTrue(boot.get("execToActiveMillis").get("p50").asDouble() > 0, boot.toString());
            assertEquals(memory.get("resident").asLong(), memory.get("anonymous").asLong()
                + memory.get("files").asLong() + memory.get("RAM").asLong(), boot.get("runs").asInt() * 2048,
                boot.toString());
        }
        JsonNode verbs = new ObjectMapper().readTree(json.toFile()).get("verbs");
        assertEquals(List.of("line", "list", "show", "dmesg", "exec", "kill"),
            verbs.valueStream().map(verb -> verb.get("name").asText()).toList(), said);
        for (JsonNode verb : verbs) {
            assertTrue(verb.get("ownMillis").asDouble() > 0 && verb.get("cpuMillis").asDouble() > 0, verb.toString());
            assertTrue(verb.get("ownMillis").asDouble() < verb.get("wallMillis").get("p50").asDouble()
                == verb.get("name").asText().equals("exec"), verb.toString());
        }
        JsonNode sweeps = new ObjectMapper().readTree(json.toFile()).get("simulate");
        assertEquals(Stream.of(1, Affinity.allowed().cardinality()).distinct().toList(),
            sweeps.valueStream().map(sweep -> sweep.get("threads").asInt()).toList(), said);
        for (JsonNode sweep : sweeps) {
            assertTrue(sweep.get("pointsPerSecond").asDouble() > sweep.get("runsPerSecond").asDouble()
                && sweep.get("runsPerSecond").asDouble() > 0 && sweep.get("bytesPerPoint").asDouble() > 0
                && sweep.get("timesOneThread").asDouble() > 0, sweep.toString());
        }
        has(said, "^agrona-1to1 +round trips +\\d+ +[0-9.]+ s +(yes|no) +" + TRIP + " +" + TRIP + "$");
        has(said, "^mkemu-queued-halt +[0-9.]+ %$");
        has(said, compiler ? "^c-mailbox-spin +64 +" + TRIP : "^note: there is no C compiler");
        assertTrue(Files.readString(work.resolve("bench.html")).contains("<svg"));
    }

    @Test
    void theMicroBenchmarksRunAndSendAndReceiveAllocateNothing() throws Exception {
        String said = ends(0, "--micro", "--smoke");
        for (String name : List.of("publish", "drain", "handlerLookup 1", "handlerLookup 1000", "poolAllocFree",
            "traceRecord")) {
            has(said, "^" + name + " +[0-9.]+ +[0-9.]+ +[0-9.]+$");
        }
        has(said, "^0 B/op on send, receive and trace record$");
    }

    @Test
    void aStoppedRunLeavesNothing() throws Exception {
        start("--only", "mkemu-queued-poll,agrona-1to1,trace,boot");
        awaitKernel();
        process.destroy();
        process.waitFor();
        assertEquals(143, process.exitValue());
        assertNothingLeft();
    }

    @Test
    void whatAKilledRunLeavesIsClearedByTheNext() throws Exception {
        start("--only", "mkemu-queued-poll,agrona-1to1");
        awaitKernel();
        process.destroyForcibly().waitFor();
        for (ProcessHandle one : ProcessHandle.allProcesses().filter(all -> commandLine(all)
            .contains(sandbox.toString())).toList()) {
            assertNotNull(one.onExit().get(1, TimeUnit.MINUTES), "ends with its run");
        }
        ends(0, "--smoke", "--only", "agrona-1to1");
    }

    /** An instance's process is there. */
    private void awaitKernel() {
        while (mentioning(sandbox).stream().noneMatch(line -> line.contains("InstanceMain"))) {
            assertTrue(process.isAlive(), "ended");
            Thread.onSpinWait();
        }
    }
}
