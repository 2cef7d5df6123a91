// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.kernel.TestKernels.Hold;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.kernel.TraceTap.Seen;
import io.mkemu.memory.Window;
import io.mkemu.testkit.Await;
import io.mkemu.trace.TraceControl;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What two kernels write into their trace rings. */
@Timeout(300)
class CpuTraceTest {
    private static final int SENDER = 1;
    private static final int SENDER_CPU = 4;
    private static final int TARGET = 2;
    private static final int TARGET_CPU = 5;
    private static final int TYPE = 77;

    private TestKernels machine;
    private Node sender;
    private Node target;
    private TraceTap sent;
    private TraceTap received;

    private void boot(IpiMode ipi, TraceMode trace) throws Exception {
        machine = new TestKernels(ipi);
        sender = machine.boot(SENDER, SENDER_CPU);
        target = machine.boot(TARGET, TARGET_CPU);
        sent = new TraceTap(machine.memory(), SENDER_CPU);
        received = new TraceTap(machine.memory(), TARGET_CPU);
        trace(trace);
    }

    /** Changes the mode, and has both CPUs come round so that they know. */
    private void trace(TraceMode mode) throws Exception {
        new TraceControl(machine.memory()).mode(mode);
        sender.settle(0);
        target.settle(0);
        sent.all();
        received.all();
    }

    @AfterEach
    void shutDown() throws Exception {
        machine.close();
    }

