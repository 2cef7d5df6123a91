// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static io.mkemu.ipi.MkIpiDataDescriptor.MAX_DATA_SIZE;
import static io.mkemu.ipi.MkIpiDataDescriptor.PFN_IPI_TYPE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceState;
import io.mkemu.ipi.IpiArea;
import io.mkemu.ipi.IpiMode;
import io.mkemu.kernel.TestKernels.Hold;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.Pages;
import io.mkemu.memory.Window;
import io.mkemu.module.IpiHandler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * What both mailboxes owe, call by call; a test's display name is the row of docs/semantics.md that it proves. Three
 * kernels: the host on CPU 0, instance 1 on CPUs 2 and 5, which receives, and instance 2 on CPUs 1 and 3, which sends.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
abstract class MailboxContract {
    static final int TYPE = 0x8000_0042;
    static final int SLOTS = TestKernels.LAYOUT.ipiSlots();

    /** All in which the mailboxes differ under this suite. */
    enum Differences {
        QUEUED(IpiMode.QUEUED, -Errno.ESHUTDOWN, -Errno.ENOSPC, 1, -Errno.EINVAL, false),
        SINGLE_SLOT(IpiMode.SINGLE_SLOT, 0, 0, 0, 0, true);

        final IpiMode mode;
        final int sendToInactive;
        final int sendWhileReceiverLags;
        final int callbacksOfZeroSize;
        final int sendOfWideType;
        final boolean mapsUnsharedPages;

        Differences(IpiMode mode, int sendToInactive, int sendWhileReceiverLags, int callbacksOfZeroSize,
            int sendOfWideType, boolean mapsUnsharedPages) {
            this.mode = mode;
            this.sendToInactive = sendToInactive;
            this.sendWhileReceiverLags = sendWhileReceiverLags;
            this.callbacksOfZeroSize = callbacksOfZeroSize;
            this.sendOfWideType = sendOfWideType;
            this.mapsUnsharedPages = mapsUnsharedPages;
        }
    }

    final Differences here;
    TestKernels machine;
    Node host;
    Node receiver;
    Node sender;
    final List<String> arrived = Collections.synchronizedList(new ArrayList<>());

    MailboxContract(Differences here) {
        this.here = here;
    }

    @BeforeEach
    void boot() throws Exception {
        machine = new TestKernels(here.mode);
        host = machine.boot(0, 0);
        receiver = machine.boot(1, 2, 5);
        sender = machine.boot(2, 1, 3);
    }

    @AfterEach
    void shutDown() throws Exception {
        machine.close();
    }

    int send(Node from, int to, int type, String text) throws Exception {
        return from.on(() -> from.api.sendIpiData(to, text.getBytes(StandardCharsets.UTF_8), type));
    }

    IpiHandler note(Node at, String name, int type) {
        return at.api.registerHandler((data, context) -> {
            byte[] bytes = new byte[data.dataSize()];
            data.buffer().getBytes(0, bytes);
            arrived.add(name + data.senderCpu() + ":" + new String(bytes, StandardCharsets.UTF_8));
        }, null, type);
    }

    long available(int id) {
        try (InstancePool pool = InstancePool.attach(machine.memory(), machine.memory().instances().entry(id))) {
            return pool.available();
        }
    }

    private byte[] bytesOf(long address, long length) {
        try (Window window = machine.memory().map(address, length)) {
            byte[] bytes = new byte[(int) length];
            window.buffer().getBytes(0, bytes);
            return bytes;
        }
    }

    @Test
    @DisplayName("mk_instance_ipi_create: no instance, or an id outside 0..255, is -EINVAL")
    void createNeedsAnInstance() {
        for (int none : new int[] {-1, 256, 77, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertEquals(-Errno.EINVAL, machine.areas().create(none), "instance " + none);
        }
    }

    @Test
    @DisplayName("mk_instance_ipi_create: an instance without a pool is -ENODEV")
    void createNeedsAPool() {
        machine.reserve(3, 6).regions(List.of());
        assertEquals(-Errno.ENODEV, machine.areas().create(3));
    }

    @Test
    @DisplayName("mk_instance_ipi_create: a pool that cannot hold the buffer is -ENOMEM")
    void createNeedsRoom() {
        InstanceEntry entry = machine.reserve(3, 6);
        try (InstancePool pool = InstancePool.attach(machine.memory(), entry)) {
            while (pool.alloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE) != 0) {
                continue;
            }
        }
        assertEquals(-Errno.ENOMEM, machine.areas().create(3));
        assertEquals(0, machine.areas().get(3));
    }

