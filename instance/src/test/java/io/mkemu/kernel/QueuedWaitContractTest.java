// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.kernel.TestKernels.Hold;
import io.mkemu.testkit.Await;
import io.mkemu.trace.TraceControl;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What a send that waits for room promises; only the queued mailbox can be full. */
@ParameterizedClass
@MethodSource("io.mkemu.kernel.KernelHost#tested")
class QueuedWaitContractTest extends MailboxContract {
    private static final long SHORT_NANOS = 1_000_000;
    private static final long FOREVER = Long.MAX_VALUE;

    QueuedWaitContractTest(KernelHost kind) {
        super(kind, Differences.QUEUED);
    }

    private static int sendTimeout(Subject from, int to, String text, long timeoutNanos) {
        UnsafeBuffer bytes = new UnsafeBuffer(text.getBytes(StandardCharsets.UTF_8));
        return from.api.sendIpiDataTimeout(to, bytes, 0, bytes.capacity(), TYPE, timeoutNanos);
    }

    private void fill(int target) throws Exception {
        for (int message = 0; message < SLOTS; message++) {
            assertEquals(0, send(sender, target, TYPE, "m" + message));
        }
    }

    /** A send on the sender's boot CPU that waits for room when this returns. */
    private CompletableFuture<Integer> waiting(int target, String text) throws Exception {
        CompletableFuture<Integer> result = new CompletableFuture<>();
        CompletableFuture<Thread> cpu = new CompletableFuture<>();
        sender.api.runOnCpu(0, () -> {
            cpu.complete(Thread.currentThread());
            result.complete(sendTimeout(sender, target, text, FOREVER));
        });
        Thread thread = cpu.get(Await.WATCHDOG_SECONDS, TimeUnit.SECONDS);
        Await.until(() -> sender.waits(0, thread));
        assertFalse(result.isDone());
        return result;
    }

    private static int result(CompletableFuture<Integer> waiting) throws Exception {
        return waiting.get(Await.WATCHDOG_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    @DisplayName("sendIpiDataTimeout, queued: waits for room; the sender's order holds")
    void waitsForRoom() throws Exception {
        note(receiver, "", TYPE);
        CompletableFuture<Integer> waiting;
        try (Hold still = receiver.hold(0)) {
            assertNotNull(still);
            fill(1);
            waiting = waiting(1, "late");
        }
        assertEquals(0, result(waiting));
        receiver.settle(0);
        List<String> expected = IntStream.rangeClosed(0, SLOTS)
            .mapToObj(message -> message < SLOTS ? "1:m" + message : "1:late").toList();
        assertEquals(expected, arrived);
        assertEquals(0, sender.apic(0).counter(Counter.FULL));
    }

    @Test
    @DisplayName("sendIpiDataTimeout, queued: -ENOSPC when the time is over, counted and traced once")
    void theTimeIsOver() throws Exception {
        new TraceControl(machine.memory()).mode(TraceMode.ALL);
        sender.settle(0);
        TraceTap ring = new TraceTap(machine.memory(), 1);
        try (Hold still = receiver.hold(0)) {
            assertNotNull(still);
            fill(1);
            assertEquals(-Errno.ENOSPC, sender.on(() -> {
                /* A CPU that looks for work now and then has filled its ring with that. */
                ring.all();
                return sendTimeout(sender, 1, "late", SHORT_NANOS);
            }));
        }
        assertEquals(1, sender.apic(0).counter(Counter.FULL));
        List<TraceTap.Seen> full = ring.of(TraceEvent.FULL);
        assertEquals(List.of("late".length()), full.stream().map(TraceTap.Seen::size).toList());
        if (kind != KernelHost.NATIVE) {
            /* That one has no mode all: a module in C runs in a JVM then. */
            assertEquals("late", full.getFirst().text());
        }
    }

    @Test
    @DisplayName("sendIpiDataTimeout, queued: two CPUs that wait for each other wait until the time is over")
    void twoCpusThatWaitForEachOther() throws Exception {
        CyclicBarrier both = new CyclicBarrier(2);
        List<CompletableFuture<Integer>> results = List.of(new CompletableFuture<>(), new CompletableFuture<>());
        List<Subject> nodes = List.of(receiver, sender);
        for (int index = 0; index < 2; index++) {
            Subject node = nodes.get(index);
            int other = 2 - index;
            CompletableFuture<Integer> result = results.get(index);
            node.submit(0, () -> {
                try {
                    both.await();
                    while (sendTimeout(node, other, "x", 0) == 0) {
                        continue;
                    }
                    both.await();
                    int sent = sendTimeout(node, other, "x", SHORT_NANOS);
                    /* The first that went on would make room for the other. */
                    both.await();
                    result.complete(sent);
                } catch (Exception fault) {
                    result.completeExceptionally(fault);
                }
            });
        }
        assertEquals(-Errno.ENOSPC, result(results.get(0)));
        assertEquals(-Errno.ENOSPC, result(results.get(1)));
    }

    @Test
    @DisplayName("sendIpiDataTimeout, queued: -ESHUTDOWN at once if the target ends meanwhile")
    void theTargetEnds() throws Exception {
        try (Hold still = receiver.hold(0)) {
            assertNotNull(still);
            fill(1);
            CompletableFuture<Integer> waiting = waiting(1, "late");
            machine.mapped().instances().entry(1).enter(InstanceState.FAILED);
            assertEquals(-Errno.ESHUTDOWN, result(waiting));
        }
    }

    @Test
    @DisplayName("sendIpiDataTimeout, queued: -ENODEV at once if the area is taken away, which is not held up")
    void theAreaGoes() throws Exception {
        /* Targets without kernels of their own: nobody but the sender has their areas mapped. */
        machine.load(3, 6).enter(InstanceState.ACTIVE);
        machine.load(4, 7).enter(InstanceState.ACTIVE);
        assertEquals(0, send(sender, 4, TYPE, "x"));
        fill(3);
        CompletableFuture<Integer> waiting = waiting(3, "late");
        assertEquals(0, machine.areas().destroy(4), "another one's");
        assertFalse(waiting.isDone());
        assertEquals(0, machine.areas().destroy(3));
        assertEquals(-Errno.ENODEV, result(waiting));
    }
}
