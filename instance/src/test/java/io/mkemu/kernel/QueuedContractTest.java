// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.kernel.TestKernels.Hold;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.Window;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Task;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What only the queued mailbox promises. */
@ParameterizedClass
@MethodSource("io.mkemu.kernel.KernelHost#tested")
class QueuedContractTest extends MailboxContract {
    QueuedContractTest(KernelHost kind) {
        super(kind, Differences.QUEUED);
    }

    private void stream(Subject from, int cpu, int messages, CountDownLatch done) {
        from.api.runOnCpu(cpu, () -> {
            UnsafeBuffer data = new UnsafeBuffer(new byte[16]);
            long[] next = {0};
            from.api.startTask("stream", () -> {
                data.putLong(0, next[0]);
                if (from.api.sendIpiData(1, data, 0, 16, TYPE) == 0 && ++next[0] == messages) {
                    done.countDown();
                    return Task.DONE;
                }
                return Task.AGAIN;
            });
        });
    }

    @Test
    @DisplayName("interrupt, queued: each message exactly once to each handler, in each sender's order")
    void exactlyOnceInOrder() throws Exception {
        int messages = messages(20_000);
        List<List<List<Long>>> seen = new ArrayList<>();
        for (int handler = 0; handler < 2; handler++) {
            List<List<Long>> bySender = new ArrayList<>();
            for (int cpu = 0; cpu < TestKernels.LAYOUT.nrCpus(); cpu++) {
                bySender.add(Collections.synchronizedList(new ArrayList<>()));
            }
            seen.add(bySender);
            receiver.api.registerHandler((data, context) ->
                bySender.get(data.senderCpu()).add(data.buffer().getLong(0)), null, TYPE);
        }
        CountDownLatch done = new CountDownLatch(3);
        stream(host, 0, messages, done);
        stream(sender, 0, messages, done);
        stream(sender, 1, messages, done);
        Await.latch(done);
        receiver.settle(0);
        List<Long> expected = LongStream.range(0, messages).boxed().toList();
        for (List<List<Long>> bySender : seen) {
            for (int cpu : new int[] {0, 1, 3}) {
                assertEquals(expected, bySender.get(cpu), "from CPU " + cpu);
            }
        }
    }

