// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TakesLong;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class KernelLogTest extends LoggingMachine {
    private static final int RING = KernelLogDescriptor.RECORDS_LENGTH;
    private static final long LINES = 300_000;

    private String next() {
        Line line = reader.poll();
        return line == null ? null : line.text();
    }

    @Test
    void linesComeInOrderWithAllTheySay() {
        assertNull(reader.poll());
        int event = machine.memory().event();
        log.append(6, 3, "first");
        log.append(0, -1, "");
        log.append(7, 1023, "grün ✓");
        assertEquals(event + 3, machine.memory().event(), "the host is told each time");
        Line first = reader.poll();
        assertEquals(6, first.level());
        assertEquals(3, first.physicalCpu());
        assertEquals("first", first.text());
        assertTrue(first.nanos() > 0);
        Line second = reader.poll();
        assertEquals(new Line(0, -1, second.nanos(), ""), second);
        assertTrue(second.nanos() >= first.nanos());
        Line third = reader.poll();
        assertEquals(new Line(7, 1023, third.nanos(), "grün ✓"), third);
        assertNull(reader.poll());
        assertNull(new KernelLogReader(machine.memory(), ID - 1).poll(), "another instance's log is its own");
        assertNull(new KernelLogReader(machine.memory(), ID + 1).poll(), "another instance's log is its own");
    }

    @Test
    void whatIsTooLongIsCut() {
        log.append(6, 0, "x".repeat(KernelLogDescriptor.MAX_TEXT));
        log.append(6, 0, "y".repeat(KernelLogDescriptor.MAX_TEXT + 1));
        log.append(6, 0, "z".repeat(100_000));
        log.append(6, 0, "after");
        assertEquals("x".repeat(KernelLogDescriptor.MAX_TEXT), next());
        assertEquals("y".repeat(KernelLogDescriptor.MAX_TEXT), next());
        assertEquals("z".repeat(KernelLogDescriptor.MAX_TEXT), next());
        assertEquals("after", next());
    }

    @Test
    void aReaderThatKeepsUpSeesEveryLineOfManyRounds() {
        long bytes = 0;
        for (int line = 0; bytes < 50L * RING; line++) {
            String text = line + ":" + "a".repeat(line * 37 % (KernelLogDescriptor.MAX_TEXT - 10));
            log.append(6, 0, text);
            assertEquals(text, next());
            bytes += text.length();
        }
        assertNull(reader.poll());
        assertEquals(0, reader.missedBytes());
    }

    @Test
    void aReaderThatFallsBehindLosesTheOldestAndCountsThem() {
        int written = 4 * RING / 32;
        for (int line = 0; line < written; line++) {
            log.append(6, 0, String.format("%016d", line));
        }
        int kept = RING / 32;
        for (int line = written - kept; line < written; line++) {
            assertEquals(String.format("%016d", line), next());
        }
        assertNull(reader.poll());
        assertEquals((written - kept) * 32L, reader.missedBytes());
        for (int line = 0; line < kept + 1; line++) {
            log.append(6, 0, String.format("%016d", line));
        }
        assertEquals(String.format("%016d", 1), next());
        assertEquals((written - kept + 1) * 32L, reader.missedBytes());
    }

    @Test
    void aLogOutlivesItsWriterAndANewOneGoesOn() {
        log.append(6, 0, "of the former life");
        new KernelLog(machine.memory(), ID).append(6, 0, "of the next");
        assertEquals("of the former life", next());
        assertEquals("of the next", next());
    }

    static String line(long sequence) {
        String text = sequence + " " + "b".repeat((int) (sequence * 13 % 90));
        return checksum(text) + " " + text;
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue());
    }

    private static int recordBytes(long sequence) {
        return KernelLogDescriptor.HEADER_LENGTH + line(sequence).length() + KernelLogDescriptor.ALIGNMENT - 1
            & -KernelLogDescriptor.ALIGNMENT;
    }

    /** The sequence of a line; fails if the line is torn. */
    private static long sequenceOf(Line line) {
        String[] parts = line.text().split(" ", 3);
        assertTrue(parts.length == 3 && parts[0].equals(checksum(parts[1] + " " + parts[2])), "torn: " + line);
        return Long.parseLong(parts[1]);
    }

    /* The reader lets itself be lapped over and over, and then reads where the writer is about to write. */
    @TakesLong
    @Test
    void aReaderOfARunningWriterSeesNoTornLineAndCountsWhatItMissed() throws Exception {
        long position = 0;
        long missed = 0;
        long fillings = 0;
        long expected = 0;
        long seen = 0;
        try (ChildJvm writer = ChildJvm.start(Writer.class, machine.ram(), 0, LINES)) {
            while (expected < LINES) {
                Line line = reader.poll();
                if (line == null) {
                    continue;
                }
                long sequence = sequenceOf(line);
                assertTrue(sequence >= expected, "repeated or reordered: " + sequence + " after " + expected);
                for (; expected <= sequence; expected++) {
                    long filling = filling(position, expected);
                    /* Without a gap too: the writer may have lapped a reader by no more than a filling. */
                    fillings += filling;
                    missed += expected < sequence ? recordBytes(expected) : 0;
                    position += filling + recordBytes(expected);
                }
                if (++seen % 100 == 0) {
                    letTheWriterLap(writer);
                }
            }
            assertEquals(0, writer.waitFor());
        }
        assertNull(reader.poll());
        assertTrue(missed > 0, "the reader was never lapped");
        long counted = reader.missedBytes();
        assertTrue(missed <= counted && counted <= missed + fillings,
            "missed " + missed + " bytes and up to " + fillings + " of fillings, counted " + counted);
    }

    private void letTheWriterLap(ChildJvm writer) {
        int from = machine.memory().event();
        while (machine.memory().event() - from < 1500 && writer.isAlive()) {
            Thread.onSpinWait();
        }
    }

    private static long filling(long position, long sequence) {
        long toEnd = RING - position % RING;
        return toEnd < recordBytes(sequence) ? toEnd : 0;
    }

    @TakesLong
    @Test
    void aWriterKilledInTheMiddleLeavesAReadableLog() throws Exception {
        long expected = 0;
        long next = 0;
        for (int life = 1; life <= 4; life++) {
            try (ChildJvm writer = ChildJvm.start(Writer.class, machine.ram(), next, Long.MAX_VALUE)) {
                for (long lines = 0; lines < 500L * life; ) {
                    Line line = reader.poll();
                    if (line != null) {
                        long sequence = sequenceOf(line);
                        assertTrue(sequence >= expected, "repeated or reordered: " + sequence + " after " + expected);
                        expected = sequence + 1;
                        lines++;
                    }
                }
                assertEquals(ChildJvm.KILLED, writer.kill());
            }
            for (Line line = reader.poll(); line != null; line = reader.poll()) {
                assertTrue(sequenceOf(line) >= expected);
                expected = sequenceOf(line) + 1;
            }
            next = expected;
            KernelLogReader late = new KernelLogReader(machine.memory(), ID);
            long last = -1;
            for (Line line = late.poll(); line != null; line = late.poll()) {
                assertTrue(last < 0 || sequenceOf(line) == last + 1, "a line in the middle is gone");
                last = sequenceOf(line);
            }
            assertEquals(next - 1, last, "all readers see the same end");
        }
        log.append(6, 0, line(next));
        assertEquals(next, sequenceOf(reader.poll()));
    }

    static final class Writer {
        private Writer() {
        }

        public static void main(String[] args) throws IOException {
            ChildJvm.endWithParent();
            KernelLog log = new KernelLog(PhysicalMemory.open(Path.of(args[0])), ID);
            for (long sequence = Long.parseLong(args[1]); sequence < Long.parseLong(args[2]); sequence++) {
                log.append(6, 0, line(sequence));
            }
            Runtime.getRuntime().halt(0);
        }
    }
}
