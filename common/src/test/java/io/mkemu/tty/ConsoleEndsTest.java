// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.ConsoleDescriptor;
import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.log.KernelLog;
import io.mkemu.testkit.TestMachine;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Both ends of a console in one thread: sessions, wrapping, full rings, lives, damage. */
class ConsoleEndsTest {
    private static final int ID = 3;
    private static final int PIECE = 4096;

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final UnsafeBuffer bytes = new UnsafeBuffer(new byte[PIECE]);

    private ConsoleKernelEnd kernel(long life) {
        return new ConsoleKernelEnd(machine.memory(), ID, life);
    }

    private ConsoleClientEnd client(ConsoleKind kind) {
        return new ConsoleClientEnd(machine.memory(), ID, kind, 4711);
    }

    private static UnsafeBuffer of(String text) {
        return new UnsafeBuffer(text.getBytes(StandardCharsets.UTF_8));
    }

    private int type(ConsoleClientEnd client, String text) {
        return client.type(of(text), 0, text.length());
    }

    private String read(ConsoleKernelEnd kernel) {
        int count = kernel.read(bytes, 0, PIECE);
        return count < 0 ? Errno.name(count) : bytes.getStringWithoutLengthUtf8(0, count);
    }

    private String shown(ConsoleClientEnd client) {
        return client.isSeen() ? bytes.getStringWithoutLengthUtf8(0, client.take(bytes, 0, PIECE)) : "(not seen)";
    }

    @Test
    void liesBehindTheLogAndInItsArea() {
        assertTrue(ConsoleDescriptor.AT_OFFSET >= KernelLogDescriptor.RECORDS_OFFSET
            + KernelLogDescriptor.RECORDS_LENGTH);
        assertTrue(ConsoleDescriptor.AT_OFFSET + ConsoleDescriptor.LENGTH <= KernelLogDescriptor.LENGTH);
        assertEquals(0, ConsoleDescriptor.AT_OFFSET % 128);
        ConsoleKernelEnd kernel = kernel(1);
        ConsoleClientEnd client = client(ConsoleKind.LINES);
        kernel.session();
        KernelLog log = new KernelLog(machine.memory(), ID);
        for (int line = 0; line < 100; line++) {
            assertEquals(10, type(client, "abcdefghi\n"));
            log.append(6, 0, "x".repeat(999));
            assertEquals("abcdefghi\n", read(kernel));
        }
    }

    @Test
    void aSessionFromAttachingToItsExitCode() {
        assertEquals(0, ConsoleClientEnd.openLife(machine.memory(), ID));
        ConsoleKernelEnd kernel = kernel(7);
        assertEquals(7, ConsoleClientEnd.openLife(machine.memory(), ID));
        assertEquals(0, kernel.session());
        assertEquals(-Errno.ESHUTDOWN, kernel.write(of("nobody"), 0, 6));
        ConsoleClientEnd client = client(ConsoleKind.COMMAND);
        assertEquals(4711, ConsoleClientEnd.pid(machine.memory(), ID));
        assertEquals("(not seen)", shown(client));
        assertEquals(3, type(client, "ps\n"));
        long session = kernel.session();
        assertTrue(session > 0 && session % 2 == 1);
        assertEquals(ConsoleKind.COMMAND, kernel.kind());
        assertEquals(session, kernel.session());
        assertEquals("ps\n", read(kernel));
        assertEquals("", read(kernel));
        client.endInput();
        assertEquals("-ESHUTDOWN", read(kernel));
        assertEquals(5, kernel.write(of("tasks"), 0, 5));
        assertEquals(-1, client.exitCode());
        assertEquals(0, kernel.finish(259));
        assertEquals(0, kernel.session());
        assertEquals(-Errno.ESHUTDOWN, kernel.finish(0));
        kernel.close();
        assertEquals(3, client.exitCode());
        assertEquals("tasks", shown(client));
        client.close();
        assertEquals(0, ConsoleClientEnd.openLife(machine.memory(), ID));
    }

    @Test
    void whatANextClientTypesAndSeesIsItsOwn() {
        ConsoleKernelEnd kernel = kernel(1);
        ConsoleClientEnd first = client(ConsoleKind.LINES);
        long session = kernel.session();
        type(first, "one");
        kernel.write(of("for the first"), 0, 13);
        /* It is killed: it detaches not. */
        ConsoleClientEnd next = client(ConsoleKind.LINES);
        type(next, "two");
        assertEquals("-ESHUTDOWN", read(kernel));
        assertEquals(-Errno.ESHUTDOWN, kernel.write(of("late"), 0, 4));
        assertTrue(kernel.session() > session);
        assertEquals("two", read(kernel));
        assertEquals("", shown(next));
        kernel.write(of("for the next"), 0, 12);
        assertEquals("for the next", shown(next));
        next.close();
        assertEquals(0, kernel.session());
        assertEquals("-ESHUTDOWN", read(kernel));
    }

