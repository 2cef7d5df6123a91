// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.log.KernelLog;
import io.mkemu.log.KernelLogReader;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.log.LogLevel;
import io.mkemu.testkit.TestMachine;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(300)
class LogStreamTest {
    private static final int ID = 4;
    private static final int MAX = KernelLogDescriptor.MAX_TEXT;

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final KernelLogReader reader = new KernelLogReader(machine.memory(), ID);
    private final PrintStream out = new PrintStream(new LogStream(
        new Printk(new KernelLog(machine.memory(), ID), System::nanoTime), LogLevel.NOTICE), false,
        StandardCharsets.UTF_8);

    @AfterEach
    void close() {
        out.close();
    }

    private List<String> texts() {
        List<String> texts = new ArrayList<>();
        for (Line line = reader.poll(); line != null; line = reader.poll()) {
            assertEquals(LogLevel.NOTICE.ordinal(), line.level());
            texts.add(line.text());
        }
        return texts;
    }

    @Test
    void aLineIsThereAsSoonAsItHasEnded() {
        out.print("begun, ");
        assertEquals(List.of(), texts());
        out.print("ended\nand more");
        assertEquals(List.of("begun, ended"), texts());
        out.println();
        out.print("dos\r\n\nlast\n");
        assertEquals(List.of("and more", "dos", "", "last"), texts());
        out.printf("%d %s%n", 5, "grün ✓");
        assertEquals(List.of("5 grün ✓"), texts());
    }

    @Test
    void flushWritesWhatHasNoEndYet() {
        out.print("prompt> ");
        out.flush();
        out.flush();
        assertEquals(List.of("prompt> "), texts());
        out.println("answer");
        assertEquals(List.of("answer"), texts());
    }

    @Test
    void aLongLineGoesOnInAnotherAndLosesNothing() {
        out.println("x".repeat(MAX));
        assertEquals(List.of("x".repeat(MAX)), texts());
        String text = "-" + "é✓𝄞y".repeat(700);
        out.println(text);
        List<String> parts = texts();
        assertEquals(text, String.join("", parts));
        parts.forEach(part -> assertEquals(true, part.getBytes(StandardCharsets.UTF_8).length <= MAX));
        assertEquals(8, parts.size());
    }

    @Test
    void aTraceIsALinePerFrame() {
        IllegalStateException fault = new IllegalStateException("first\nsecond");
        fault.setStackTrace(new StackTraceElement[] {new StackTraceElement("A", "b", "A.java", 3)});
        fault.printStackTrace(out);
        assertEquals(List.of("java.lang.IllegalStateException: first", "second", "\tat A.b(A.java:3)"), texts());
    }
}
