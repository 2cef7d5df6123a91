// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.decode.DecoderMain;
import io.mkemu.journal.ModuleDigests;
import io.mkemu.journal.RecordedModule;
import io.mkemu.module.PayloadDecoder;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Decoders in processes of their own: whatever they do costs their text, and one line. */
@Timeout(300)
class PayloadDecodersTest {
    private static final byte[] SEVEN = {7, 0, 0, 0};
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(60);

    @TempDir
    private Path directory;
    private final List<String> notes = new ArrayList<>();

    private PayloadDecoders decoders(long deadlineNanos) {
        return new PayloadDecoders(notes::add, deadlineNanos,
            (there, jar) -> ChildJvm.command(List.of(), DecoderMain.class, jar));
    }

    /** Its classes come from the test's class path. */
    private RecordedModule module(String name, Class<?>... decoders) throws IOException {
        Path file = directory.resolve(name);
        try (OutputStream out = Files.newOutputStream(file); JarOutputStream jar = new JarOutputStream(out)) {
            jar.putNextEntry(new JarEntry("META-INF/services/" + (decoders.length == 0 ? "none"
                : PayloadDecoder.class.getName())));
            for (Class<?> decoder : decoders) {
                jar.write((decoder.getName() + "\n").getBytes());
            }
            jar.closeEntry();
        }
        return new RecordedModule(file.toString(), ModuleDigests.of(file.toString()));
    }

    private void note(String pattern) {
        assertEquals(1, notes.size(), notes::toString);
        assertTrue(notes.getFirst().matches("the payload decoder of .*\\.jar " + pattern), notes::toString);
        assertFalse(notes.getFirst().chars().anyMatch(c -> c < 0x20), notes::toString);
    }

    @Test
    void theFirstThatKnowsAPayloadSaysWhatItIs() throws IOException {
        List<RecordedModule> good = List.of(module("good.jar", Decoders.Good.class));
        List<RecordedModule> own = List.of(new RecordedModule("echo", ""), module("none.jar"));
        List<RecordedModule> all = List.of(own.get(1), good.getFirst());
        try (PayloadDecoders decoders = decoders(LONG_NANOS)) {
            decoders.text(own, own, 1, SEVEN);
            decoders.tellIfNone();
            assertEquals(List.of("none of the recorded modules' jars that are there has a payload decoder"), notes);
            assertEquals("number 7", decoders.text(own, all, 1, SEVEN));
            assertNull(decoders.text(good, good, 3, SEVEN));
            assertEquals("number 7", decoders.text(good, all, 1, SEVEN));
            assertEquals(1, notes.size());
        }
    }

    @Test
    void aJarThatIsNotTheRecordedOneIsNotRun() throws IOException {
        RecordedModule then = module("m.jar", Decoders.Good.class);
        module("m.jar", Decoders.Good.class, Decoders.Exiting.class);
        try (PayloadDecoders decoders = decoders(LONG_NANOS)) {
            assertNull(decoders.text(List.of(then), List.of(), 1, SEVEN));
            assertNull(decoders.text(List.of(then), List.of(), 1, SEVEN));
            decoders.tellIfNone();
        }
        note("is not asked: the jar is not the file that was recorded.*");
        notes.clear();
        try (PayloadDecoders decoders = decoders(LONG_NANOS)) {
            assertNull(decoders.text(List.of(new RecordedModule(then.path(), "")), List.of(), 1, SEVEN));
        }
        note("is not asked: the jar may be another file.*");
    }

    @Test
    void oneThatHangsIsEnded() throws IOException {
        List<RecordedModule> bad = List.of(module("bad.jar", Decoders.Hanging.class));
        List<RecordedModule> good = List.of(module("good.jar", Decoders.Good.class));
        try (PayloadDecoders decoders = decoders(TimeUnit.SECONDS.toNanos(2))) {
            assertEquals("fine", decoders.text(bad, good, 1, SEVEN));
            assertNull(decoders.text(bad, good, Decoders.BAD, SEVEN));
            assertEquals("number 7", decoders.text(bad, good, 1, SEVEN));
        }
        note("took longer than 2000 ms for a payload of type 0x2; its texts are left out from here on");
    }

    @Test
    void oneThatThrowsIsAskedAgain() throws IOException {
        List<RecordedModule> bad = List.of(module("bad.jar", Decoders.Throwing.class));
        try (PayloadDecoders decoders = decoders(LONG_NANOS)) {
            assertNull(decoders.text(bad, bad, Decoders.BAD, SEVEN));
            assertNull(decoders.text(bad, bad, Decoders.BAD + 1, SEVEN));
            assertEquals("fine", decoders.text(bad, bad, 1, SEVEN));
        }
        note("threw java.lang.AssertionError: no\\\\x0a\\\\x1b\\[2Jgood for a payload of type 0x2; .*");
    }

    @Test
    void oneThatEndsItsProcessIsNotStartedAgain() throws IOException {
        for (Class<?> each : List.of(Decoders.Exiting.class, Decoders.Leaving.class, Decoders.Junk.class)) {
            notes.clear();
            List<RecordedModule> bad = List.of(module(each.getSimpleName() + ".jar", each));
            try (PayloadDecoders decoders = decoders(LONG_NANOS)) {
                assertNull(decoders.text(bad, bad, Decoders.BAD, SEVEN), each::getName);
                assertNull(decoders.text(bad, bad, 1, SEVEN), each::getName);
            }
            note("(ended its process|gave an answer).*; its texts are left out from here on");
        }
        notes.clear();
        List<RecordedModule> unmade = List.of(module("unmade.jar", Decoders.Unmade.class));
        try (PayloadDecoders decoders = decoders(LONG_NANOS)) {
            assertNull(decoders.text(unmade, unmade, 1, SEVEN));
        }
        note("cannot be loaded: .*not today; .*");
    }

    @Test
    void aLongTextIsCutAndAnEndlessOneIsAFault() throws IOException {
        List<RecordedModule> bad = List.of(module("bad.jar", Decoders.Huge.class));
        try (PayloadDecoders decoders = decoders(LONG_NANOS)) {
            String text = decoders.text(bad, bad, 1, SEVEN);
            assertTrue(text.matches("\ud83d\ude00{126}\\.\\.\\."), text);
            assertNull(decoders.text(bad, bad, Decoders.BAD, SEVEN));
            assertEquals(text, decoders.text(bad, bad, 1, SEVEN));
        }
        note("threw java.lang.OutOfMemoryError.*");
    }

    @Test
    void aTextIsOneLineThatSteersNothing() throws IOException {
        List<RecordedModule> bad = List.of(module("bad.jar", Decoders.Steering.class));
        try (PayloadDecoders decoders = decoders(LONG_NANOS)) {
            assertEquals("\\x1b]0;x\\x07\"<script>alert(1)</script>\\x0d\\x0a\\u202eevil\\u2028 type=9\\",
                decoders.text(bad, bad, 1, SEVEN));
        }
        assertEquals(List.of(), notes);
    }
}
