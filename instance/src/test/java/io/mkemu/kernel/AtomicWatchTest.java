// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import io.mkemu.kernel.TestKernels.Hold;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.module.IpiCallback;
import io.mkemu.testkit.Await;
import io.mkemu.testmodule.WaitingCallback;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class AtomicWatchTest {
    private static final int TYPE = 0x42;

    private static List<String> bugs(TestKernels machine) {
        return machine.log(1).stream().filter(line -> line.startsWith("BUG: ")).toList();
    }

    private static void send(Node sender) throws Exception {
        assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, new byte[4], TYPE)));
    }

    @ParameterizedTest
    @CsvSource({"SINGLE_SLOT, SLEEP, sleeps or waits", "QUEUED, SLEEP, sleeps or waits",
        "QUEUED, PARK, sleeps or waits", "SINGLE_SLOT, PARK, sleeps or waits",
        "QUEUED, LOCK, blocks on a lock", "SINGLE_SLOT, LOCK, blocks on a lock",
        "QUEUED, READ, does I/O", "SINGLE_SLOT, READ, does I/O"})
    @DisplayName("a callback that sleeps, parks, blocks or does I/O is told once")
    void aCallbackThatWaitsIsToldOnce(IpiMode mode, WaitingCallback.Kind kind, String what) throws Exception {
        TestKernels machine = new TestKernels(mode);
        try (WaitingCallback waiting = new WaitingCallback(kind)) {
            Node receiver = machine.boot(1, 2);
            Node sender = machine.boot(2, 1);
            receiver.api.registerHandler((data, context) -> { }, null, TYPE);
            receiver.api.registerHandler(waiting, null, TYPE);
            for (int round = 1; round <= 2; round++) {
                int calls = round;
                send(sender);
                Await.until(() -> waiting.begun() == calls);
                Await.until(() -> {
                    receiver.kernel.atomicWatch().look();
                    return !bugs(machine).isEmpty();
                });
                for (int look = 0; look < 5; look++) {
                    receiver.kernel.atomicWatch().look();
                }
                waiting.release();
                Await.until(() -> waiting.over() == calls);
            }
            assertEquals(List.of("BUG: scheduling while atomic: probe: handler 1 of IPI type 0x42 " + what
                + " in its callback on CPU 2"), bugs(machine));
            assertTrue(machine.log(1).stream().anyMatch(line -> line.startsWith("  at ")
                && line.contains("WaitingCallback.handle")), machine.log(1)::toString);
        } finally {
            machine.close();
        }
    }

    @ParameterizedTest
    @EnumSource(IpiMode.class)
    @DisplayName("one that works, or waits in a call of its kernel, is not told")
    void whatWorksIsNotTold(IpiMode mode) throws Exception {
        TestKernels machine = new TestKernels(mode);
        AtomicInteger looks = new AtomicInteger();
        try {
            Node receiver = machine.boot(1, 2);
            Node sender = machine.boot(2, 1);
            Node deaf = machine.boot(3, 3);
            IpiCallback busy = (data, context) -> {
                while (looks.get() < 100) {
                    receiver.api.sendIpiDataTimeout(3, data.buffer(), 0, 0, TYPE, 1_000_000);
                }
            };
            receiver.api.registerHandler(busy, null, TYPE);
            try (Hold held = deaf.hold(0)) {
                assertNotNull(held);
                send(sender);
                Await.until(() -> receiver.kernel.handlers().running(0) != null);
                while (looks.incrementAndGet() < 100) {
                    receiver.kernel.atomicWatch().look();
                    Thread.yield();
                }
            }
            receiver.settle(0);
            assertEquals(List.of(), bugs(machine));
        } finally {
            machine.close();
        }
    }
}
