// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.log.KernelLogReader.Line;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a text in the kernel log. */
@Timeout(300)
class KernelLogLinesTest extends LoggingMachine {
    private static final int MAX = KernelLogDescriptor.MAX_TEXT;

    private List<String> texts() {
        List<String> texts = new ArrayList<>();
        for (Line line = reader.poll(); line != null; line = reader.poll()) {
            assertEquals(5, line.level());
            assertEquals(2, line.physicalCpu());
            texts.add(line.text());
        }
        return texts;
    }

    private List<String> logged(String text) {
        log.append(5, 2, text);
        return texts();
    }

    @Test
    void eachLineIsARecord() {
        assertEquals(List.of(""), logged(""));
        assertEquals(List.of("one"), logged("one\n"));
        assertEquals(List.of("one", "two"), logged("one\ntwo"));
        assertEquals(List.of("one", "", "three", ""), logged("one\r\n\r\nthree\r\r"));
        assertEquals(List.of(""), logged("\n"));
        assertEquals(List.of("a\tb \u001b[31m"), logged("a\tb \u001b[31m"));
        String longLine = "x".repeat(MAX);
        assertEquals(List.of(longLine, longLine, "end"), logged(longLine + "y\n" + longLine + "\nend"));
    }

    @Test
    void aCutTearsNoCharacter() {
        for (String character : List.of("a", "ü", "✓", "𝄞")) {
            int bytes = character.getBytes(StandardCharsets.UTF_8).length;
            for (int before = 0; before < 4; before++) {
                String prefix = "-".repeat(before);
                String expected = prefix + character.repeat((MAX - before) / bytes);
                assertEquals(List.of(expected), logged(prefix + character.repeat(MAX)));
            }
        }
    }

    @Test
    void theLinesOfATextStayTogether() throws InterruptedException {
        Thread[] threads = new Thread[3];
        for (int thread = 0; thread < threads.length; thread++) {
            String text = thread + "a\n" + thread + "b\n" + thread + "c";
            threads[thread] = new Thread(() -> {
                for (int round = 0; round < 100; round++) {
                    log.append(5, 2, text);
                }
            });
        }
        for (Thread thread : threads) {
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        List<String> texts = texts();
        assertEquals(900, texts.size());
        for (int line = 0; line < texts.size(); line += 3) {
            char thread = texts.get(line).charAt(0);
            assertEquals(List.of(thread + "a", thread + "b", thread + "c"), texts.subList(line, line + 3));
        }
    }

    @Test
    void aLineEndThatAKernelInCWroteIsLeftOut() {
        log.append(5, 2, "habit..");
        int record = KernelLog.offset(machine.memory(), ID) + KernelLogDescriptor.RECORDS_OFFSET;
        machine.memory().tables().putByte(record + KernelLogDescriptor.HEADER_LENGTH + 5, (byte) '\r');
        machine.memory().tables().putByte(record + KernelLogDescriptor.HEADER_LENGTH + 6, (byte) '\n');
        assertEquals(List.of("habit"), texts());
    }

    @Test
    void lengthsThatSomebodyScribbledOverCostOldLinesOnly() {
        int record = KernelLog.offset(machine.memory(), ID) + KernelLogDescriptor.RECORDS_OFFSET;
        int lines = KernelLogDescriptor.RECORDS_LENGTH / 24;
        for (int line = 0; line < lines; line++) {
            log.append(5, 2, "full");
        }
        machine.memory().tables().putInt(record, -1);
        log.append(5, 2, "first after");
        log.append(5, 2, "second after");
        List<String> left = texts();
        assertTrue(left.size() >= 2, left::toString);
        assertEquals(List.of("first after", "second after"), left.subList(left.size() - 2, left.size()));
    }
}
