// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PerfettoProtobufTest {
    private static final long ID = MessageId.of(1, 2, 1, 17);
    private static final int FIRST = TraceRecordDescriptor.FIRST;

    /** Makes a writer of a format. */
    private interface Format {
        TraceLines to(OutputStream out, TraceNames names) throws IOException;
    }

    private static byte[] export(SegmentSource journal, Format format) throws IOException {
        TraceNames names = TestNames.demo();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LineOutput unused = new LineOutput(new PrintStream(OutputStream.nullOutputStream(), false,
            StandardCharsets.UTF_8));
        TracePrinter printer = new TracePrinter(new EventFilter(names), format.to(bytes, names), unused, () -> { });
        new TracePlayer(journal, names, entry -> true, printer, printer).play(false);
        printer.end();
        return bytes.toByteArray();
    }

    private static ShownTrace perfetto(SegmentSource journal) throws IOException {
        PerfettoTrace trace = new PerfettoTrace(export(journal, PerfettoProtobuf::new));
        assertEquals(List.of(), trace.faults());
        return trace.shown();
    }

    private static ShownTrace json(SegmentSource journal) throws IOException {
        TraceEventFormat format = new TraceEventFormat(new String(export(journal, PerfettoJson::new),
            StandardCharsets.UTF_8));
        assertEquals(List.of(), format.faults());
        return format.shown();
    }

    private static FakeJournal message() {
        return new FakeJournal()
            .add(9000, 1, 1, new Records().add(TraceEvent.SEND, TraceRecordDescriptor.WOKEN, 2234, ID, 0x65, 8, 2, 0))
            .add(9000, 2, 2, new Records().add(TraceEvent.HALT, 0, 1500, 800, 0, 0, 0, 0)
                .add(TraceEvent.CALLBACK, FIRST | TraceRecordDescriptor.FAULT, 2400, ID, 0x65, 8, 500, 50)
                .add(TraceEvent.POOL_ALLOC, 0, 2950, 0x1234000, 0, 0, 3, 0)
                .add(TraceEvent.CALLBACK, FIRST | TraceRecordDescriptor.UNFINISHED, 3000, ID + 1, 0x65, 8, 0, 0)
                .add(TraceEvent.GAP, 0, 4000, 1, 0, 0, 2, 3))
            .add(9000, -1, 1, new Records().add(TraceEvent.LOG, 0, 2550, 0, 6, 2, 0, "hello".getBytes()))
            .add(9000, -1, -1, new Records().add(TraceEvent.LIFE, 0, 2600, 0, 0, 0, 0,
                "{\"id\":1,\"name\":\"web\",\"cpus\":[1,3],\"host\":false,\"reason\":null}".getBytes()));
    }

    @Test
    void itShowsWhatTheJsonShows() throws IOException {
        List<String> lines = perfetto(message()).lines();
        assertEquals(List.of(), json(message()).differences(perfetto(message())));
        for (String line : List.of(
            "arrow web-server (1) #2 / CPU 1 #2 1234 -> database (2) #3 / CPU 2 #3 1400",
            "database (2) #3 / CPU 2 #3: 500 +800 depth 0 halt (halt) {args.for=800}",
            "database (2) #3: 3000 gap (gap) {args.deliveries=3, args.others=1, args.sends=2}")) {
            assertTrue(lines.contains(line), () -> line + " in " + String.join("\n", lines));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void traffic(long seed) throws IOException {
        TestTraffic traffic = new TestTraffic(seed);
        ShownTrace shown = perfetto(traffic.journal());
        assertEquals(List.of(), json(new TestTraffic(seed).journal()).differences(shown));
        assertEquals(traffic.delivered(), shown.arrowCount());
        assertTrue(traffic.delivered() > 100);
    }

    /** A task and what it does have the same times often enough; the record of the task comes last. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void slicesNestWhateverTheOrderOfTheirRecords(long seed) throws IOException {
        assertEquals(List.of(), json(nested(seed)).differences(perfetto(nested(seed))));
    }

    private static FakeJournal nested(long seed) {
        Random random = new Random(seed);
        Records records = new Records();
        long time = 2000;
        for (int task = 0; task < 500; task++) {
            long begin = time;
            for (int number = random.nextInt(4); number > 0; number--) {
                int took = random.nextInt(3) * 10;
                records.add(TraceEvent.CALLBACK, FIRST, time, MessageId.of(1, 2, 1, task * 4 + number), 0x65, 8, took,
                    0);
                time += Math.max(1, took) + random.nextInt(2);
            }
            time += random.nextInt(2);
            records.add(TraceEvent.TASK, 0, begin, task, 0, 0, (int) (time - begin), 0);
            time = Math.max(time, begin + 1) + random.nextInt(2);
        }
        return new FakeJournal().add(time, 2, 2, records);
    }

    /** Longer than events are held back. */
    @Test
    void aTaskThatIsToldLateEnclosesWhatItDid() throws IOException {
        assertEquals(List.of(), json(late()).differences(perfetto(late())));
        assertTrue(perfetto(late()).lines().stream()
            .anyMatch(line -> line.matches(".*depth 1 callback 0x65.*")));
    }

    private static FakeJournal late() {
        int seconds = 1_000_000_000;
        FakeJournal journal = new FakeJournal();
        for (int at = 1; at <= 8; at++) {
            journal.add(at * (seconds / 2L), 2, 2, new Records().add(TraceEvent.CALLBACK, FIRST, at * (seconds / 2L),
                MessageId.of(1, 2, 1, at), 0x65, 8, 100, 0));
        }
        return journal.add(5L * seconds, 2, 2, new Records().add(TraceEvent.TASK, 0, 1_000_000, 7, 0, 0,
            4 * seconds + 100, 0)).add(6L * seconds, 2, 2, new Records().add(TraceEvent.HALT, 0, 1_000_000L
            + 4L * seconds + 100, 800, 0, 0, 0, 0));
    }

    @Test
    void aBoundedNumberOfStringsIsRemembered() throws IOException {
        Records records = new Records();
        for (int type = 0; type < 300; type++) {
            records.add(TraceEvent.SEND, TraceRecordDescriptor.RUNG, 2000 + type, MessageId.of(1, 2, 1, type + 1), type,
                8, 2, 0);
        }
        byte[] taken = export(new FakeJournal().add(9000, 1, 1, records),
            (out, names) -> new PerfettoProtobuf(out, names, new PerfettoStrings(100)));
        PerfettoTrace trace = new PerfettoTrace(taken);
        assertEquals(List.of(), trace.faults());
        assertTrue(trace.clears() > 3, () -> trace.clears() + " times");
        assertEquals(600, trace.shown().lines().size());
    }

    @Test
    void blocksAreSmallAndFollowEachOther() throws IOException {
        Records records = new Records();
        Random random = new Random(1);
        byte[] noise = new byte[1000];
        for (int at = 0; at < 2000; at++) {
            random.nextBytes(noise);
            records.add(TraceEvent.SEND, TraceRecordDescriptor.RUNG, 2000 + at, MessageId.of(1, 2, 1, at + 1), 0x65, 2,
                0, noise);
        }
        assertEquals(4000, perfetto(new FakeJournal().add(9000, 1, 1, records)).lines().size());
    }

    @Test
    void theReaderSeesWhatIsWrong() throws IOException {
        byte[] right = export(message(), PerfettoProtobuf::new);
        assertThrows(IOException.class, () -> new PerfettoTrace(Arrays.copyOf(right, right.length - 3)));
        assertEquals(List.of(), perfetto(new FakeJournal()).lines());
        assertFalse(json(message()).differences(perfetto(late())).isEmpty());
    }
}