    @Test
    @DisplayName("interrupt, queued: the callback sees a stable message, whatever is sent meanwhile")
    void stableView() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicReference<byte[]> after = new AtomicReference<>();
        receiver.api.registerHandler((data, context) -> {
            if (after.get() == null) {
                inside.countDown();
                waitFor(goOn);
                byte[] bytes = new byte[data.dataSize()];
                data.buffer().getBytes(0, bytes);
                after.set(bytes);
            }
        }, null, TYPE);
        byte[] first = new byte[256];
        Arrays.fill(first, (byte) 1);
        assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, first, TYPE)));
        Await.latch(inside);
        byte[] other = new byte[256];
        int accepted = 0;
        while (sender.on(() -> sender.api.sendIpiData(1, other, TYPE)) == 0) {
            accepted++;
        }
        assertEquals(SLOTS - 1, accepted);
        goOn.countDown();
        Await.until(() -> after.get() != null);
        assertArrayEquals(first, after.get());
    }

    static void waitFor(CountDownLatch latch) {
        try {
            Await.latch(latch);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    @DisplayName("send, queued: -ENOSPC and -ESHUTDOWN write nothing")
    void aRefusedSendWritesNothing() throws Exception {
        long address = machine.areas().get(1);
        long length = machine.mapped().interconnect().areaLength(2);
        try (Hold still = receiver.hold(0); Window area = machine.memory().map(address, length)) {
            assertNotNull(still);
            for (int message = 0; message < SLOTS; message++) {
                assertEquals(0, send(sender, 1, TYPE, "m" + message));
            }
            byte[] before = new byte[(int) length];
            area.buffer().getBytes(0, before);
            assertEquals(-Errno.ENOSPC, send(sender, 1, TYPE, "full"));
            var entry = machine.mapped().instances().entry(1);
            entry.enter(InstanceState.LOADED);
            assertEquals(-Errno.ESHUTDOWN, send(sender, 1, TYPE, "shut"));
            assertEquals(-Errno.ESHUTDOWN, send(host, 1, TYPE, "shut"));
            byte[] after = new byte[(int) length];
            area.buffer().getBytes(0, after);
            assertArrayEquals(before, after);
            entry.enter(InstanceState.ACTIVE);
        }
        receiver.settle(0);
    }

    @Test
    @DisplayName("multikernel_unregister_handler, queued: from inside the own callback it is -EDEADLK, and stays")
    void unregisterFromOwnCallback() throws Exception {
        AtomicReference<IpiHandler> own = new AtomicReference<>();
        List<Integer> results = Collections.synchronizedList(new ArrayList<>());
        own.set(receiver.api.registerHandler(
            (data, context) -> results.add(receiver.api.unregisterHandler(own.get())), null, TYPE));
        for (int message = 0; message < 2; message++) {
            assertEquals(0, send(sender, 1, TYPE, "x"));
            receiver.settle(0);
        }
        assertEquals(List.of(-Errno.EDEADLK, -Errno.EDEADLK), results);
        assertEquals(0, receiver.on(() -> receiver.api.unregisterHandler(own.get())));
    }

    @Test
    @DisplayName("multikernel_unregister_handler, queued: of a handler that the same message goes to next is -EDEADLK")
    void unregisterOfAPendingHandler() throws Exception {
        AtomicReference<IpiHandler> younger = new AtomicReference<>();
        List<Integer> results = Collections.synchronizedList(new ArrayList<>());
        receiver.api.registerHandler((data, context) -> results.add(receiver.api.unregisterHandler(younger.get())),
            null, TYPE);
        younger.set(note(receiver, "younger", TYPE));
        assertEquals(0, send(sender, 1, TYPE, "x"));
        receiver.settle(0);
        assertEquals(List.of(-Errno.EDEADLK), results);
        assertEquals(List.of("younger1:x"), arrived, "delivered to each handler");
        assertEquals(0, receiver.on(() -> receiver.api.unregisterHandler(younger.get())));
    }

    @Test
    @DisplayName("multikernel_unregister_handler, queued: two callbacks that take each other back: -EDEADLK for one")
    void unregisterEachOther() throws Exception {
        for (int round = 0; round < rounds(50); round++) {
            IpiHandler[] handlers = new IpiHandler[2];
            int[] results = new int[2];
            CyclicBarrier inside = new CyclicBarrier(2);
            CountDownLatch returned = new CountDownLatch(2);
            for (int cpu = 0; cpu < 2; cpu++) {
                int own = cpu;
                handlers[cpu] = receiver.api.registerHandler((data, context) -> {
                    meet(inside);
                    results[own] = receiver.api.unregisterHandler(handlers[1 - own]);
                    returned.countDown();
                }, null, TYPE + cpu);
            }
            assertEquals(0, send(sender, 1, TYPE, "x"));
            assertEquals(0, sender.on(() -> sender.api.sendIpiDataToCpu(1, 5, null, 0, 1, TYPE + 1)));
            Await.latch(returned);
            Arrays.sort(results);
            assertArrayEquals(new int[] {-Errno.EDEADLK, 0}, results);
            int again = 0;
            for (IpiHandler handler : handlers) {
                again += receiver.on(() -> receiver.api.unregisterHandler(handler));
            }
            assertEquals(-Errno.ENOENT, again, "one was taken back, the other stayed");
        }
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(Await.WATCHDOG_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException alone) {
            throw new IllegalStateException(alone);
        }
    }

    @Test
    @DisplayName("mk_instance_ipi_destroy, queued: waits for its senders; -EBUSY if one does not let go")
    void destroyWaitsForSenders() throws Exception {
        assertEquals(0, send(sender, 1, TYPE, "x"));
        assertTrue(sender.apic(0).sendsTo(1));
        long area = machine.areas().get(1);
        try (Hold still = sender.hold(0)) {
            assertNotNull(still);
            assertEquals(-Errno.EBUSY, machine.areas().destroy(1));
            assertEquals(0, machine.areas().get(1), "unpublished");
            try (InstancePool pool = machine.mapped().poolOf(machine.mapped().instances().entry(1))) {
                assertTrue(pool.isAllocated(area, Pages.PAGE_SIZE), "still allocated");
            }
        }
        assertEquals(-Errno.ENODEV, send(sender, 1, TYPE, "x"));
        Await.until(() -> !sender.apic(0).sendsTo(1));
    }

    @Test
    @DisplayName("mk_instance_ipi_destroy, queued: a sender at work meanwhile never touches freed memory")
    void destroyUnderFire() throws Exception {
        /* A target without a kernel of its own: nobody but senders has the area mapped. */
        InstanceEntry entry = machine.load(3, 6);
        entry.enter(InstanceState.ACTIVE);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger sent = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(1);
        sender.api.runOnCpu(0, () -> sender.api.startTask("fire", () -> {
            if (sender.api.sendIpiData(3, new byte[64], TYPE) == 0) {
                sent.incrementAndGet();
            }
            if (over.get()) {
                done.countDown();
                return Task.DONE;
            }
            return Task.AGAIN;
        }));
        long length = machine.mapped().interconnect().areaLength(1);
        int before = 0;
        try {
            for (int round = 0; round < rounds(30); round++) {
                int soFar = before;
                Await.until(() -> sent.get() > soFar);
                long area = machine.areas().get(3);
                assertEquals(0, machine.areas().destroy(3));
                try (InstancePool pool = machine.mapped().poolOf(entry)) {
                    assertEquals(area, pool.alloc(length, Pages.PAGE_SIZE), "the freed memory goes to somebody else");
                    try (Window window = machine.memory().map(area, length)) {
                        window.buffer().setMemory(0, (int) length, (byte) 0x33);
                        sender.settle(0);
                        byte[] there = new byte[(int) length];
                        window.buffer().getBytes(0, there);
                        byte[] mine = new byte[(int) length];
                        Arrays.fill(mine, (byte) 0x33);
                        assertArrayEquals(mine, there);
                    }
                    assertEquals(0, pool.free(area, length));
                }
                before = sent.get();
                assertEquals(0, machine.areas().create(3));
            }
        } finally {
            over.set(true);
        }
        Await.latch(done);
        assertFalse(machine.log(2).stream().anyMatch(line -> line.contains("fault")), () -> machine.log(2).toString());
    }
}