    private int send(String text) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return sender.on(() -> sender.api.sendIpiData(TARGET, bytes, TYPE));
    }

    private void handle(java.util.function.Consumer<MkIpiData> callback) throws Exception {
        target.on(() -> target.api.registerHandler((data, context) -> callback.accept(data), null, TYPE));
    }

    private List<Seen> delivered(String... texts) throws Exception {
        for (String text : texts) {
            assertEquals(0, send(text));
        }
        target.settle(0);
        return received.of(TraceEvent.CALLBACK, TraceEvent.UNHANDLED, TraceEvent.COALESCED, TraceEvent.FAULT);
    }

    @Test
    void aMessageIsTheSameAtBothEnds() throws Exception {
        boot(IpiMode.QUEUED, TraceMode.IPI);
        handle(data -> { });
        long before = System.nanoTime();
        List<Seen> callbacks = delivered("one", "three");
        long after = System.nanoTime();
        List<Seen> sends = sent.of(TraceEvent.SEND);
        assertEquals(2, sends.size());
        assertEquals(2, callbacks.size());
        long life = target.kernel.entry().life();
        for (int n = 0; n < 2; n++) {
            Seen send = sends.get(n);
            Seen callback = callbacks.get(n);
            assertEquals("4.5." + life + "." + (n + 1), send.message());
            assertEquals(send.id(), callback.id());
            assertEquals(TYPE, send.type());
            assertEquals(TYPE, callback.type());
            assertEquals(n == 0 ? 3 : 5, send.size());
            assertEquals(send.size(), callback.size());
            assertEquals(TARGET, send.arg0());
            assertTrue(callback.first() && !callback.fault() && !callback.payload() && !send.payload());
            assertTrue(before <= send.time() && callback.end() <= after, "stamps within the test");
            assertTrue(callback.interrupt() <= callback.time() && callback.time() <= callback.end());
            assertTrue(send.time() <= callback.end(), "a callback ends after its send");
        }
        assertTrue(callbacks.get(0).end() <= callbacks.get(1).time(), "one after the other");
    }

    @Test
    void aWokenCpuSleptAndWasInterrupted() throws Exception {
        boot(IpiMode.QUEUED, TraceMode.IPI);
        handle(data -> { });
        Await.until(() -> target.apic(0).idleWord() == io.mkemu.abi.LocalApicDescriptor.STATE_HALTED);
        assertEquals(0, send("x"));
        target.settle(0);
        List<Seen> seen = received.of(TraceEvent.HALT, TraceEvent.INTERRUPT, TraceEvent.CALLBACK);
        int callback = seen.stream().map(Seen::event).toList().indexOf(TraceEvent.CALLBACK);
        assertTrue(callback >= 2, "halt, interrupt, callback: " + seen);
        assertEquals(TraceEvent.INTERRUPT, seen.get(callback - 1).event());
        assertEquals(TraceEvent.HALT, seen.get(callback - 2).event());
        assertEquals(1, seen.get(callback - 1).id() & 1, "the multikernel vector");
        Seen halt = seen.get(callback - 2);
        assertTrue(halt.id() > 0 && halt.time() + halt.id() <= seen.get(callback).time());
    }

    @Test
    void theFirstCallbackOfAMessageIsMarked() throws Exception {
        boot(IpiMode.QUEUED, TraceMode.IPI);
        handle(data -> {
            throw new IllegalStateException("oldest first");
        });
        handle(data -> { });
        List<Seen> seen = delivered("x");
        assertEquals(List.of(TraceEvent.FAULT, TraceEvent.CALLBACK, TraceEvent.CALLBACK),
            seen.stream().map(Seen::event).toList());
        assertTrue(seen.get(1).first() && seen.get(1).fault());
        assertFalse(seen.get(2).first() || seen.get(2).fault());
        assertEquals(seen.get(1).id(), seen.get(2).id());
    }

    @Test
    void whatIsNotDeliveredOrNotSentIsTold() throws Exception {
        boot(IpiMode.QUEUED, TraceMode.IPI);
        List<Seen> seen = delivered("nobody");
        assertEquals(List.of(TraceEvent.UNHANDLED), seen.stream().map(Seen::event).toList());
        assertEquals(sent.of(TraceEvent.SEND).getFirst().id(), seen.getFirst().id());
        assertEquals(6, seen.getFirst().size());
        assertEquals(-Errno.EINVAL, sender.on(() -> sender.api.sendIpiData(99, new byte[1], TYPE)));
        try (Hold held = target.hold(0)) {
            assertNotNull(held);
            for (int n = 0; n < TestKernels.LAYOUT.ipiSlots(); n++) {
                assertEquals(0, send("fill"));
            }
            assertEquals(-Errno.ENOSPC, send("more"));
        }
        List<Seen> refused = sent.of(TraceEvent.FULL, TraceEvent.REFUSED);
        assertEquals(List.of(TraceEvent.REFUSED, TraceEvent.FULL), refused.stream().map(Seen::event).toList());
        assertEquals(99, refused.get(0).arg0());
        assertEquals(Errno.EINVAL, refused.get(0).arg1());
        assertEquals(TARGET, refused.get(1).arg0());
        assertEquals(4, refused.get(1).size());
    }

    @Test
    void allRecordsPayloadsAsSentAndAsDelivered() throws Exception {
        boot(IpiMode.QUEUED, TraceMode.ALL);
        handle(data -> { });
        String longest = "0123456789abcdef".repeat(16);
        List<Seen> callbacks = delivered("", "payload", longest);
        assertEquals(List.of("", "payload", longest), callbacks.stream().map(Seen::text).toList());
        assertEquals(List.of("", "payload", longest), sent.of(TraceEvent.SEND).stream().map(Seen::text).toList());
    }

    @Test
    void inSingleSlotMessagesHaveNoNumberAndCoalescedOnesAreTold() throws Exception {
        boot(IpiMode.SINGLE_SLOT, TraceMode.ALL);
        handle(data -> { });
        try (TestKernels.Hold still = target.hold(0)) {
            assertNotNull(still);
            target.kernel.cpu(0).submit(() -> {
                target.kernel.cpu(0).receiver().interrupt();
                target.kernel.cpu(0).receiver().interrupt();
            });
            assertEquals(0, send("a"));
        }
        target.settle(0);
        List<Seen> seen = received.of(TraceEvent.CALLBACK, TraceEvent.COALESCED);
        assertTrue(seen.stream().anyMatch(each -> each.event() == TraceEvent.COALESCED), "coalesced: " + seen);
        assertTrue(seen.stream().allMatch(each -> each.message().startsWith("4.5.") && each.message().endsWith(".0")),
            "no numbers: " + seen);
        assertEquals("a", seen.stream().filter(each -> each.event() == TraceEvent.CALLBACK).findFirst().orElseThrow()
            .text(), "as it was when the callback began");
    }

    @Test
    void pagesAndAllocationsAreTold() throws Exception {
        boot(IpiMode.QUEUED, TraceMode.IPI);
        CompletableFuture<Window> mapped = new CompletableFuture<>();
        target.on(() -> target.api.registerHandler((data, context) -> mapped.complete(target.api.receiveMapPage(data)),
            null, io.mkemu.abi.MkIpiDataDescriptor.PFN_IPI_TYPE));
        long page = sender.on(() -> sender.api.instanceAlloc(2 * Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        assertEquals(0, sender.on(() -> sender.api.sendPfn(TARGET, Pages.pfn(page))));
        Window window = mapped.get(Await.WATCHDOG_SECONDS, TimeUnit.SECONDS);
        assertEquals(-Errno.EBUSY, sender.on(() -> sender.api.instanceFree(page, 2 * Pages.PAGE_SIZE)));
        /* On a thread that is none of its CPUs. */
        window.close();
        target.settle(0);
        assertEquals(0, sender.on(() -> sender.api.instanceFree(page, 2 * Pages.PAGE_SIZE)));
        List<Seen> owner = sent.of(TraceEvent.POOL_ALLOC, TraceEvent.POOL_FREE, TraceEvent.PFN_SHARE);
        assertEquals(List.of(TraceEvent.POOL_ALLOC, TraceEvent.PFN_SHARE, TraceEvent.POOL_FREE, TraceEvent.POOL_FREE),
            owner.stream().map(Seen::event).toList());
        assertEquals(page, owner.get(0).id());
        assertEquals(2, owner.get(0).arg0());
        assertEquals(Pages.pfn(page), owner.get(1).id());
        assertEquals(TARGET, owner.get(1).arg0());
        assertEquals(Errno.EBUSY, owner.get(2).arg1());
        assertEquals(0, owner.get(3).arg1());
        List<Seen> mapper = received.of(TraceEvent.PFN_MAP, TraceEvent.PFN_UNMAP);
        assertEquals(List.of(TraceEvent.PFN_MAP, TraceEvent.PFN_UNMAP), mapper.stream().map(Seen::event).toList());
        assertEquals(Pages.pfn(page), mapper.get(0).id());
        assertEquals(1, mapper.get(0).arg0());
    }

    @Test
    void modesDecideWhatIsWritten() throws Exception {
        boot(IpiMode.QUEUED, TraceMode.OFF);
        handle(data -> {
            throw new IllegalStateException("seen in lifecycle");
        });
        delivered("x");
        assertEquals(List.of(), sent.all());
        assertEquals(List.of(), received.all());
        trace(TraceMode.LIFECYCLE);
        assertEquals(List.of(TraceEvent.FAULT), delivered("x").stream().map(Seen::event).toList());
        assertEquals(List.of(), sent.all());
        trace(TraceMode.IPI);
        assertEquals(2, delivered("x").size());
        trace(TraceMode.OFF);
        assertEquals(List.of(), delivered("x"));
    }
}
