// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.os.Futex;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TestMachine;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A kernel in another process: a megabyte there and back, and kernels that are killed in the midst of it. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class ConsoleStressTest {
    private static final int ID = 5;
    private static final int MEGABYTE = 1 << 20;
    private static final int KILLS = 2;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    @RegisterExtension
    private final TestMachine machine = new TestMachine();

    private ChildJvm kernel(long life) throws Exception {
        ChildJvm child = ChildJvm.start(ConsoleProcess.class, machine.ram(), ID, life);
        assertEquals("open", child.readLine());
        return child;
    }

    /** Types bytes and checks those that come back; with a victim, kills it in the midst and returns what had come. */
    private int there(byte[] typed, ChildJvm victim, int killAfter) throws Exception {
        Futex futex = new Futex();
        UnsafeBuffer given = new UnsafeBuffer(typed);
        UnsafeBuffer shown = new UnsafeBuffer(new byte[999]);
        int put = 0;
        int back = 0;
        boolean ended = false;
        try (ConsoleClientEnd client = new ConsoleClientEnd(machine.memory(), ID, ConsoleKind.LINES, 1)) {
            while (true) {
                int seen = client.doorbell();
                int exitCode = client.exitCode();
                int count = client.isSeen() ? client.take(shown, 0, shown.capacity()) : 0;
                for (int at = 0; at < count; at++, back++) {
                    assertEquals((byte) (typed[back] + 1), shown.getByte(at), "byte " + back);
                }
                if (victim != null && back >= killAfter) {
                    assertEquals(ChildJvm.KILLED, victim.kill());
                    return back;
                }
                if (put < typed.length) {
                    put += client.type(given, put, typed.length - put);
                } else if (!ended) {
                    ended = true;
                    client.endInput();
                }
                if (exitCode >= 0 && count == 0) {
                    assertEquals(42, exitCode);
                    return back;
                }
                if (count == 0) {
                    client.await(futex, seen, LOOK_NANOS);
                }
            }
        }
    }

    @Test
    void nothingIsLostWhicheverKernelIsKilledBefore() throws Exception {
        byte[] typed = new byte[MEGABYTE];
        new Random(3).nextBytes(typed);
        Random random = new Random(4);
        for (int life = 1; life <= KILLS; life++) {
            try (ChildJvm kernel = kernel(life)) {
                int after = 1 + random.nextInt(MEGABYTE / 8);
                assertTrue(there(typed, kernel, after) >= after);
            }
        }
        try (ChildJvm kernel = kernel(KILLS + 1)) {
            assertEquals(MEGABYTE, there(typed, null, 0));
            assertTrue(kernel.isAlive());
        }
    }
}
