// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a sender owes a receiver that behaves. */
class IpiSenderTest extends SendingMachine {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eachSendersOrderHolds(boolean polling) {
        TestCpu receiver = receiver(0, polling);
        IpiSender[] senders = {sender(0), sender(1), sender(3)};
        int[] cpus = {0, 1, 3};
        for (long sequence = 0; sequence < 20 * SLOTS; sequence++) {
            for (int index = 0; index < senders.length; index++) {
                assertEquals(0, send(senders[index], cpus[index], sequence));
            }
            if (sequence % 5 == 0) {
                receiver.turn();
            }
        }
        while (receiver.turn() > 0) {
            continue;
        }
        for (int cpu : cpus) {
            List<String> expected = new ArrayList<>();
            for (long sequence = 0; sequence < 20 * SLOTS; sequence++) {
                expected.add(cpu + ":" + sequence);
            }
            assertEquals(expected, arrived.stream().filter(one -> one.startsWith(cpu + ":")).toList());
            assertEquals(20 * SLOTS, counter(cpu, Counter.SENT));
            assertEquals(20 * SLOTS, counter(cpu, Counter.RUNG) + counter(cpu, Counter.ELIDED));
        }
        assertEquals(3 * 20 * SLOTS, counter(2, Counter.RECEIVED));
        assertEquals(List.of(), receiver.anomalies);
    }

    @Test
    void aFullLaneRefusesAndWritesNothing() {
        TestCpu receiver = receiver(0, false);
        IpiSender sender = sender(0);
        for (long sequence = 0; sequence < SLOTS; sequence++) {
            assertEquals(0, send(sender, 0, sequence));
        }
        UnsafeBuffer area = area().buffer();
        byte[] before = new byte[area.capacity()];
        area.getBytes(0, before);
        for (int again = 0; again < 3; again++) {
            assertEquals(-Errno.ENOSPC, send(sender, 0, 99));
        }
        byte[] after = new byte[area.capacity()];
        area.getBytes(0, after);
        assertArrayEquals(before, after);
        assertEquals(3, counter(0, Counter.FULL));
        assertEquals(SLOTS, counter(0, Counter.SENT));
        IpiSender other = sender(1);
        assertEquals(0, send(other, 1, 0), "another sender's lane is its own");
        assertEquals(SLOTS + 1, receiver.turn());
        assertEquals(0, send(sender, 0, SLOTS));
        receiver.turn();
        receiver.turn();
        assertEquals(SLOTS + 1, arrived.stream().filter(one -> one.startsWith("0:")).count());
        assertEquals("0:" + SLOTS, arrived.getLast());
    }

    @Test
    void everySizeArrivesAndNoDataIsZeros() {
        List<byte[]> bytes = new ArrayList<>();
        List<Integer> types = new ArrayList<>();
        TestCpu receiver = closing(new TestCpu(machine.mapped(), target, 0, false, data -> {
            byte[] copy = new byte[data.dataSize()];
            data.buffer().getBytes(0, copy);
            assertEquals(data.dataSize(), data.buffer().capacity());
            bytes.add(copy);
            types.add(data.type());
        }));
        IpiSender sender = sender(0);
        byte[] source = new byte[300];
        for (int at = 0; at < source.length; at++) {
            source[at] = (byte) (at * 7 + 1);
        }
        for (int size = 0; size <= MkIpiDataDescriptor.MAX_DATA_SIZE; size++) {
            assertEquals(0, sender.send(1, TYPE + size, new UnsafeBuffer(source), 11, size));
            assertEquals(1, receiver.turn());
            assertArrayEquals(Arrays.copyOfRange(source, 11, 11 + size), bytes.getLast());
            assertEquals(TYPE + size, types.getLast());
        }
        for (int size = 0; size <= MkIpiDataDescriptor.MAX_DATA_SIZE; size++) {
            assertEquals(0, sender.send(1, TYPE, null, 0, size));
            assertEquals(1, receiver.turn());
            assertArrayEquals(new byte[size], bytes.getLast(), "over what an earlier message left in the slot");
        }
    }

