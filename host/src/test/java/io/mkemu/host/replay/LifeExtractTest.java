// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.WorkKind;
import io.mkemu.journal.ModuleDigests;
import io.mkemu.replay.ScriptReader;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceRecord;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is taken out of a recording for a replay, and when there is none. */
@Timeout(300)
class LifeExtractTest {
    private static final int HOST = -1;
    private static final int WEB = 3;
    private static final long FIRST_POSITION = 640;
    private static final long CREATED = 1_000_000_000L;

    private record Piece(int cpu, int instance, int life, UnsafeBuffer records) {
    }

    @TempDir
    Path directory;

    private final List<Piece> recording = new ArrayList<>();
    /* What is in the ring, but not in the journal that is read. */
    private Piece unread;
    private final List<String> notes = new ArrayList<>();

    @BeforeEach
    void begins() {
        host(-1, 0, TraceEvent.MACHINE, 0, 0, 0,
            "{'machine':'m','createdNanos':" + CREATED + ",'ipi':'single-slot'}");
    }

    private void mode(TraceMode mode, long time) {
        host(-1, 0, TraceEvent.MODE, time, mode.ordinal(), 0, null);
    }

    private void life(int life, String modules, String cpus) {
        life(life, modules, cpus, 10);
    }

    private void life(int life, String modules, String cpus, long time) {
        host(WEB, life, TraceEvent.LIFE, time, 0, 0, "{'id':3,'name':'web','life':" + life + ",'cpus':" + cpus
            + ",'modules':" + modules + ",'cmdline':'idle=halt','external':false}");
    }

