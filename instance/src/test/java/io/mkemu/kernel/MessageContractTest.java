// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static io.mkemu.abi.MkIpiDataDescriptor.MAX_DATA_SIZE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.kernel.TestKernels.Hold;
import io.mkemu.testkit.Await;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Sending and receiving, in both modes. */
@ParameterizedClass
@MethodSource("kernelsAndMailboxes")
class MessageContractTest extends MailboxContract {
    MessageContractTest(KernelHost kind, Differences here) {
        super(kind, here);
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
    @DisplayName("multikernel_send_ipi_data: to oneself it is delivered (queued), or -ENODEV (single-slot)")
    void sendToOneself() throws Exception {
        note(receiver, "", TYPE);
        assertEquals(here.mode == IpiMode.QUEUED ? 0 : -Errno.ENODEV, send(receiver, 1, TYPE, "x"));
        assertEquals(-Errno.EINVAL, receiver.on(() -> receiver.api.sendIpiData(1, null, 0, MAX_DATA_SIZE + 1, TYPE)));
        receiver.settle(0);
        assertEquals(here.mode == IpiMode.QUEUED ? List.of("2:x") : List.of(), arrived);
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
            UnsafeBuffer late = new UnsafeBuffer("late".getBytes(StandardCharsets.UTF_8));
            assertEquals(here.sendWhileReceiverLags,
                sender.on(() -> sender.api.sendIpiDataTimeout(1, late, 0, 4, TYPE, 1_000_000)));
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
            /* Of a module in C this is dear, and CModuleContract has it with each size. */
            int wide = kind == KernelHost.JAVA ? 1 : 5;
            for (int size = 1; size <= MAX_DATA_SIZE; size += size < 16 || size > 250 ? wide : 13 * wide) {
                byte[] bytes = new byte[size];
                for (int at = 0; at < size; at++) {
                    bytes[at] = (byte) (at * 7 + size);
                }
                got.set(null);
                assertEquals(0, sender.on(() -> sender.api.sendIpiData(1, bytes, any)));
                Await.until(() -> got.get() != null);
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
            receiver.apic(0).raise(LocalApicDescriptor.MULTIKERNEL_VECTOR);
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
        for (Subject answering : List.of(host, receiver)) {
            answering.api.registerHandler((data, context) -> {
                int back = answering.api.instanceOfCpu(data.senderCpu());
                arrived.add("at " + answering.api.instanceId() + " from " + back + " cpu " + data.senderCpu());
                answering.api.sendIpiData(back, data.buffer(), 0, data.dataSize(), TYPE + 1);
            }, null, TYPE);
        }
        note(sender, "back from ", TYPE + 1);
        note(host, "back from ", TYPE + 1);
        assertEquals(0, send(sender, 1, TYPE, "x"));
        Await.until(() -> arrived.size() == 2);
        assertEquals(0, send(sender, 0, TYPE, "y"));
        Await.until(() -> arrived.size() == 4);
        assertEquals(0, send(host, 1, TYPE, "z"));
        Await.until(() -> arrived.size() == 6);
        assertEquals(List.of("at 1 from 2 cpu 1", "back from 2:x", "at 0 from 2 cpu 1", "back from 0:y",
            "at 1 from 0 cpu 0", "back from 2:z"), arrived);
        for (int nobodys : new int[] {-1, 7, 8, Integer.MAX_VALUE}) {
            assertEquals(-1, receiver.api.instanceOfCpu(nobodys));
        }
    }

    @Test
    @DisplayName("the sender's instance and life: a message tells both, also one of a life that has ended since")
    void whoHasSentIt() throws Exception {
        host.api.registerHandler((data, context) -> arrived.add(data.senderInstance() + " in life "
            + data.senderLife()), null, TYPE);
        long life = host.on(() -> host.api.life(2));
        assertEquals(0, send(sender, 0, TYPE, "x"));
        host.settle(0);
        assertEquals(List.of("2 in life " + life), arrived);
        assertEquals(life, host.on(() -> host.api.findInstance(2).life()));
        assertEquals(0, host.on(() -> host.api.life(77) + host.api.life(-1) + host.api.life(256)));
        if (kind != KernelHost.JAVA) {
            return;
        }
        arrived.clear();
        List<String> expected = new ArrayList<>();
        try (Hold _ = host.hold(0)) {
            Subject former = sender;
            for (long each = life; each < life + 4; each++) {
                if (each > life) {
                    former.shutDown();
                    machine.reload(2);
                    former = machine.boot(2, "quiet");
                }
                assertEquals(0, send(former, 0, TYPE, "x"));
                expected.add("2 in life " + each);
            }
        }
        host.settle(0);
        assertEquals(here.mode == IpiMode.QUEUED ? expected : expected.subList(3, 4), arrived);
    }

    @Test
    @DisplayName("an instance that ended: queued -ESHUTDOWN, single-slot 0")
    void sendToAnEndedInstance() throws Exception {
        machine.mapped().instances().entry(1).enter(InstanceState.FAILED);
        assertEquals(here.sendToInactive, send(sender, 1, TYPE, "x"));
    }
}
