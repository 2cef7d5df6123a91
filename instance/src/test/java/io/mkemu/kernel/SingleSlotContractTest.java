// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static io.mkemu.abi.MkIpiDataDescriptor.BUFFER_OFFSET;
import static io.mkemu.abi.MkIpiDataDescriptor.DATA_SIZE_OFFSET;
import static io.mkemu.abi.MkIpiDataDescriptor.SENDER_CPU_OFFSET;
import static io.mkemu.abi.MkIpiDataDescriptor.TYPE_OFFSET;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.SingleSlotDescriptor;
import io.mkemu.kernel.TestKernels.Hold;
import io.mkemu.memory.Window;
import io.mkemu.testkit.Await;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The RFC's own behaviour, byte for byte. */
@ParameterizedClass
@MethodSource("io.mkemu.kernel.KernelHost#tested")
class SingleSlotContractTest extends MailboxContract {
    private static final int RECEIVING_CPU = 2;
    private static final int SLOT = RECEIVING_CPU * 272;

    SingleSlotContractTest(KernelHost kind) {
        super(kind, Differences.SINGLE_SLOT);
    }

    private Window area() {
        return machine.memory().map(machine.areas().get(1), machine.mapped().interconnect().areaLength(2));
    }

    private void interrupt() throws Exception {
        receiver.apic(0).raise(LocalApicDescriptor.MULTIKERNEL_VECTOR);
        receiver.settle(0);
    }

    @Test
    @DisplayName("layout: 272 bytes at physical CPU * 272, NR_CPUS slots: sender i32, type u32, size u64, 256 bytes")
    void slotLayout() throws Exception {
        assertEquals(272, SingleSlotDescriptor.SLOT_LENGTH);
        assertEquals(Pages.align(TestKernels.LAYOUT.nrCpus() * 272L), machine.mapped().interconnect().areaLength(2));
        try (Window area = area()) {
            UnsafeBuffer bytes = area.buffer();
            byte[] expected = new byte[bytes.capacity()];
            assertEquals(0, send(sender, 1, TYPE, "payload"));
            expected[SLOT] = 1;
            expected[SLOT + 4] = 0x42;
            expected[SLOT + 7] = (byte) 0x80;
            expected[SLOT + 8] = 7;
            byte[] text = "payload".getBytes(StandardCharsets.UTF_8);
            System.arraycopy(text, 0, expected, SLOT + 16, text.length);
            byte[] there = new byte[bytes.capacity()];
            bytes.getBytes(0, there);
            assertArrayEquals(expected, there);
        }
    }