    @Test
    @DisplayName("mk_instance_ipi_create: the second is -EEXIST, its buffer freed, the old one kept")
    void createTwiceKeepsTheFirst() {
        machine.load(3, 6);
        long area = machine.areas().get(3);
        long before = available(3);
        assertEquals(-Errno.EEXIST, machine.areas().create(3));
        assertEquals(area, machine.areas().get(3));
        assertEquals(before, available(3));
    }

    @Test
    @DisplayName("mk_instance_ipi_create: the buffer is zeroed before it is published")
    void createZeroesBeforeItPublishes() throws Exception {
        InstanceEntry entry = machine.reserve(3, 6);
        long length = IpiArea.length(machine.memory(), 1);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger seen = new AtomicInteger();
        AtomicReference<String> stale = new AtomicReference<>();
        Thread watcher = new Thread(() -> {
            while (!over.get()) {
                long area = machine.areas().get(3);
                if (area != 0 && (seen.get() & 1) == 0) {
                    byte[] bytes = bytesOf(area, length);
                    for (int at = 128; at < bytes.length; at++) {
                        if (bytes[at] != 0) {
                            stale.set("byte " + at + " is " + bytes[at]);
                        }
                    }
                    seen.incrementAndGet();
                }
                Thread.onSpinWait();
            }
        });
        watcher.start();
        try {
            for (int round = 0; round < 50; round++) {
                try (InstancePool pool = InstancePool.attach(machine.memory(), entry)) {
                    long dirty = pool.alloc(length, Pages.PAGE_SIZE);
                    try (Window window = machine.memory().map(dirty, length)) {
                        window.buffer().setMemory(0, (int) length, (byte) 0x5a);
                    }
                    assertEquals(0, pool.free(dirty, length));
                }
                assertEquals(0, machine.areas().create(3));
                TestKernels.until(() -> (seen.get() & 1) == 1);
                assertEquals(0, machine.areas().destroy(3));
                seen.incrementAndGet();
            }
        } finally {
            over.set(true);
            watcher.join();
        }
        assertNull(stale.get());
    }

    @Test
    @DisplayName("mk_instance_ipi_destroy: unknown or out of range is nothing; else unpublished and freed")
    void destroyGivesBack() {
        for (int none : new int[] {-1, 256, 77}) {
            assertEquals(0, machine.areas().destroy(none), "instance " + none);
        }
        machine.reserve(3, 6);
        long before = available(3);
        assertEquals(0, machine.areas().create(3));
        assertNotEquals(before, available(3));
        assertEquals(0, machine.areas().destroy(3));
        assertEquals(before, available(3));
        assertEquals(0, machine.areas().destroy(3));
        assertEquals(0, machine.areas().get(3));
    }

    @Test
    @DisplayName("mk_instance_ipi_get: the area, or none")
    void getFindsTheArea() {
        assertEquals(machine.memory().instances().entry(1).ipiArea(), machine.areas().get(1));
        assertNotEquals(0, machine.areas().get(1));
        for (int none : new int[] {-1, 256, 77}) {
            assertEquals(0, machine.areas().get(none), "instance " + none);
        }
    }

    @Test
    @DisplayName("multikernel_register_handler: without a callback there is none")
    void registerNeedsACallback() {
        assertNull(receiver.api.registerHandler(null, "context", TYPE));
    }

