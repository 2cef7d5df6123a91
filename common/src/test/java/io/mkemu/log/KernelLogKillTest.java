// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A writer that ends in the middle of a line, and another process that goes on with its log. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class KernelLogKillTest {
    private static final int ID = 9;
    private static final int KILLS = 15;
    private static final int MOST_STORES = 40;
    private static final int RING = KernelLogDescriptor.RECORDS_LENGTH;

    /** The kill. */
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** RAM in which a writer is killed before its n-th store, in the middle of it if it stores a text. */
    private static final class DeadlyRam extends UnsafeBuffer {
        private int storesLeft;

        DeadlyRam(UnsafeBuffer tables, int storesLeft) {
            super(tables);
            this.storesLeft = storesLeft;
        }

        private void store() {
            if (storesLeft-- == 0) {
                throw new Killed();
            }
        }

        @Override
        public void putByte(int index, byte value) {
            store();
            super.putByte(index, value);
        }

        @Override
        public void putShort(int index, short value) {
            store();
            super.putShort(index, value);
        }

        @Override
        public void putInt(int index, int value) {
            store();
            super.putInt(index, value);
        }

        @Override
        public void putLong(int index, long value) {
            store();
            super.putLong(index, value);
        }

        @Override
        public void putBytes(int index, byte[] bytes) {
            if (storesLeft == 0) {
                putBytes(index, bytes, 0, bytes.length / 2);
            }
            store();
            super.putBytes(index, bytes);
        }

        @Override
        public void putLongVolatile(int index, long value) {
            store();
            super.putLongVolatile(index, value);
        }

        @Override
        public void putLongRelease(int index, long value) {
            store();
            super.putLongRelease(index, value);
        }
    }

    @RegisterExtension
    private final TestMachine machine = new TestMachine();

    private List<String> texts(int id) {
        List<String> texts = new ArrayList<>();
        KernelLogReader reader = new KernelLogReader(machine.memory(), id);
        for (Line line = reader.poll(); line != null; line = reader.poll()) {
            texts.add(line.text());
        }
        return texts;
    }

    private static String text(long sequence, int length) {
        String number = sequence + " ";
        return number + Character.toString('a' + (int) (sequence % 26)).repeat(Math.max(0, length - number.length()));
    }

    @Test
    void killedBeforeEachStoreOfItsFirstLine() {
        int id = 10;
        for (boolean survived = false; !survived; id++) {
            try {
                new KernelLog(new DeadlyRam(machine.memory().tables(), id - 10), machine.memory(), id)
                    .append(6, 0, "first");
                survived = true;
            } catch (Killed dead) {
                assertTrue(id < MOST_STORES);
            }
            new KernelLog(machine.memory(), id).append(4, -1, "the host goes on");
            List<String> texts = texts(id);
            assertTrue(texts.equals(List.of("first", "the host goes on"))
                || !survived && texts.equals(List.of("the host goes on")), texts::toString);
        }
        assertTrue(id - 10 > 6, "stores " + (id - 10));
    }

    /** In a ring that is full, and where in it: in the middle, and where the line does not fit before its end. */
    @ParameterizedTest
    @ValueSource(ints = {1000, RING - 120, RING - 88, RING - 40, RING - 8})
    void killedBeforeEachOfItsStores(int bytesBefore) {
        long sequence = 0;
        int stores = 0;
        for (boolean survived = false; !survived; stores++) {
            assertTrue(stores < MOST_STORES, "an append has more than " + MOST_STORES + " stores");
            KernelLog before = new KernelLog(machine.memory(), ID);
            long position = machine.memory().tables().getLong(
                KernelLog.offset(machine.memory(), ID) + KernelLogDescriptor.TAIL_OFFSET);
            /* Fills up to the same place of the ring each time, with lines of 64 and 24 bytes. */
            long goal = position - position % RING + 4L * RING + bytesBefore;
            while (goal - position >= 24) {
                int bytes = goal - position >= 64 + 24 ? 64 : 24;
                before.append(6, 0, text(sequence++, bytes - KernelLogDescriptor.HEADER_LENGTH));
                position = machine.memory().tables().getLong(
                    KernelLog.offset(machine.memory(), ID) + KernelLogDescriptor.TAIL_OFFSET);
            }
            KernelLog dying = new KernelLog(new DeadlyRam(machine.memory().tables(), stores), machine.memory(), ID);
            String last = text(sequence, 100);
            try {
                dying.append(6, 0, last);
                survived = true;
            } catch (Killed dead) {
                survived = false;
            }
            new KernelLog(machine.memory(), ID).append(4, -1, "the host goes on");
            List<String> texts = texts(ID);
            assertEquals("the host goes on", texts.removeLast());
            if (texts.getLast().equals(last)) {
                sequence++;
            } else {
                assertTrue(!survived, "a line that was written is gone");
            }
            long first = sequence - texts.size();
            assertTrue(texts.size() > RING / 64 - 5, "only " + texts.size() + " lines are left");
            for (String text : texts) {
                assertEquals(text(first, text.length()), text, "at store " + stores);
                first++;
            }
        }
        assertTrue(stores > 6, "stores " + stores);
    }

    /** The host of a machine is another process than the instance that died. */
    @Test
    void aProcessKilledAtAnyMoment() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        long next = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            try (ChildJvm writer = ChildJvm.start(Writer.class, machine.ram(), next)) {
                KernelLogReader reader = new KernelLogReader(machine.memory(), ID);
                long until = next + 1 + random.nextInt(3000);
                for (long seen = -1; seen < until;) {
                    Line line = reader.poll();
                    assertTrue(line != null || writer.isAlive(), "the writer ended by itself");
                    seen = line == null || line.text().startsWith("host") ? seen : sequenceOf(line.text(), seed);
                }
                assertEquals(ChildJvm.KILLED, writer.kill());
            }
            KernelLog log = new KernelLog(machine.memory(), ID);
            for (int line = 0; line < 3; line++) {
                log.append(1, -1, "host " + kill + " " + line);
            }
            next = check(kill, seed) + 1;
        }
    }

    /** The log's newest lines, back to the writer before: each whole and in its place; returns the last sequence. */
    private long check(int kill, long seed) {
        List<String> texts = texts(ID);
        String when = "kill " + kill + ", seed " + seed;
        for (int line = 2; line >= 0; line--) {
            assertEquals("host " + kill + " " + line, texts.removeLast(), when);
        }
        long last = sequenceOf(texts.getLast(), seed);
        long expected = last;
        for (String text : texts.reversed()) {
            if (!text.startsWith("host")) {
                assertEquals(expected--, sequenceOf(text, seed), when);
            }
        }
        return last;
    }

    private static long sequenceOf(String text, long seed) {
        long sequence = Long.parseLong(text.substring(0, text.indexOf(' ')));
        assertEquals(Writer.line(sequence), text, "torn, seed " + seed);
        return sequence;
    }

    /** Writes lines of all lengths as fast as it can. */
    static final class Writer {
        private Writer() {
        }

        static String line(long sequence) {
            return text(sequence, (int) (sequence * 37 % KernelLogDescriptor.MAX_TEXT));
        }

        public static void main(String[] args) throws IOException {
            ChildJvm.endWithParent();
            KernelLog log = new KernelLog(PhysicalMemory.open(Path.of(args[0])), ID);
            for (long sequence = Long.parseLong(args[1]); true; sequence++) {
                log.append(6, 0, line(sequence));
            }
        }
    }
}