    private void host(int instance, int life, TraceEvent event, long time, int arg0, int arg1, String payload) {
        piece(HOST, instance, life, record(event, 0, time, 0, 0, arg0, arg1,
            payload == null ? null : payload.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    }

    private void piece(int cpu, int instance, int life, byte[]... records) {
        int length = 0;
        for (byte[] record : records) {
            length += record.length;
        }
        UnsafeBuffer all = new UnsafeBuffer(new byte[length]);
        int at = 0;
        for (byte[] record : records) {
            all.putBytes(at, record);
            at += record.length;
        }
        recording.add(new Piece(cpu, instance, life, all));
    }

    private static byte[] record(TraceEvent event, int flags, long time, long id, int type, int arg0, int arg1,
        byte[] payload) {
        int size = payload == null ? 0 : payload.length;
        UnsafeBuffer record = new UnsafeBuffer(
            new byte[TraceRecordDescriptor.slots(size) * TraceRecordDescriptor.LENGTH]);
        TraceRecord.put(record, 0, event, flags | (payload == null ? 0 : TraceRecordDescriptor.PAYLOAD), time, id, type,
            size, arg0, arg1);
        if (payload != null) {
            record.putBytes(TraceRecordDescriptor.LENGTH, payload);
        }
        return record.byteArray();
    }

    private static byte[] init(long time, int took) {
        return record(TraceEvent.WORK, 0, time, 0, WorkKind.INIT.ordinal(), took, 0, null);
    }

    private static byte[] task(long time, long number, int took) {
        return record(TraceEvent.TASK, 0, time, number, 0, took, 0, null);
    }

    private static byte[] asked(long time) {
        return record(TraceEvent.CALL, 0, time, time, KernelCall.NANO_TIME.ordinal(), 0, 0, null);
    }

    private RecordedLives index() {
        RecordedLives lives = new RecordedLives();
        Map<Integer, Long> positions = new HashMap<>();
        for (Piece piece : recording) {
            long position = positions.getOrDefault(piece.cpu(), FIRST_POSITION);
            int length = piece.records().capacity();
            positions.put(piece.cpu(), position + length / TraceRecordDescriptor.LENGTH);
            if (piece != unread) {
                lives.segment(piece.cpu(), piece.instance(), piece.life(), position, piece.records(), 0, length);
            }
        }
        return lives;
    }

    /** The steps of a life, as "CPU EVENT TIME bytes". */
    private List<String> steps(Integer life) throws Exception {
        RecordedLives lives = index();
        List<String> steps = new ArrayList<>();
        Path files = Files.createTempDirectory(directory, "");
        try (LifeExtract extract = new LifeExtract(lives, lives.find("web", life), files)) {
            for (Piece piece : recording) {
                extract.segment(piece.cpu(), piece.instance(), piece.life(), piece.records(), 0,
                    piece.records().capacity());
            }
            try (ScriptReader script = new ScriptReader(extract.finish())) {
                assertEquals("web", script.header().name());
                assertEquals("idle=halt", script.header().cmdline());
                assertEquals(IpiMode.SINGLE_SLOT, script.header().ipiMode());
                assertEquals(CREATED, script.header().createdNanos());
                while (script.next()) {
                    steps.add(script.cpu() + " " + script.record().event() + " " + script.record().time() + " "
                        + script.length());
                }
            }
            notes.addAll(extract.notes());
        }
        return steps;
    }

    private void refuses(Integer life, String why) {
        MachineException refused = assertThrows(MachineException.class, () -> steps(life));
        assertEquals(ExitCode.STATE, refused.exitCode());
        assertTrue(refused.getMessage().contains(why), refused::getMessage);
    }

    @Test
    void whatWasAskedGoesToTheStepItWasIn() throws Exception {
        mode(TraceMode.ALL, 1);
        life(1, "['echo']", "[7]");
        piece(7, WEB, 1, asked(11), asked(12), init(10, 5), record(TraceEvent.HALT, 0, 16, 1, 0, 0, 0, null));
        piece(8, 2, 1, asked(11));
        piece(7, WEB, 1, asked(20), record(TraceEvent.POOL_ALLOC, 0, 20, 1, 0, 0, 0, null));
        piece(7, WEB, 1, task(20, 0, 5), record(TraceEvent.INTERRUPT, 0, 26, 1, 0, 0, 0, null));
        piece(7, WEB, 2, task(20, 9, 5));
        assertEquals(List.of("0 WORK 10 96", "0 TASK 20 64"), steps(null));
        assertEquals(List.of(), notes);
    }

    @Test
    void severalCpusAreOneAfterTheOther() throws Exception {
        mode(TraceMode.ALL, 1);
        life(1, "['echo']", "[7,4]");
        piece(4, WEB, 1, task(12, 0, 1), task(30, 0, 1), task(29, 0, 1));
        piece(7, WEB, 1, init(10, 5), task(20, 0, 1), task(40, 0, 1));
        assertEquals(List.of("0 WORK 10 32", "1 TASK 12 32", "0 TASK 20 32", "1 TASK 30 32", "1 TASK 29 32",
            "0 TASK 40 32"), steps(1));
    }

    @Test
    void theLastLifeUnlessOneIsNamed() throws Exception {
        mode(TraceMode.ALL, 1);
        life(1, "['echo']", "[7]");
        piece(7, WEB, 1, init(10, 1));
        life(4, "['echo']", "[7]");
        piece(7, WEB, 4, init(100, 1), task(110, 0, 1));
        assertEquals(2, steps(null).size());
        assertEquals(1, steps(1).size());
        refuses(2, "no life 2 in this recording; its lives are 1, 4");
        MachineException unknown = assertThrows(MachineException.class, () -> index().find("db", null));
        assertTrue(unknown.getMessage().contains("no instance \"db\"") && unknown.getMessage().endsWith("web"),
            unknown::getMessage);
        assertEquals(4, index().find("3", null).begin().life());
    }

    @Test
    void aGapIsRefused() {
        mode(TraceMode.ALL, 1);
        life(1, "['echo']", "[7]");
        piece(7, WEB, 1, init(10, 1));
        piece(7, WEB, 1, record(TraceEvent.GAP, 0, CREATED + 1_500_000_000L, 5, 0, 20, 300, null));
        piece(7, WEB, 1, record(TraceEvent.GAP, 0, CREATED + 2_500_000_000L, 1, 0, 0, 0, null));
        refuses(null, "has 326 records missing in 2 places, the first before [    1.500000] on CPU 7, 325 records");
    }

    @Test
    void linesOfALogThatAreMissingDoNotMatter() throws Exception {
        mode(TraceMode.ALL, 1);
        life(1, "['echo']", "[7]");
        host(WEB, 1, TraceEvent.GAP, 20, 5, 0, null);
        piece(7, 2, 1, record(TraceEvent.GAP, 0, 20, 5, 0, 0, 0, null));
        piece(7, WEB, 1, init(10, 1));
        assertEquals(1, steps(null).size());
    }

    @Test
    void lessThanEverythingIsRefused() {
        mode(TraceMode.IPI, 1);
        life(1, "['echo']", "[7]");
        mode(TraceMode.ALL, 20);
        piece(7, WEB, 1, init(10, 1));
        refuses(null, "recorded with trace=ipi when it began");
    }

    @Test
    void aBeginningThatIsGoneIsRefused() {
        mode(TraceMode.ALL, 1);
        life(1, "['echo']", "[7]");
        refuses(null, "not recorded from its beginning");
        piece(7, WEB, 1, task(20, 0, 1));
        refuses(null, "--journal-max");
    }

    @Test
    void aLifeWithoutModulesOrOfSomebodyElseIsRefused() {
        mode(TraceMode.ALL, 1);
        life(1, "[]", "[7]");
        refuses(1, "ran no module");
        host(WEB, 2, TraceEvent.LIFE, 10, 0, 0,
            "{'id':3,'name':'web','life':2,'cpus':[7],'modules':['m'],'cmdline':'','external':true}");
        refuses(2, "was no process of mkemu's");
    }

    @Test
    void whenTracingWasSwitchedOffItEnds() throws Exception {
        mode(TraceMode.ALL, 1);
        life(1, "['echo']", "[7]");
        piece(7, WEB, 1, init(10, 5), task(20, 0, 5), task(CREATED - 2, 0, 5), task(CREATED + 10, 0, 5));
        mode(TraceMode.LIFECYCLE, CREATED);
        mode(TraceMode.ALL, CREATED + 5);
        assertEquals(List.of("0 WORK 10 32", "0 TASK 20 32"), steps(null));
        assertEquals(List.of("replayed up to [    0.000000], when trace=all was switched off"), notes);
    }

    @Test
    void beforeItsCpusChangeItEnds() throws Exception {
        mode(TraceMode.ALL, 1);
        life(1, "['echo']", "[7]");
        piece(7, WEB, 1, init(10, 5), task(20, 0, 5), task(CREATED + 10, 0, 5));
        life(1, "['echo']", "[7,4]", CREATED);
        piece(4, WEB, 1, task(CREATED + 12, 0, 1));
        assertEquals(List.of("0 WORK 10 32", "0 TASK 20 32"), steps(null));
        assertEquals(List.of("replayed up to [    0.000000], when its CPUs were about to change: what is behind that "
            + "cannot be replayed"), notes);
    }

    @Test
    void whatCannotBeReadIsNotReplayed() throws Exception {
        mode(TraceMode.ALL, 1);
        life(1, "['echo']", "[7]");
        piece(7, WEB, 1, init(10, 5));
        piece(8, 5, 1, task(15, 0, 5));
        piece(7, WEB, 1, task(20, 0, 5));
        piece(7, WEB, 1, task(CREATED + 30_000, 0, 5));
        String why = "has records that cannot be read: the journal is damaged, or part of it is gone, about "
            + "[    0.000030] on CPU 7";
        unread = recording.get(recording.size() - 3);
        assertEquals(3, steps(null).size(), "of another kernel");
        unread = recording.get(recording.size() - 2);
        refuses(1, why);
        unread = null;
        assertEquals(3, steps(null).size());
        piece(7, WEB, 1, task(CREATED + 30_000, 0, 5), new byte[TraceRecordDescriptor.LENGTH]);
        refuses(1, why);
    }

    @Test
    void aLifeThatEndsWithinAStep() throws Exception {
        mode(TraceMode.ALL, 1);
        life(1, "['echo']", "[7]");
        piece(7, WEB, 1, init(10, 5), asked(20), record(TraceEvent.CALLBACK,
            TraceRecordDescriptor.FIRST | TraceRecordDescriptor.UNFINISHED, 19, MessageId.of(5, 7, 1, 3), 9, 0, 0,
            null));
        host(WEB, 1, TraceEvent.STATE, 50, InstanceState.FAILED.ordinal(), InstanceState.ACTIVE.ordinal(),
            "killed by signal 9 (SIGKILL)");
        assertEquals(List.of("0 WORK 10 32"), steps(null));
        assertEquals(List.of("the recording of CPU 7 ends within the callback of message 5.7.1.3, which is not "
            + "replayed; the instance failed: killed by signal 9 (SIGKILL)"), notes);
    }

    @Test
    void whatMakesAReplayInexactIsTold() throws Exception {
        mode(TraceMode.ALL, 1);
        life(1, "['echo']", "[7]");
        piece(7, WEB, 1, init(10, 5),
            record(TraceEvent.CALL, 0, CREATED + 1_000, 0, KernelCall.FOREIGN_THREAD.ordinal(), 0, 0, null),
            record(TraceEvent.CALL, 0, CREATED + 2_000, 0, KernelCall.PAGES_UNWATCHED.ordinal(), 0, 0, null),
            task(CREATED + 3_000, 0, 1), asked(CREATED + 4_000));
        assertEquals(List.of("0 WORK 10 32", "0 TASK " + (CREATED + 3_000) + " 32"), steps(null));
        assertEquals(3, notes.size());
        assertTrue(notes.get(0).contains("[    0.000001] on a module called its kernel from a thread"),
            notes::toString);
        assertTrue(notes.get(1).contains("[    0.000002] on more pages were shared"), notes::toString);
        assertTrue(notes.get(2).contains("ends within a step"), notes::toString);
    }

    @Test
    void aModuleThatWasChangedIsTold() throws Exception {
        Path jar = Files.writeString(directory.resolve("m.jar"), "one");
        String digest = ModuleDigests.of(jar.toString());
        assertEquals("", ModuleDigests.of("echo"));
        assertEquals(64, digest.length());
        mode(TraceMode.ALL, 1);
        host(WEB, 1, TraceEvent.LIFE, 10, 0, 0, "{'id':3,'name':'web','life':1,'cpus':[7],'modules':['echo','" + jar
            + "'],'digests':['','" + digest + "'],'cmdline':''}");
        RecordedLife.Begin begin = index().find("web", null).begin();
        assertEquals(List.of(), ModuleDigests.changed(begin.modules(), begin.digests()));
        Files.writeString(jar, "two");
        assertEquals(List.of("module " + jar + " is not the file that was recorded: it has been changed since"),
            ModuleDigests.changed(begin.modules(), begin.digests()));
        Files.delete(jar);
        assertEquals(1, ModuleDigests.changed(begin.modules(), begin.digests()).size());
    }
}