    @Test
    @DisplayName("send, single-slot: writes size, sender, type, payload, in this order")
    void storesInOrder() throws Exception {
        AtomicReference<String> wrong = new AtomicReference<>();
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger round = new AtomicInteger();
        AtomicInteger looked = new AtomicInteger(-1);
        try (Window area = area()) {
            UnsafeBuffer bytes = area.buffer();
            Thread watcher = new Thread(() -> {
                while (!over.get()) {
                    int now = round.get();
                    int payload = bytes.getIntVolatile(SLOT + BUFFER_OFFSET);
                    int type = bytes.getIntVolatile(SLOT + TYPE_OFFSET);
                    int from = bytes.getIntVolatile(SLOT + SENDER_CPU_OFFSET);
                    long size = bytes.getLongVolatile(SLOT + DATA_SIZE_OFFSET);
                    if (now % 2 == 0 && now == round.get() && (payload != 0 && type == 0 || type != 0 && from == 0
                        || from != 0 && size == 0)) {
                        wrong.set("payload " + payload + " type " + type + " sender " + from + " size " + size);
                    }
                    if (payload != 0) {
                        looked.set(now);
                    }
                }
            });
            watcher.start();
            byte[] data = {1, 1, 1, 1};
            for (int message = 0; message < rounds(400); message++) {
                int sent = 2 * message;
                assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, data, TYPE)));
                Await.until(() -> looked.get() == sent);
                round.incrementAndGet();
                bytes.setMemory(SLOT, 272, (byte) 0);
                round.incrementAndGet();
            }
            over.set(true);
            watcher.join();
        }
        assertNull(wrong.get());
    }

    @Test
    @DisplayName("interrupt, single-slot: size 0 or above 256 is dropped")
    void impossibleSizesAreDropped() throws Exception {
        for (int type : new int[] {0, TYPE}) {
            note(receiver, "", type);
        }
        try (Window area = area()) {
            area.buffer().putInt(SLOT + TYPE_OFFSET, TYPE);
            for (long size : new long[] {0, 257, -1, 1L << 32, Long.MIN_VALUE}) {
                area.buffer().putLongVolatile(SLOT + DATA_SIZE_OFFSET, size);
                interrupt();
            }
        }
        assertEquals(List.of(), arrived);
        assertEquals(4, receiver.apic(0).counter(Counter.ANOMALIES));
        assertEquals(1, receiver.apic(0).counter(Counter.SPURIOUS));
        assertEquals(4, machine.log(1).stream().filter(line -> line.contains("damaged message")).count());
    }

    @Test
    @DisplayName("interrupt, single-slot: the slot is never cleared, so a spurious interrupt delivers again")
    void aSpuriousInterruptDeliversAgain() throws Exception {
        note(receiver, "", TYPE);
        assertEquals(0, send(sender, 1, TYPE, "x"));
        receiver.settle(0);
        interrupt();
        interrupt();
        assertEquals(List.of("1:x", "1:x", "1:x"), arrived);
    }

    @Test
    @DisplayName("interrupt, single-slot: the callback sees the live slot change under it")
    void theSlotIsLive() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        receiver.api.registerHandler((data, context) -> {
            seen.add(data.senderCpu() + "/" + data.dataSize() + "/" + data.buffer().getByte(0));
            inside.countDown();
            QueuedContractTest.waitFor(goOn);
            Await.until(() -> data.buffer().getByte(0) == 2);
            seen.add(data.senderCpu() + "/" + data.dataSize() + "/" + data.buffer().getByte(0));
        }, null, TYPE);
        assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, new byte[] {1}, TYPE)));
        Await.latch(inside);
        assertEquals(0, host.on(() -> host.api.sendIpiData(1, new byte[] {2, 2}, TYPE)));
        goOn.countDown();
        receiver.settle(0);
        assertEquals(List.of("1/1/1", "0/2/2"), seen.subList(0, 2));
    }

    /** All pending work is of one message, and the next one's interrupt queues all of it anew. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    @DisplayName("interrupt, single-slot: a message that comes during a callback queues every handler anew")
    void pendingWorkRunsBeforeTheNextInterrupt(int handlers) throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        receiver.api.registerHandler((data, context) -> {
            arrived.add("0:" + data.buffer().getByte(0));
            inside.countDown();
            QueuedContractTest.waitFor(goOn);
        }, null, TYPE);
        for (int younger = 1; younger < handlers; younger++) {
            String name = younger + ":";
            receiver.api.registerHandler((data, context) -> arrived.add(name + data.buffer().getByte(0)), null, TYPE);
        }
        assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, new byte[] {1}, TYPE)));
        Await.latch(inside);
        assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, new byte[] {2}, TYPE)));
        goOn.countDown();
        receiver.settle(0);
        /* The younger ones see the second message twice, the first one never: the slot is live. */
        List<String> expected = new ArrayList<>(List.of("0:1"));
        for (int round = 0; round < 2; round++) {
            for (int handler = round == 0 ? 1 : 0; handler < handlers; handler++) {
                expected.add(handler + ":2");
            }
        }
        assertEquals(2 * handlers, arrived.size());
        assertEquals(expected, arrived);
    }

    @Test
    @DisplayName("send, single-slot: N sends before the receiver runs all return 0, the last one arrives")
    void theLastWriterWins() throws Exception {
        note(receiver, "", TYPE);
        try (Hold still = receiver.hold(0)) {
            assertNotNull(still);
            for (int message = 0; message < 100; message++) {
                assertEquals(0, send(message % 2 == 0 ? host : sender, 1, TYPE, "m" + message));
            }
        }
        receiver.settle(0);
        assertEquals(List.of("1:m99"), arrived);
    }

    @Test
    @DisplayName("send, single-slot: the slot of the CPU's number; the receiver reads that of its physical id")
    void numberAgainstPhysicalId() throws Exception {
        note(receiver, "", TYPE);
        receiver.apic(0).configure(receiver.apic(0).hostCpu(), true, 1, 4);
        assertEquals(0, send(sender, 1, TYPE, "x"));
        receiver.settle(0);
        assertEquals(List.of(), arrived);
        try (Window area = area()) {
            assertEquals(0, area.buffer().getLong(SLOT + DATA_SIZE_OFFSET));
            assertEquals(1, area.buffer().getLong(4 * MkIpiDataDescriptor.LENGTH + DATA_SIZE_OFFSET));
        }
    }

    @Test
    @DisplayName("mk_instance_ipi_destroy, single-slot: frees under a sender that still writes there")
    void destroyDoesNotWait() throws Exception {
        assertEquals(0, send(sender, 1, TYPE, "x"));
        try (Hold still = sender.hold(0)) {
            assertNotNull(still);
            assertEquals(0, machine.areas().destroy(1));
            assertTrue(sender.apic(0).sendsTo(1));
        }
    }
}