    @Test
    void aNextLifeReadsNothingTwice() {
        ConsoleKernelEnd dead = kernel(1);
        ConsoleClientEnd client = client(ConsoleKind.TERMINAL);
        dead.session();
        type(client, "done, ");
        assertEquals("done, ", read(dead));
        type(client, "not done");
        dead.write(of("last words"), 0, 10);
        ConsoleKernelEnd kernel = kernel(2);
        assertEquals("(not seen)", shown(client));
        assertTrue(kernel.session() > 0);
        assertEquals("not done", read(kernel));
        kernel.write(of("hello"), 0, 5);
        assertEquals("hello", shown(client));
        /* It knows what the life before had ended. */
        kernel.finish(1);
        assertEquals(0, kernel(3).session());
        dead.close();
        assertEquals(3, ConsoleClientEnd.openLife(machine.memory(), ID));
    }

    @Test
    void bothRingsWrapAndRefuseWhatHasNoRoom() {
        ConsoleKernelEnd kernel = kernel(1);
        ConsoleClientEnd client = client(ConsoleKind.LINES);
        kernel.session();
        assertTrue(client.isSeen());
        Random random = new Random(1);
        byte[] sent = new byte[PIECE];
        byte[] got = new byte[PIECE];
        for (int round = 0; round < 500; round++) {
            int size = random.nextInt(PIECE);
            random.nextBytes(sent);
            int typed = client.type(new UnsafeBuffer(sent), 0, size);
            assertEquals(Math.min(size, ConsoleDescriptor.TYPED_LENGTH), typed);
            int half = typed / 2;
            assertEquals(half, half == 0 ? 0 : kernel.read(new UnsafeBuffer(got), 0, half));
            assertEquals(typed - half, kernel.read(new UnsafeBuffer(got), half, PIECE - half));
            assertArrayEquals(Arrays.copyOf(sent, typed), Arrays.copyOf(got, typed));
            int written = kernel.write(new UnsafeBuffer(sent), 0, size);
            assertEquals(Math.min(size, ConsoleDescriptor.SHOWN_LENGTH), written);
            assertEquals(written, client.take(new UnsafeBuffer(got), 0, PIECE));
            assertArrayEquals(Arrays.copyOf(sent, written), Arrays.copyOf(got, written));
        }
    }

    /** Whatever another process scribbles over its words: no exception, no byte from elsewhere, and a session later. */
    @Test
    void garbageEndsASessionAtWorst() {
        Random random = new Random(2);
        UnsafeBuffer tables = machine.memory().tables();
        int base = ConsoleKernelEnd.at(machine.memory(), ID);
        ConsoleKernelEnd kernel = kernel(1);
        for (int round = 0; round < 2000; round++) {
            ConsoleClientEnd client = client(ConsoleKind.LINES);
            int word = random.nextInt(ConsoleDescriptor.TYPED_OFFSET / Long.BYTES) * Long.BYTES;
            long value = switch (random.nextInt(4)) {
                case 0 -> random.nextLong();
                case 1 -> -1;
                case 2 -> Long.MAX_VALUE;
                default -> tables.getLong(base + word) + random.nextInt(4096) - 2048;
            };
            type(client, "x".repeat(random.nextInt(64)));
            tables.putLong(base + word, value);
            kernel.session();
            int read = kernel.read(bytes, 0, PIECE);
            assertTrue(read >= -Errno.ESHUTDOWN && read <= ConsoleDescriptor.TYPED_LENGTH, "read " + read);
            kernel.write(bytes, 0, random.nextInt(PIECE));
            client.isSeen();
            int taken = client.take(bytes, 0, PIECE);
            assertTrue(taken >= 0 && taken <= ConsoleDescriptor.SHOWN_LENGTH, "taken " + taken);
            client.endInput();
            kernel.finish(1);
            client.close();
        }
        tables.setMemory(base, ConsoleDescriptor.LENGTH, (byte) 0);
        ConsoleKernelEnd anew = kernel(2);
        ConsoleClientEnd client = client(ConsoleKind.LINES);
        assertTrue(anew.session() > 0);
        type(client, "works");
        assertEquals("works", read(anew));
        assertFalse(client.exitCode() >= 0);
    }
}
