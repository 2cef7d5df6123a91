// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class FutexTest {
    private static final int WORD = 64;
    private static final int WOKEN = 128;
    private static final int ROUNDS = 500;

    @TempDir(factory = TestMachine.Shm.class)
    private Path directory;
    private UnsafeBuffer shared;

    @BeforeEach
    void map() throws IOException {
        shared = map(directory.resolve("words"));
    }

    static UnsafeBuffer map(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
            StandardOpenOption.CREATE)) {
            return new UnsafeBuffer(channel.map(FileChannel.MapMode.READ_WRITE, 0, 4096));
        }
    }

    private long word() {
        return shared.addressOffset() + WORD;
    }

    @Test
    void aWordThatChangedIsNotSleptOn() {
        shared.putIntVolatile(WORD, 8);
        assertEquals(-Errno.EAGAIN, new Futex().await(word(), 7, 0));
        assertEquals(-Errno.EAGAIN, new Futex().await(word(), 7, 1));
    }

    @Test
    void aTimeOutEndsTheSleepAndLeavesNoTrace() {
        Futex futex = new Futex();
        assertEquals(-Errno.ETIMEDOUT, futex.await(word(), 0, 1));
        assertEquals(-Errno.ETIMEDOUT, futex.await(word(), 0, 2_000_000));
        assertEquals(-Errno.EAGAIN, futex.await(word(), 1, 0));
        assertEquals(0, Futex.wake(word(), Integer.MAX_VALUE), "nobody sleeps any more");
    }

    @Test
    void aWakeUpWithoutASleeperIsNotKept() {
        assertEquals(0, Futex.wake(word(), 1));
        assertEquals(-Errno.ETIMEDOUT, new Futex().await(word(), 0, 1));
    }

    @Test
    void aWordThatCannotBeAFutexIsNamed() {
        String message = assertThrows(IllegalStateException.class, () -> new Futex().await(word() + 1, 0, 1))
            .getMessage();
        assertTrue(message.contains(Long.toHexString(word() + 1)) && message.contains("errno 22"), message);
    }

    @Test
    void wakeWakesAsManyAsItSays() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            CompletableFuture<?>[] sleepers = new CompletableFuture<?>[3];
            for (int sleeper = 0; sleeper < sleepers.length; sleeper++) {
                sleepers[sleeper] = CompletableFuture.runAsync(() -> assertEquals(0, new Futex().await(word(), 0, 0)),
                    threads);
            }
            for (int woken = 0; woken < sleepers.length;) {
                int now = Futex.wake(word(), 1);
                assertTrue(now == 0 || now == 1, "woken: " + now);
                woken += now;
            }
            CompletableFuture.allOf(sleepers).get();
        }
    }

    /* What only looks at a machine maps its RAM read-only. */
    @Test
    void aReadOnlyMappingCanBeSleptOn() throws Exception {
        try (FileChannel channel = FileChannel.open(directory.resolve("words"), StandardOpenOption.READ)) {
            UnsafeBuffer view = new UnsafeBuffer(channel.map(FileChannel.MapMode.READ_ONLY, 0, 4096));
            long viewed = view.addressOffset() + WORD;
            assertEquals(-Errno.EAGAIN, new Futex().await(viewed, 1, 0));
            assertEquals(-Errno.ETIMEDOUT, new Futex().await(viewed, 0, 1));
            CompletableFuture<Integer> sleeper = CompletableFuture.supplyAsync(() -> new Futex().await(viewed, 0, 0));
            while (Futex.wake(word(), 1) == 0) {
                Thread.onSpinWait();
            }
            assertEquals(0, sleeper.get());
        }
    }

    @Test
    void anotherProcessWakesThroughTheSharedMapping() throws Exception {
        Futex futex = new Futex();
        try (ChildJvm waker = ChildJvm.start(Waker.class, directory.resolve("words"))) {
            for (int round = 1; round <= ROUNDS; round++) {
                assertEquals(0, futex.await(word(), 0, 0));
                while (shared.getIntVolatile(WOKEN) < round) {
                    assertTrue(waker.isAlive(), "the waker died");
                }
                shared.putIntVolatile(WOKEN + 4, round);
            }
            assertEquals(0, waker.waitFor());
        }
    }

    /** Wakes the test so many times, each time until it really woke somebody. */
    static final class Waker {
        private Waker() {
        }

        public static void main(String[] args) throws IOException {
            ChildJvm.endWithParent();
            UnsafeBuffer shared = map(Path.of(args[0]));
            for (int round = 1; round <= ROUNDS; round++) {
                while (Futex.wake(shared.addressOffset() + WORD, 1) == 0) {
                    Thread.onSpinWait();
                }
                shared.putIntVolatile(WOKEN, round);
                while (shared.getIntVolatile(WOKEN + 4) < round) {
                    Thread.onSpinWait();
                }
            }
            Runtime.getRuntime().halt(0);
        }
    }
}