    @Test
    void errorsComeInTheOrderOfTheContract() {
        IpiSender sender = sender(0);
        UnsafeBuffer data = new UnsafeBuffer(new byte[512]);
        for (int unknown : new int[] {-1, 256, Integer.MAX_VALUE, Integer.MIN_VALUE, 77}) {
            assertEquals(-Errno.EINVAL, sender.send(unknown, TYPE, data, 0, 8), "instance " + unknown);
            assertEquals(-Errno.EINVAL, sender.sendToCpu(unknown, 2, TYPE, data, 0, 8), "instance " + unknown);
        }
        InstanceEntry bare = machine.reserve(3, 6);
        assertEquals(-Errno.EINVAL, sender.send(3, TYPE, data, 0, 257), "size comes before the area");
        assertEquals(-Errno.EINVAL, sender.send(3, TYPE, data, 0, -1));
        assertEquals(-Errno.ENODEV, sender.send(3, TYPE, data, 0, 256), "the area comes before the state");
        assertEquals(InstanceState.READY, bare.state());
        InstanceEntry loaded = machine.load(4, 7);
        assertEquals(-Errno.ESHUTDOWN, sender.send(4, TYPE, data, 0, 256));
        loaded.enter(InstanceState.FAILED);
        assertEquals(-Errno.ESHUTDOWN, sender.send(4, TYPE, data, 0, 256));
        loaded.enter(InstanceState.ACTIVE);
        assertEquals(0, sender.send(4, TYPE, data, 0, 256));
        for (int full = 1; full < SLOTS; full++) {
            assertEquals(0, sender.send(1, TYPE, data, 0, 8));
        }
        assertEquals(0, sender.send(1, TYPE, data, 0, 8));
        assertEquals(-Errno.EINVAL, sender.send(1, TYPE, data, 0, 257), "size comes before room");
        assertEquals(-Errno.ENOSPC, sender.send(1, TYPE, data, 0, 8));
        target.enter(InstanceState.LOADED);
        assertEquals(-Errno.ESHUTDOWN, sender.send(1, TYPE, data, 0, 8), "the state comes before room");
        assertEquals(1, counter(0, Counter.FULL), "only a full lane counts as full");
    }

    @Test
    void aCpuIsNamedByItsPhysicalId() {
        TestCpu first = receiver(0, false);
        TestCpu second = receiver(1, false);
        IpiSender sender = sender(0);
        assertEquals(0, sender.sendToCpu(1, 5, Payload.type(1), payload.of(0, 1), 0, Payload.size(0, 1)));
        assertEquals(0, first.turn());
        assertEquals(1, second.turn());
        assertEquals(0, sender.sendToCpu(1, 2, Payload.type(2), payload.of(0, 2), 0, Payload.size(0, 2)));
        assertEquals(1, first.turn());
        assertEquals(0, second.turn());
        for (int foreign : new int[] {-1, 0, 1, 3, 4, 6, 8, 1024, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertEquals(-Errno.EINVAL, sender.sendToCpu(1, foreign, TYPE, null, 0, 8), "CPU " + foreign);
        }
        assertEquals(2, counter(0, Counter.SENT));
    }

    @Test
    void aDoorbellIsLeftOutOnlyWhileTheTargetWillLook() {
        TestCpu receiver = receiver(0, true);
        IpiSender sender = sender(0);
        send(sender, 0, 0);
        assertEquals(1, counter(0, Counter.RUNG));
        send(sender, 0, 1);
        assertEquals(1, counter(0, Counter.ELIDED), "rung already");
        receiver.turn();
        send(sender, 0, 2);
        assertEquals(2, counter(0, Counter.ELIDED), "the lane is hot now");
        assertFalse(receiver.apic().hasPending());
        assertEquals(1, receiver.turn());
        receiver.apic().announce(LocalApicDescriptor.STATE_HALTED);
        send(sender, 0, 3);
        assertEquals(2, counter(0, Counter.RUNG));
        assertTrue(receiver.apic().hasPending());
        assertEquals(1, receiver.turn());
    }
}
