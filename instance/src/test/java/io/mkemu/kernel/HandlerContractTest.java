// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.mkemu.Errno;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Task;
import io.mkemu.testkit.Await;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Handlers, in both modes. */
@ParameterizedClass
@MethodSource("kernelsAndMailboxes")
class HandlerContractTest extends MailboxContract {
    HandlerContractTest(KernelHost kind, Differences here) {
        super(kind, here);
    }

    @Test
    @DisplayName("multikernel_register_handler: without a callback there is none")
    void registerNeedsACallback() {
        assertNull(receiver.api.registerHandler(null, "context", TYPE));
    }

    @Test
    @DisplayName("multikernel_register_handler: oldest first, the same callback twice, every handler of the type runs")
    void everyHandlerRunsOldestFirst() throws Exception {
        note(receiver, "a", TYPE);
        note(receiver, "b", TYPE);
        List<Object> contexts = Collections.synchronizedList(new ArrayList<>());
        IpiCallback same = (data, context) -> contexts.add(context);
        receiver.api.registerHandler(same, 1, TYPE);
        receiver.api.registerHandler(same, 2, TYPE);
        note(receiver, "other", TYPE + 1);
        assertEquals(0, send(sender, 1, TYPE, "x"));
        receiver.settle(0);
        assertEquals(List.of("a1:x", "b1:x"), arrived);
        assertEquals(List.of(1, 2), contexts);
    }

    @Test
    @DisplayName("multikernel_unregister_handler: none is nothing; twice, or what never was registered, is -ENOENT")
    void unregisterOnce() throws Exception {
        IpiHandler first = note(receiver, "a", TYPE);
        note(receiver, "b", TYPE);
        assertEquals(0, receiver.on(() -> receiver.api.unregisterHandler(null)));
        assertEquals(0, receiver.on(() -> receiver.api.unregisterHandler(first)));
        assertEquals(-Errno.ENOENT, receiver.on(() -> receiver.api.unregisterHandler(first)));
        assertEquals(-Errno.ENOENT, receiver.on(() -> receiver.api.unregisterHandler(() -> TYPE)));
        assertEquals(0, send(sender, 1, TYPE, "x"));
        receiver.settle(0);
        assertEquals(List.of("b1:x"), arrived);
    }

    @Test
    @DisplayName("multikernel_unregister_handler: a callback that takes back an older handler finds that it has run")
    void unregisterOfOneThatHasRun() throws Exception {
        IpiHandler older = note(receiver, "older", TYPE);
        List<Integer> results = Collections.synchronizedList(new ArrayList<>());
        receiver.api.registerHandler((data, context) -> results.add(receiver.api.unregisterHandler(older)), null, TYPE);
        for (int message = 0; message < 2; message++) {
            assertEquals(0, send(sender, 1, TYPE, "x"));
            receiver.settle(0);
        }
        assertEquals(List.of("older1:x"), arrived);
        assertEquals(List.of(0, -Errno.ENOENT), results);
    }

    @Test
    @DisplayName("multikernel_unregister_handler: no callback runs after it returns, however hot the type is")
    void noCallbackAfterUnregister() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        sender.api.runOnCpu(0, () -> sender.api.startTask("flood", () -> {
            sender.api.sendIpiData(1, new byte[8], TYPE);
            return over.get() ? Task.DONE : Task.AGAIN;
        }));
        try {
            for (int round = 0; round < rounds(60); round++) {
                AtomicBoolean gone = new AtomicBoolean();
                AtomicInteger late = new AtomicInteger();
                AtomicInteger calls = new AtomicInteger();
                IpiHandler handler = receiver.api.registerHandler((data, context) -> {
                    calls.incrementAndGet();
                    if (gone.get()) {
                        late.incrementAndGet();
                    }
                }, null, TYPE);
                Await.until(() -> calls.get() > 0);
                /* On the instance's other CPU, while its boot CPU runs callbacks. */
                assertEquals(0, receiver.on(1, () -> {
                    int result = receiver.api.unregisterHandler(handler);
                    gone.set(true);
                    return result;
                }));
                assertEquals(0, late.get(), "round " + round);
            }
        } finally {
            over.set(true);
        }
    }
}
