// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.kernel.HandlerRegistry.Handler;
import io.mkemu.module.IpiCallback;
import io.mkemu.os.Platform;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.TakesLong;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class HandlerRegistryTest {
    private static final IpiCallback NOTHING = (data, context) -> { };
    private static final int TYPE = 7;

    private final HandlerRegistry registry = new HandlerRegistry(2, true, Platform.system());

    private Handler register(HandlerRegistry at, int type) {
        return at.register(NOTHING, null, type, null);
    }

    @Test
    void theOldestComesFirstAndTypesAreApart() {
        Handler first = register(registry, TYPE);
        Handler second = register(registry, TYPE);
        Handler other = register(registry, TYPE + 1);
        assertArrayEquals(new Handler[] {first, second}, registry.handlersOf(TYPE));
        assertArrayEquals(new Handler[] {other}, registry.handlersOf(TYPE + 1));
        assertEquals(0, registry.handlersOf(TYPE + 2).length);
    }

    @Test
    void theSameCallbackTwiceIsTwoHandlers() {
        Handler first = register(registry, TYPE);
        Handler second = register(registry, TYPE);
        assertEquals(0, registry.unregister(first, -1, false));
        assertArrayEquals(new Handler[] {second}, registry.handlersOf(TYPE));
        assertEquals(-Errno.ENOENT, registry.unregister(first, -1, false));
        assertEquals(0, registry.unregister(second, -1, false));
        assertEquals(-Errno.ENOENT, registry.unregister(second, -1, false));
        assertEquals(0, registry.handlersOf(TYPE).length);
    }

    @Test
    void theOwnCallbackIsRefusedAndAnotherIsNot() {
        Handler own = register(registry, TYPE);
        Handler other = register(registry, TYPE);
        assertTrue(registry.begin(0, own));
        assertEquals(-Errno.EDEADLK, registry.unregister(own, 0, false));
        assertEquals(0, registry.unregister(other, 0, false));
        registry.end(0);
        assertEquals(0, registry.unregister(own, 0, false));
        assertFalse(registry.begin(0, own), "it must not run any more");
    }

    @Test
    @DisplayName("multikernel_unregister_handler, single-slot: from inside the own callback it waits for itself")
    void asTheRfcItWaitsForItself() throws Exception {
        HandlerRegistry asRfc = new HandlerRegistry(1, false, Platform.system());
        Handler own = register(asRfc, TYPE);
        assertTrue(asRfc.begin(0, own));
        AtomicReference<Integer> result = new AtomicReference<>();
        Thread inside = new Thread(() -> result.set(asRfc.unregister(own, 0, false)));
        inside.start();
        Await.until(() -> asRfc.handlersOf(TYPE).length == 0);
        /* Unlinked, and still in there: only the end of the callback, which cannot come, would let it go. */
        for (int look = 0; look < 1000; look++) {
            Thread.yield();
            assertEquals(null, result.get());
        }
        asRfc.end(0);
        inside.join();
        assertEquals(0, result.get());
    }

    @Test
    @DisplayName("multikernel_unregister_handler, single-slot: waits for pending work, for ever on its CPU")
    void asTheRfcItWaitsForPendingWork() throws Exception {
        HandlerRegistry asRfc = new HandlerRegistry(1, false, Platform.system());
        Handler pending = register(asRfc, TYPE);
        assertTrue(pending.queueWork(0));
        AtomicReference<Integer> result = new AtomicReference<>();
        Thread inside = new Thread(() -> result.set(asRfc.unregister(pending, 0, false)));
        inside.start();
        Await.until(() -> asRfc.handlersOf(TYPE).length == 0);
        /* Only the CPU that waits here would run the work. */
        for (int look = 0; look < 1000; look++) {
            Thread.yield();
            assertEquals(null, result.get());
        }
        pending.takeWork(0);
        inside.join();
        assertEquals(0, result.get());
        assertFalse(pending.queueWork(0), "taken back");
        assertFalse(pending.isWorkPending(0));
    }

    @TakesLong
    @Test
    void noCallbackRunsAfterTheReturnWhileOtherCpusAreHot() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger late = new AtomicInteger();
        AtomicReference<Handler> gone = new AtomicReference<>();
        AtomicInteger ran = new AtomicInteger();
        List<Thread> cpus = new ArrayList<>();
        for (int cpu = 0; cpu < 2; cpu++) {
            int self = cpu;
            cpus.add(Thread.ofPlatform().start(() -> {
                while (!over.get()) {
                    for (Handler handler : registry.handlersOf(TYPE)) {
                        if (registry.begin(self, handler)) {
                            ran.incrementAndGet();
                            if (gone.get() == handler) {
                                late.incrementAndGet();
                            }
                        }
                        registry.end(self);
                    }
                }
            }));
        }
        try {
            for (int round = 0; round < 1_000; round++) {
                Handler handler = register(registry, TYPE);
                int before = ran.get();
                Await.until(() -> ran.get() > before);
                assertEquals(0, registry.unregister(handler, -1, false));
                gone.set(handler);
            }
        } finally {
            over.set(true);
            for (Thread cpu : cpus) {
                cpu.join();
            }
        }
        assertEquals(0, late.get());
    }
}
