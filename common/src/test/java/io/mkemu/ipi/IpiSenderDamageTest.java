// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.Errno;
import io.mkemu.cpu.LocalApicDescriptor;
import io.mkemu.cpu.LocalApicDescriptor.Counter;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What somebody scribbled over costs what it says, and nothing else: it is refused or counted, never used. */
class IpiSenderDamageTest extends SendingMachine {
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
}