    @Test
    @DisplayName("multikernel_register_handler: newest first, the same callback twice, every handler of the type runs")
    void everyHandlerRunsNewestFirst() throws Exception {
        note(receiver, "a", TYPE);
        note(receiver, "b", TYPE);
        List<Object> contexts = Collections.synchronizedList(new ArrayList<>());
        io.mkemu.module.IpiCallback same = (data, context) -> contexts.add(context);
        receiver.api.registerHandler(same, 1, TYPE);
        receiver.api.registerHandler(same, 2, TYPE);
        note(receiver, "other", TYPE + 1);
        assertEquals(0, send(sender, 1, TYPE, "x"));
        receiver.settle(0);
        assertEquals(List.of("b1:x", "a1:x"), arrived);
        assertEquals(List.of(2, 1), contexts);
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
    @DisplayName("multikernel_unregister_handler: no callback runs after it returns, however hot the type is")
    void noCallbackAfterUnregister() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        sender.api.runOnCpu(0, () -> sender.api.startTask("flood", () -> {
            sender.api.sendIpiData(1, new byte[8], TYPE);
            return over.get() ? io.mkemu.module.Task.DONE : io.mkemu.module.Task.AGAIN;
        }));
        try {
            for (int round = 0; round < 60; round++) {
                AtomicBoolean gone = new AtomicBoolean();
                AtomicInteger late = new AtomicInteger();
                AtomicInteger calls = new AtomicInteger();
                IpiHandler handler = receiver.api.registerHandler((data, context) -> {
                    calls.incrementAndGet();
                    if (gone.get()) {
                        late.incrementAndGet();
                    }
                }, null, TYPE);
                TestKernels.until(() -> calls.get() > 0);
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

    @Test
    @DisplayName("multikernel_send_ipi_data: unknown instance, then size, then no IPI area")
    void sendChecksInOrder() throws Exception {
        UnsafeBuffer data = new UnsafeBuffer(new byte[1024]);
        machine.reserve(3, 6);
        assertEquals(List.of(-Errno.EINVAL, -Errno.EINVAL, -Errno.EINVAL, -Errno.EINVAL, -Errno.EINVAL,
            -Errno.ENODEV), sender.on(() -> List.of(
                sender.api.sendIpiData(-1, data, 0, 8, TYPE),
                sender.api.sendIpiData(256, data, 0, 8, TYPE),
                sender.api.sendIpiData(77, data, 0, 8, TYPE),
                sender.api.sendIpiData(3, data, 0, MAX_DATA_SIZE + 1, TYPE),
                sender.api.sendIpiData(3, data, 0, -1, TYPE),
                sender.api.sendIpiData(3, data, 0, MAX_DATA_SIZE, TYPE))));
        machine.load(4, 7);
        assertEquals(here.sendToInactive, sender.on(() -> sender.api.sendIpiData(4, data, 0, 8, TYPE)));
        assertEquals(-Errno.EINVAL, sender.on(() -> sender.api.sendIpiData(4, data, 0, MAX_DATA_SIZE + 1, TYPE)));
    }

    @Test
    @DisplayName("multikernel_send_ipi_data: no data with a size sends zeros, over whatever lay there")
    void noDataIsZeros() throws Exception {
        List<byte[]> got = Collections.synchronizedList(new ArrayList<>());
        receiver.api.registerHandler((data, context) -> {
            byte[] bytes = new byte[data.dataSize()];
            data.buffer().getBytes(0, bytes);
            got.add(bytes);
        }, null, TYPE);
        byte[] full = new byte[MAX_DATA_SIZE];
        Arrays.fill(full, (byte) 0x77);
        for (int message = 0; message <= SLOTS; message++) {
            assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, full, TYPE)));
            receiver.settle(0);
        }
        assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, null, 0, 100, TYPE)));
        receiver.settle(0);
        assertArrayEquals(full, got.get(0));
        assertArrayEquals(new byte[100], got.getLast());
        assertEquals(SLOTS + 2, got.size());
    }

    @Test
    @DisplayName("multikernel_send_ipi_data: to the first CPU of the instance; mkemu's own call names one of its CPUs")
    void sendGoesToTheFirstCpu() throws Exception {
        List<Integer> cpus = Collections.synchronizedList(new ArrayList<>());
        receiver.api.registerHandler((data, context) -> cpus.add(receiver.api.physicalCpuId()), null, TYPE);
        assertEquals(0, send(sender, 1, TYPE, "x"));
        receiver.settle(0);
        assertEquals(0, sender.on(() -> sender.api.sendIpiDataToCpu(1, 5, null, 0, 8, TYPE)));
        receiver.settle(1);
        assertEquals(List.of(2, 5), cpus);
        for (int foreign : new int[] {-1, 0, 1, 3, 4, 8, 1024, Integer.MIN_VALUE}) {
            assertEquals(-Errno.EINVAL, sender.on(() -> sender.api.sendIpiDataToCpu(1, foreign, null, 0, 8, TYPE)),
                "CPU " + foreign);
        }
    }

    @Test
    @DisplayName("send while the receiver lags: queued -ENOSPC and nothing written, single-slot 0 and overwritten")
    void sendWhileReceiverLags() throws Exception {
        note(receiver, "", TYPE);
        try (Hold still = receiver.hold(0)) {
            assertNotNull(still);
            for (int message = 0; message < SLOTS; message++) {
                assertEquals(0, send(sender, 1, TYPE, "m" + message));
            }
            assertEquals(here.sendWhileReceiverLags, send(sender, 1, TYPE, "late"));
        }
        receiver.settle(0);
        assertEquals(here.mode == IpiMode.QUEUED ? "1:m" + (SLOTS - 1) : "1:late", arrived.getLast());
        assertEquals(here.mode == IpiMode.QUEUED ? SLOTS : 1, arrived.size());
    }

    @Test
    @DisplayName("interrupt: a zero-size message is delivered (queued) or dropped (single-slot)")
    void zeroSize() throws Exception {
        note(receiver, "", TYPE);
        assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, new byte[0], TYPE)));
        receiver.settle(0);
        assertEquals(here.callbacksOfZeroSize, arrived.size());
    }

    @Test
    @DisplayName("interrupt: every size from 1 to 256 and every type arrives whole")
    void everySizeArrives() throws Exception {
        AtomicReference<byte[]> got = new AtomicReference<>();
        AtomicInteger type = new AtomicInteger();
        for (int any : new int[] {0, 1, -1, TYPE, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            receiver.api.registerHandler((data, context) -> {
                byte[] bytes = new byte[data.dataSize()];
                data.buffer().getBytes(0, bytes);
                type.set(data.type());
                /* Last: it is what is waited for. */
                got.set(bytes);
            }, null, any);
            for (int size = 1; size <= MAX_DATA_SIZE; size += size < 16 || size > 250 ? 1 : 13) {
                byte[] bytes = new byte[size];
                for (int at = 0; at < size; at++) {
                    bytes[at] = (byte) (at * 7 + size);
                }
                got.set(null);
                assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, bytes, any)));
                TestKernels.until(() -> got.get() != null);
                assertArrayEquals(bytes, got.get());
                assertEquals(any, type.get());
            }
        }
    }

    @Test
    @DisplayName("interrupt: without a message it runs no callback and harms nothing")
    void interruptWithoutMessage() throws Exception {
        note(receiver, "", TYPE);
        for (int interrupt = 0; interrupt < 10; interrupt++) {
            receiver.apic(0).raise(io.mkemu.cpu.LocalApicDescriptor.MULTIKERNEL_VECTOR);
            receiver.settle(0);
        }
        assertEquals(List.of(), arrived);
        assertEquals(0, send(sender, 1, TYPE, "x"));
        receiver.settle(0);
        assertEquals(List.of("1:x"), arrived);
    }

    @Test
    @DisplayName("type: 32 bits; the RFC's unsigned long is refused (queued) or cut (single-slot)")
    void wideType() throws Exception {
        note(receiver, "", 1);
        UnsafeBuffer data = new UnsafeBuffer(new byte[] {'x'});
        assertEquals(here.sendOfWideType,
            sender.on(() -> sender.api.sendIpiDataLongType(1, data, 0, 1, 0x1_0000_0001L)));
        receiver.settle(0);
        assertEquals(here.sendOfWideType == 0 ? List.of("1:x") : List.of(), arrived);
        assertEquals(0, sender.on(() -> sender.api.sendIpiDataLongType(1, data, 0, 1, 1)));
        receiver.settle(0);
        assertEquals("1:x", arrived.getLast());
    }

    @Test
    @DisplayName("sender: the CPU in the message leads to the instance that can be answered; the host receives too")
    void replyToTheSender() throws Exception {
        for (Node answering : List.of(host, receiver)) {
            answering.api.registerHandler((data, context) -> {
                int back = answering.api.instanceOfCpu(data.senderCpu());
                arrived.add("at " + answering.api.instanceId() + " from " + back + " cpu " + data.senderCpu());
                answering.api.sendIpiData(back, data.buffer(), 0, data.dataSize(), TYPE + 1);
            }, null, TYPE);
        }
        note(sender, "back from ", TYPE + 1);
        note(host, "back from ", TYPE + 1);
        assertEquals(0, send(sender, 1, TYPE, "x"));
        TestKernels.until(() -> arrived.size() == 2);
        assertEquals(0, send(sender, 0, TYPE, "y"));
        TestKernels.until(() -> arrived.size() == 4);
        assertEquals(0, send(host, 1, TYPE, "z"));
        TestKernels.until(() -> arrived.size() == 6);
        assertEquals(List.of("at 1 from 2 cpu 1", "back from 2:x", "at 0 from 2 cpu 1", "back from 0:y",
            "at 1 from 0 cpu 0", "back from 2:z"), arrived);
        for (int nobodys : new int[] {-1, 7, 8, Integer.MAX_VALUE}) {
            assertEquals(-1, receiver.api.instanceOfCpu(nobodys));
        }
    }

    @Test
    @DisplayName("mk_send_pfn / mk_receive_pfn: type 0x80000001, 8 bytes; no data, wrong type or wrong size is -EINVAL")
    void pfnCalls() throws Exception {
        List<Long> got = Collections.synchronizedList(new ArrayList<>());
        for (int type : new int[] {PFN_IPI_TYPE, TYPE}) {
            receiver.api.registerHandler((data, context) -> got.add(receiver.api.receivePfn(data)), null, type);
        }
        long page = sender.on(() -> sender.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        assertEquals(0, sender.on(() -> sender.api.sendPfn(1, Pages.pfn(page))));
        receiver.settle(0);
        byte[] eight = new byte[8];
        assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, eight, TYPE)));
        receiver.settle(0);
        for (int size : new int[] {7, 9}) {
            assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, new byte[size], PFN_IPI_TYPE)));
            receiver.settle(0);
        }
        assertEquals(-Errno.EINVAL, receiver.api.receivePfn(null));
        long bad = -Errno.EINVAL;
        assertEquals(List.of(Pages.pfn(page), bad, bad, bad), got);
        assertEquals(-Errno.EINVAL, sender.on(() -> sender.api.sendPfn(77, Pages.pfn(page))));
        assertEquals(-Errno.EINVAL, sender.on(() -> sender.api.sendPfn(1, Pages.pfn(page) + 1)), "not allocated");
        assertEquals(-Errno.EINVAL, sender.on(() -> sender.api.sendPfn(1, 0)));
        assertEquals(-Errno.EINVAL, sender.on(() -> sender.api.sendPfn(1, Long.MIN_VALUE)));
    }

    @Test
    @DisplayName("mk_receive_map_page / unmap: a window of 4096 bytes on the very page")
    void mapPage() throws Exception {
        List<Window> windows = Collections.synchronizedList(new ArrayList<>());
        receiver.api.registerHandler((data, context) -> windows.add(receiver.api.receiveMapPage(data)), null,
            PFN_IPI_TYPE);
        long page = sender.on(() -> sender.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        try (Window mine = sender.on(() -> sender.api.memremap(page, Pages.PAGE_SIZE))) {
            mine.buffer().putLong(8, 0x1122_3344_5566_7788L);
            assertEquals(0, sender.on(() -> sender.api.sendPfn(1, Pages.pfn(page))));
            receiver.settle(0);
            Window theirs = windows.get(0);
            assertEquals(Pages.PAGE_SIZE, theirs.buffer().capacity());
            assertEquals(0x1122_3344_5566_7788L, theirs.buffer().getLong(8));
            theirs.buffer().putLong(16, 42);
            assertEquals(42, mine.buffer().getLong(16));
            receiver.api.receiveUnmapPage(theirs);
            receiver.api.receiveUnmapPage(null);
            assertEquals(0, theirs.buffer().capacity());
        }
        assertNull(receiver.api.receiveMapPage(null));
    }

    @Test
    @DisplayName("mk_receive_map_page: a PFN outside RAM is refused and logged, in both modes")
    void mapOutsideRam() throws Exception {
        List<Object> windows = Collections.synchronizedList(new ArrayList<>());
        receiver.api.registerHandler((data, context) -> windows.add(receiver.api.receiveMapPage(data) == null), null,
            PFN_IPI_TYPE);
        long[] outside = {0, 1, -1, Pages.pfn(TestKernels.LAYOUT.ramSize()), Long.MAX_VALUE, Long.MIN_VALUE};
        for (long pfn : outside) {
            UnsafeBuffer data = new UnsafeBuffer(new byte[8]);
            data.putLong(0, pfn);
            assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, data, 0, 8, PFN_IPI_TYPE)));
            receiver.settle(0);
        }
        assertEquals(Collections.nCopies(outside.length, true), windows);
        List<String> log = machine.log(1);
        for (long pfn : outside) {
            assertTrue(log.stream().anyMatch(line -> line.contains("PFN 0x" + Long.toHexString(pfn) + " from CPU 1")),
                "0x" + Long.toHexString(pfn) + " is not in " + log);
        }
    }

    @Test
    @DisplayName("mk_receive_map_page: a page its owner never shared is refused and logged; single-slot maps it")
    void mapUnshared() throws Exception {
        AtomicReference<Object> mapped = new AtomicReference<>();
        receiver.api.registerHandler((data, context) -> mapped.set(receiver.api.receiveMapPage(data) != null), null,
            PFN_IPI_TYPE);
        long hosts = host.on(() -> host.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        long senders = sender.on(() -> sender.api.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        for (long page : new long[] {hosts, senders}) {
            mapped.set(null);
            UnsafeBuffer data = new UnsafeBuffer(new byte[8]);
            data.putLong(0, Pages.pfn(page));
            assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, data, 0, 8, PFN_IPI_TYPE)));
            receiver.settle(0);
            assertEquals(here.mapsUnsharedPages, mapped.get());
            assertEquals(!here.mapsUnsharedPages, machine.log(1).stream()
                .anyMatch(line -> line.contains("PFN 0x" + Long.toHexString(Pages.pfn(page)) + " ")));
        }
    }

    @Test
    @DisplayName("multikernel_instance_alloc / free: page-aligned, 0 when full; what is not allocated is refused")
    void instanceAlloc() throws Exception {
        long small = sender.on(() -> sender.api.instanceAlloc(1, 1));
        assertTrue(small > 0 && small % Pages.PAGE_SIZE == 0);
        long wide = sender.on(() -> sender.api.instanceAlloc(Pages.PAGE_SIZE, 1 << 16));
        assertTrue(wide > 0 && wide % (1 << 16) == 0);
        assertEquals(0, sender.on(() -> sender.api.instanceAlloc(1L << 40, Pages.PAGE_SIZE)));
        assertEquals(0, sender.on(() -> sender.api.instanceAlloc(0, Pages.PAGE_SIZE)));
        assertEquals(0, sender.on(() -> sender.api.instanceAlloc(Pages.PAGE_SIZE, 3)));
        assertEquals(0, sender.on(() -> sender.api.instanceFree(small, 1)));
        assertEquals(-Errno.ENOENT, sender.on(() -> sender.api.instanceFree(small, 1)));
        assertEquals(-Errno.EINVAL, sender.on(() -> sender.api.instanceFree(4096, 1)));
    }

    @Test
    @DisplayName("an instance that ended: queued -ESHUTDOWN, single-slot 0")
    void sendToAnEndedInstance() throws Exception {
        machine.memory().instances().entry(1).enter(InstanceState.FAILED);
        assertEquals(here.sendToInactive, send(sender, 1, TYPE, "x"));
    }
}
