// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.boot.InstanceEntry;
import io.mkemu.boot.InstanceState;
import io.mkemu.cpu.LocalApic;
import io.mkemu.cpu.LocalApicDescriptor;
import io.mkemu.cpu.LocalApicDescriptor.Counter;
import io.mkemu.memory.TestMachine;
import io.mkemu.memory.Window;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Instance 1 with CPUs 2 and 5 receives, CPUs 0, 1 and 3 send. */
@Timeout(value = 30, threadMode = ThreadMode.SEPARATE_THREAD)
class IpiSenderTest {
    private static final int SLOTS = TestMachine.LAYOUT.ipiSlots();
    private static final int TYPE = 0x8000_0042;

    @TempDir(factory = TestMachine.Shm.class)
    private Path directory;
    private TestMachine machine;
    private InstanceEntry target;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<String> arrived = new ArrayList<>();
    private final Payload payload = new Payload();

    @BeforeEach
    void makeMachine() throws IOException {
        machine = TestMachine.create(directory);
        machine.activate(0, 0);
        machine.activate(2, 1, 3);
        target = machine.activate(1, 2, 5);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable next : open) {
            next.close();
        }
        machine.close();
    }

    private IpiSender sender(int cpu) {
        IpiSender sender = new IpiSender(machine.memory(), LocalApic.of(machine.memory(), cpu));
        open.add(sender);
        return sender;
    }

    private TestCpu receiver(int logicalCpu, boolean polling) {
        TestCpu cpu = new TestCpu(machine.memory(), target, logicalCpu, polling,
            data -> arrived.add(data.senderCpu() + ":" + payload.check(data)));
        open.add(cpu);
        return cpu;
    }

    private int send(IpiSender sender, int cpu, long sequence) {
        return sender.send(1, Payload.type(sequence), payload.of(cpu, sequence), 0, Payload.size(cpu, sequence));
    }

    private long counter(int cpu, Counter counter) {
        return LocalApic.of(machine.memory(), cpu).counter(counter);
    }

    private int laneOffset(int logicalCpu, int senderCpu) {
        return (int) QueuedMailboxDescriptor.laneAt(TestMachine.LAYOUT.nrCpus(), SLOTS, logicalCpu, senderCpu);
    }

    private Window area() {
        Window window = IpiArea.map(machine.memory(), target, target.ipiArea());
        open.add(window);
        return window;
    }

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
        TestCpu receiver = new TestCpu(machine.memory(), target, 0, false, data -> {
            byte[] copy = new byte[data.dataSize()];
            data.buffer().getBytes(0, copy);
            assertEquals(data.dataSize(), data.buffer().capacity());
            bytes.add(copy);
            types.add(data.type());
        });
        open.add(receiver);
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
    void aScribbledMessageIsAnAnomalyAndTheNextArrive() {
        TestCpu receiver = receiver(0, false);
        IpiSender sender = sender(0);
        int message = laneOffset(0, 0) + QueuedMailboxDescriptor.SLOTS_AT_OFFSET + QueuedMailboxDescriptor.DATA_OFFSET;
        UnsafeBuffer area = area().buffer();
        for (long sequence = 0; sequence < 6; sequence++) {
            assertEquals(0, send(sender, 0, sequence));
        }
        int slot = QueuedMailboxDescriptor.SLOT_LENGTH;
        area.putLong(message + MkIpiDataDescriptor.DATA_SIZE_OFFSET, 257);
        area.putLong(message + slot + MkIpiDataDescriptor.DATA_SIZE_OFFSET, -1);
        area.putLong(message + 2 * slot + MkIpiDataDescriptor.DATA_SIZE_OFFSET, 1L << 32);
        area.putInt(message + 3 * slot + MkIpiDataDescriptor.SENDER_CPU_OFFSET, 1);
        area.putInt(message + 4 * slot + MkIpiDataDescriptor.SENDER_CPU_OFFSET, Integer.MIN_VALUE);
        receiver.turn();
        assertEquals(List.of(0, 0, 0, 0, 0), receiver.anomalies);
        assertEquals(5, counter(2, Counter.ANOMALIES));
        assertEquals(List.of("0:5"), arrived);
        for (long sequence = 6; sequence < 6 + 3 * SLOTS; sequence++) {
            assertEquals(0, send(sender, 0, sequence));
            receiver.turn();
        }
        assertEquals(1 + 3 * SLOTS, arrived.size());
        assertEquals("0:" + (5 + 3 * SLOTS), arrived.getLast());
    }

    @Test
    void aScribbledHeadNeitherOverwritesNorThrows() {
        TestCpu receiver = receiver(0, false);
        IpiSender sender = sender(0);
        UnsafeBuffer area = area().buffer();
        for (long sequence = 0; sequence < SLOTS; sequence++) {
            assertEquals(0, send(sender, 0, sequence));
        }
        for (long head : new long[] {Long.MIN_VALUE, -1, SLOTS + 1, Long.MAX_VALUE}) {
            area.putLongVolatile(laneOffset(0, 0) + QueuedMailboxDescriptor.HEAD_OFFSET, head);
            assertEquals(-Errno.ENOSPC, send(sender, 0, 99), "head " + head);
        }
        assertEquals(SLOTS, receiver.turn());
        assertEquals(SLOTS, arrived.size());
        assertEquals(0, send(sender, 0, SLOTS), "the receiver's next head is true again");
    }

    @Test
    void rungBitsOfCpusThatAreNoneAreIgnored() {
        TestCpu receiver = receiver(0, false);
        UnsafeBuffer area = area().buffer();
        int rung = QueuedMailboxDescriptor.BLOCKS_OFFSET + QueuedMailboxDescriptor.RUNG_OFFSET;
        area.putLongVolatile(rung, -1L);
        receiver.apic().raise(LocalApicDescriptor.MULTIKERNEL_VECTOR);
        assertEquals(0, receiver.turn());
        assertEquals(0, send(sender(3), 3, 0));
        assertEquals(1, receiver.turn());
        receiver.apic().raise(LocalApicDescriptor.MULTIKERNEL_VECTOR);
        assertEquals(0, receiver.turn(), "a spurious interrupt delivers nothing again");
        assertEquals(1, counter(2, Counter.SPURIOUS));
    }

    @Test
    void aNewLifeOfTheTargetIsMappedAnew() throws Exception {
        IpiSender sender = sender(0);
        for (long sequence = 0; sequence < SLOTS - 1; sequence++) {
            assertEquals(0, send(sender, 0, sequence));
        }
        long former = target.ipiArea();
        machine.activate(1, 2, 5);
        assertTrue(former != target.ipiArea());
        TestCpu receiver = receiver(0, false);
        for (long sequence = 100; sequence < 100 + SLOTS; sequence++) {
            assertEquals(0, send(sender, 0, sequence));
        }
        receiver.turn();
        assertEquals(SLOTS, arrived.size(), "nothing of the former epoch");
        assertEquals("0:100", arrived.getFirst());
        target.ipiArea(0, 0);
        assertEquals(-Errno.ENODEV, send(sender, 0, 1));
    }

    @Test
    void anAreaThatIsNoneIsRefusedNotUsed() {
        IpiSender sender = sender(0);
        area().buffer().putLong(QueuedMailboxDescriptor.MAGIC_OFFSET, 1);
        assertEquals(-Errno.ENODEV, send(sender, 0, 0));
        assertEquals(1, counter(0, Counter.ANOMALIES));
    }

    @Test
    void anAddressOutsideRamIsRefusedNotUsed() {
        IpiSender sender = sender(0);
        for (long bad : new long[] {1, -4096, machine.memory().layout().ramSize(), Long.MAX_VALUE & -4096}) {
            target.ipiArea(bad, 4096);
            assertEquals(-Errno.ENODEV, send(sender, 0, 0), "area at " + bad);
        }
        assertEquals(4, counter(0, Counter.ANOMALIES));
    }

    @Test
    void aSenderResumesWhereItsFormerLifeDied() {
        int lane = laneOffset(0, 0);
        UnsafeBuffer area = area().buffer();
        TestCpu receiver = receiver(0, false);
        long next = 0;
        for (int life = 0; life < 6 * SLOTS; life++) {
            IpiSender sender = new IpiSender(machine.memory(), LocalApic.of(machine.memory(), 0));
            for (int more = 0; more <= life % 3; more++) {
                assertEquals(0, send(sender, 0, next++));
            }
            sender.close();
            if (life % 2 == 0) {
                /* Died between the ready word and the tail, the receiver ahead of the tail or not. */
                long tail = area.getLongVolatile(lane + QueuedMailboxDescriptor.TAIL_OFFSET);
                area.putLongVolatile(lane + QueuedMailboxDescriptor.TAIL_OFFSET, tail - 1);
            }
            if (life % 4 < 2) {
                receiver.turn();
            }
        }
        receiver.turn();
        assertEquals(next, arrived.size());
        for (int sequence = 0; sequence < next; sequence++) {
            assertEquals("0:" + sequence, arrived.get(sequence));
        }
    }

    @Test
    void aTailThatNoMessageStandsBehindDoesNotStopTheLane() {
        TestCpu receiver = receiver(0, false);
        area().buffer().putLongVolatile(laneOffset(0, 0) + QueuedMailboxDescriptor.TAIL_OFFSET, 3);
        assertEquals(0, send(sender(0), 0, 0));
        receiver.turn();
        assertEquals(List.of("0:0"), arrived, "accepted, so it must arrive");
    }

    @Test
    void aMarkOfAFormerLifeDoesNotSilenceTheNext() {
        TestCpu receiver = receiver(0, false);
        int rung = QueuedMailboxDescriptor.BLOCKS_OFFSET + QueuedMailboxDescriptor.RUNG_OFFSET;
        area().buffer().putLongVolatile(rung, 1);
        assertEquals(0, receiver.turn(), "marked, but nobody raised the vector");
        assertEquals(0, send(sender(0), 0, 0));
        assertTrue(receiver.apic().hasPending());
        assertEquals(1, receiver.turn());
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
