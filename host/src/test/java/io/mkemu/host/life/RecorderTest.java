// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.TraceRingDescriptor;
import io.mkemu.host.TestHost;
import io.mkemu.journal.JournalLimits;
import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.plan.JournalOptions;
import io.mkemu.table.TypeNames;
import io.mkemu.trace.TraceControl;
import io.mkemu.trace.TraceWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a host writes into its machine's journal. No kernel runs: the test is the CPUs. */
@Timeout(300)
class RecorderTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** web's first CPU. */
    private static final int CPU = 1;

    @TempDir
    private Path directory;

    private TestHost record(TraceMode mode) throws IOException {
        return TestHost.record(directory, mode);
    }

    private Recording read() throws IOException {
        Recording recording = Recording.read(directory);
        assertEquals(List.of(), recording.problems());
        return recording;
    }

    private static void send(TraceWriter writer, long id) {
        writer.record(TraceEvent.SEND, TraceRecordDescriptor.RUNG, System.nanoTime(), id, 7, 64, 2, 0);
    }

    private static TraceWriter cpu(TestHost box, int cpu) {
        return new TraceWriter(box.memory(), cpu);
    }

    @Test
    void aRecordingBeginsWithTheMachineAndEndsWithItsEnd() throws Exception {
        Instant before = Instant.now();
        long created;
        long epoch;
        try (TestHost box = record(TraceMode.IPI)) {
            created = box.memory().createdNanos();
            epoch = box.memory().epoch();
            Path recording = Path.of(Files.readString(box.machine().directory().journal()).strip());
            assertEquals(box.machine().recorder().recording(), recording);
            assertTrue(recording.startsWith(directory.toRealPath()), recording::toString);
            assertEquals(TraceMode.IPI, box.machine().recorder().mode());
        }
        Recording recording = read();
        assertTrue(recording.complete());
        assertEquals(TraceEvent.MACHINE, recording.records().getFirst().event());
        assertEquals(TraceEvent.END, recording.records().getLast().event());
        JsonNode machine = JSON.readTree(recording.one(TraceEvent.MACHINE).text());
        assertEquals("box", machine.required("machine").textValue());
        assertEquals("0x" + Long.toHexString(epoch), machine.required("epoch").textValue());
        assertEquals(created, machine.required("createdNanos").longValue());
        Instant wall = Instant.ofEpochSecond(0, machine.required("createdUnixNanos").longValue());
        assertTrue(wall.isAfter(before.minusSeconds(1)) && wall.isBefore(Instant.now().plusSeconds(1)), wall::toString);
        assertEquals(8, machine.required("nrCpus").intValue());
        assertEquals("queued", machine.required("ipi").textValue());
        Recording.Entry mode = recording.one(TraceEvent.MODE);
        assertEquals(List.of(TraceMode.IPI.ordinal(), TraceMode.OFF.ordinal()), List.of(mode.arg0(), mode.arg1()));
    }

    @Test
    void recordsBelongToTheLifeThatWroteThem() throws Exception {
        try (TestHost box = record(TraceMode.IPI)) {
            send(cpu(box, CPU), 100);
            FakeLife.begin(box, "web");
            TraceWriter first = cpu(box, CPU);
            IntStream.range(0, 3).forEach(id -> send(first, id));
            box.instance("web").end(false, "killed");
            FakeLife.begin(box, "web");
            TraceWriter second = cpu(box, CPU);
            IntStream.range(3, 5).forEach(id -> send(second, id));
            send(cpu(box, 2), 5);
            box.instance("web").end(true, "");
        }
        List<Recording.Entry> sends = read().all(TraceEvent.SEND);
        assertEquals(List.of(100L, 0L, 1L, 2L, 3L, 4L, 5L), sends.stream().map(Recording.Entry::id).toList());
        assertEquals(List.of(-1, 1, 1, 1, 1, 1, 1), sends.stream().map(Recording.Entry::instance).toList());
        assertEquals(List.of(0, 1, 1, 1, 2, 2, 2), sends.stream().map(Recording.Entry::life).toList());
        assertEquals(List.of(1, 1, 1, 1, 1, 1, 2), sends.stream().map(Recording.Entry::cpu).toList());
        assertEquals(List.of(0L, 1L, 2L, 3L, 4L, 5L, 0L), sends.stream().map(Recording.Entry::position).toList());
        assertEquals(7, sends.getFirst().type());
        assertEquals(TraceRecordDescriptor.RUNG, sends.getFirst().flags());
    }

    @Test
    void theNamesOfTypesAreALifesOwn() throws Exception {
        try (TestHost box = record(TraceMode.OFF)) {
            TypeNames names = box.machine().mapped().instances().entry(1).typeNames();
            FakeLife.begin(box, "web");
            assertEquals(0, names.name(0x77, "rpc.request"));
            box.machine().recorder().drain();
            assertEquals(0, names.name(0x78, "rpc.answer"));
            box.instance("web").end(false, "killed");
            FakeLife.begin(box, "web");
            assertEquals(List.of(), names.all());
            assertEquals(0, names.name(0x77, "bell"));
            box.instance("web").end(true, "");
        }
        assertEquals(List.of("1 1 77 rpc.request", "1 1 78 rpc.answer", "1 2 77 bell"),
            read().all(TraceEvent.TYPE_NAME).stream().map(entry -> entry.instance() + " " + entry.life() + " "
            + Integer.toHexString(entry.type()) + " " + entry.text()).toList());
    }

    @Test
    void whatARingDropsIsCountedWhereItIsMissing() throws Exception {
        int slots = TraceRingDescriptor.slots(8);
        long written = 0;
        try (TestHost box = record(TraceMode.IPI)) {
            FakeLife.begin(box, "web");
            TraceWriter writer = cpu(box, CPU);
            for (int burst = 0; burst < 4; burst++) {
                for (int index = 0; index < 3 * slots; index++) {
                    send(writer, written++);
                    writer.record(TraceEvent.UNHANDLED, 0, 1, written, 0, 0, 0, 0);
                    writer.record(TraceEvent.HALT, 0, 1, 1, 0, 0, 0, 0);
                }
                box.machine().recorder().mode(TraceMode.IPI);
            }
            box.instance("web").end(true, "");
        }
        Recording recording = read();
        long[] missing = new long[3];
        long[] there = new long[3];
        long next = 0;
        boolean gap = false;
        for (Recording.Entry entry : recording.all(entry -> entry.cpu() == CPU)) {
            switch (entry.event()) {
                case GAP -> {
                    missing[0] += Integer.toUnsignedLong(entry.arg0());
                    missing[1] += Integer.toUnsignedLong(entry.arg1());
                    missing[2] += entry.id();
                    gap = true;
                }
                case SEND -> {
                    there[0]++;
                    assertTrue(entry.id() >= next, "in order");
                    next = entry.id() + 1;
                }
                case UNHANDLED -> there[1]++;
                case HALT -> there[2]++;
                default -> throw new AssertionError(entry);
            }
        }
        for (int kind = 0; kind < 3; kind++) {
            assertEquals(written, there[kind] + missing[kind], "kind " + kind);
        }
        assertTrue(gap || there[0] == written);
    }

    @Test
    void aCallbackThatItsKernelDiedInIsUnfinished() throws Exception {
        try (TestHost box = record(TraceMode.IPI)) {
            FakeLife.begin(box, "web");
            TraceWriter writer = cpu(box, CPU);
            send(writer, 1);
            writer.callbackBegins(42, 12_345, 9, 17);
            box.instance("web").end(false, "killed by signal 9 (SIGKILL)");
            FakeLife.begin(box, "web");
            /* Its JVM does not get so far as to forget it. */
            box.instance("web").end(false, "killed again");
        }
        Recording.Entry callback = read().one(TraceEvent.CALLBACK);
        assertEquals(TraceRecordDescriptor.FIRST | TraceRecordDescriptor.UNFINISHED, callback.flags());
        assertEquals(List.of(42L, 12_345L, 1L), List.of(callback.id(), callback.time(), callback.position()));
        assertEquals(List.of(9, 17, CPU, 1, 1), List.of(callback.type(), callback.size(), callback.cpu(),
            callback.instance(), callback.life()));
    }

    @Test
    void livesStatesBootStepsAndLogsAreToldWithTheirTimes() throws Exception {
        long line;
        try (TestHost box = record(TraceMode.LIFECYCLE)) {
            FakeLife.begin(box, "web");
            box.entry(1).bootStep(BootStep.MAPPED, 1_000);
            box.entry(1).bootStep(BootStep.ACTIVE, 2_000);
            KernelLog log = new KernelLog(box.memory(), 1);
            line = System.nanoTime();
            log.append(LogLevel.NOTICE.ordinal(), CPU, "hello\nworld");
            box.instance("web").end(false, "killed by signal 9 (SIGKILL)");
        }
        Recording recording = read();
        Recording.Entry life = recording.one(TraceEvent.LIFE);
        assertEquals(List.of(1, 1), List.of(life.instance(), life.life()));
        JsonNode what = JSON.readTree(life.text());
        assertEquals("web", what.required("name").textValue());
        assertEquals("[1,2]", what.required("cpus").toString());
        assertEquals("[\"echo\"]", what.required("modules").toString());
        assertEquals("idle=halt echo.type=7", what.required("bootargs").textValue());
        assertTrue(what.required("cmdline").textValue().endsWith(" mk_life=1"));
        assertFalse(what.required("external").booleanValue());

        List<String> states = recording.all(entry -> entry.event() == TraceEvent.STATE && entry.instance() == 1)
            .stream().map(entry -> entry.life() + ":" + InstanceState.of(entry.arg1()) + ">"
            + InstanceState.of(entry.arg0()) + " " + entry.text()).toList();
        assertEquals(List.of("0:empty>ready ", "0:ready>loaded ", "1:loaded>active ",
            "1:active>failed killed by signal 9 (SIGKILL)"), states);
        assertEquals(List.of(2_000L), recording.all(entry -> entry.event() == TraceEvent.STATE
            && entry.arg0() == InstanceState.ACTIVE.ordinal()).stream().map(Recording.Entry::time).toList());
        assertEquals(List.of(1_000L, 2_000L), recording.all(TraceEvent.BOOT).stream().map(Recording.Entry::time)
            .toList());
        List<Recording.Entry> lines = recording.all(TraceEvent.LOG);
        assertEquals(List.of("hello", "world"), lines.stream().map(Recording.Entry::text).toList());
        for (Recording.Entry entry : lines) {
            assertEquals(List.of(LogLevel.NOTICE.ordinal(), CPU + 1, 1, 1), List.of(entry.type(), entry.arg0(),
                entry.instance(), entry.life()));
            assertTrue(entry.time() >= line && entry.time() <= System.nanoTime());
        }
    }

    @Test
    void linesThatALogLostAreCounted() throws Exception {
        int lines = 4 * KernelLogDescriptor.RECORDS_LENGTH / 64;
        try (TestHost box = record(TraceMode.LIFECYCLE)) {
            KernelLog log = new KernelLog(box.memory(), 1);
            for (int line = 0; line < lines; line++) {
                log.append(LogLevel.INFO.ordinal(), -1, "line " + line);
            }
        }
        Recording recording = read();
        long there = recording.all(TraceEvent.LOG).size();
        long missing = recording.all(TraceEvent.GAP).stream().mapToLong(Recording.Entry::id).sum();
        assertEquals(lines, there + missing);
        assertTrue(there > 0);
        assertEquals("line " + (lines - 1), recording.all(TraceEvent.LOG).getLast().text());
    }

    @Test
    void aModeRecordsWhatItSays() throws Exception {
        try (TestHost box = record(TraceMode.OFF)) {
            FakeLife.begin(box, "web");
            new KernelLog(box.memory(), 1).append(LogLevel.INFO.ordinal(), -1, "unheard");
            box.machine().recorder().mode(TraceMode.ALL);
            assertEquals(TraceMode.ALL, new TraceControl(box.memory()).mode());
            TraceWriter writer = cpu(box, CPU);
            writer.record(TraceEvent.SEND, 0, 1, 2, 3, 4, 5, new UnsafeBuffer(new byte[] {1, 2, 3}), 0, 3);
            new KernelLog(box.memory(), 1).append(LogLevel.INFO.ordinal(), -1, "heard");
            box.machine().recorder().mode(TraceMode.OFF);
            box.instance("web").end(true, "");
        }
        Recording recording = read();
        assertEquals(List.of(TraceEvent.MACHINE, TraceEvent.MODE, TraceEvent.LIFE, TraceEvent.MODE, TraceEvent.SEND,
            TraceEvent.LOG, TraceEvent.MODE, TraceEvent.END), recording.records().stream().map(Recording.Entry::event)
            .toList());
        assertEquals("heard", recording.one(TraceEvent.LOG).text());
        assertEquals(3, recording.one(TraceEvent.SEND).size());
    }

    @Test
    void cpusThatTraceAtOnceLoseNothingSilently() throws Exception {
        int each = 50_000;
        try (TestHost box = record(TraceMode.IPI)) {
            List<Thread> cpus = new ArrayList<>();
            for (int cpu : new int[] {1, 2, 3}) {
                TraceWriter writer = cpu(box, cpu);
                cpus.add(new Thread(() -> LongStream.range(0, each).forEach(id -> send(writer, id))));
            }
            cpus.forEach(Thread::start);
            for (Thread cpu : cpus) {
                cpu.join();
            }
        }
        Recording recording = read();
        for (int cpu : new int[] {1, 2, 3}) {
            long next = 0;
            long missing = 0;
            for (Recording.Entry entry : recording.all(entry -> entry.cpu() == cpu)) {
                if (entry.event() == TraceEvent.GAP) {
                    missing += entry.arg0();
                } else {
                    assertTrue(entry.id() >= next, "in order, each once");
                    next = entry.id() + 1;
                }
            }
            int there = recording.all(entry -> entry.cpu() == cpu && entry.event() == TraceEvent.SEND).size();
            assertEquals(each, there + missing, "CPU " + cpu);
        }
        long watermark = 0;
        for (Recording.Entry entry : recording.records()) {
            assertTrue(entry.watermark() >= watermark, "watermarks only grow");
            watermark = entry.watermark();
        }
    }

    /** What the kernels did before is passed over; the lives that there are then are told. */
    @Test
    void aMachineThatRunsGetsAJournalLater() throws Exception {
        try (TestHost box = TestHost.make()) {
            FakeLife.begin(box, "web");
            MachineException none = assertThrows(MachineException.class,
                () -> box.machine().recorder().mode(TraceMode.ALL));
            assertTrue(none.getMessage().endsWith("has no journal: mk trace set all --journal DIR adds one"),
                none::getMessage);
            new KernelLog(box.memory(), 1).append(LogLevel.INFO.ordinal(), -1, "before");
            JournalOptions options = new JournalOptions(directory, JournalLimits.DEFAULT, TraceMode.IPI);
            box.host().record(options);
            assertEquals(ExitCode.STATE, assertThrows(MachineException.class, () -> box.host().record(options))
                .exitCode());
            assertEquals(box.machine().recorder().recording() + "\n",
                Files.readString(box.machine().directory().journal()));
            TraceWriter writer = cpu(box, CPU);
            IntStream.range(0, 3).forEach(id -> send(writer, id));
            FakeLife.begin(box, "db");
            box.instance("web").end(false, "killed");
            box.instance("db").end(true, "");
        }
        Recording recording = read();
        assertTrue(recording.complete());
        assertEquals(List.of(0, 1, 2), recording.all(TraceEvent.LIFE).stream().map(Recording.Entry::instance).toList());
        assertEquals(List.of(0L, 1L, 2L), recording.all(TraceEvent.SEND).stream().map(Recording.Entry::id).toList());
        assertTrue(recording.all(TraceEvent.SEND).stream().allMatch(send -> send.instance() == 1 && send.life() == 1));
        assertEquals(List.of("killed"), recording.all(TraceEvent.STATE).stream().map(Recording.Entry::text)
            .filter(reason -> !reason.isEmpty()).toList());
        assertEquals(List.of(), recording.all(TraceEvent.LOG).stream().filter(line -> line.text().equals("before"))
            .toList());
    }
}
