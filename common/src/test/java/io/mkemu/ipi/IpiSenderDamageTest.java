// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.Errno;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.QueuedMailboxDescriptor;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What somebody scribbled over costs what it says, and nothing else: it is refused or counted, never used. */
class IpiSenderDamageTest extends SendingMachine {
    @Test
    void aScribbledReadyWordClosesItsLaneAndNoOther() {
        TestCpu receiver = receiver(0, false);
        IpiSender sender = sender(0);
        UnsafeBuffer area = area().buffer();
        int first = laneOffset(0, 0) + QueuedMailboxDescriptor.RECORDS_OFFSET;
        assertEquals(0, send(sender, 0, 0));
        for (long bad : new long[] {QueuedMailboxDescriptor.ready(2, 0, 0), -1L, 1, Long.MAX_VALUE}) {
            area.putLongVolatile(first, bad);
            assertEquals(0, receiver.turn(), "not the message that is due: 0x" + Long.toHexString(bad));
            receiver.apic().raise(LocalApicDescriptor.MULTIKERNEL_VECTOR);
            receiver.receiver().audit();
        }
        assertEquals(List.of(), receiver.anomalies);
        area.putLongVolatile(first, QueuedMailboxDescriptor.ready(1, 257, 7));
        receiver.receiver().audit();
        assertEquals(0, receiver.turn());
        assertEquals(List.of(0), receiver.anomalies);
        assertEquals(1, counter(2, Counter.ANOMALIES));
        for (long sequence = 1; sequence < SLOTS; sequence++) {
            assertEquals(0, send(sender, 0, sequence));
        }
        assertEquals(-Errno.ENOSPC, send(sender, 0, SLOTS), "nobody takes them out");
        receiver.receiver().audit();
        assertEquals(0, receiver.turn());
        assertEquals(List.of(0), receiver.anomalies, "told once");
        assertEquals(0, send(sender(3), 3, 0));
        assertEquals(1, receiver.turn(), "the other lanes go on");
        assertEquals(List.of("3:0"), arrived);
    }

    @Test
    void aSizeThatReachesPastTheLaneClosesIt() {
        TestCpu receiver = receiver(0, false);
        IpiSender sender = sender(0);
        UnsafeBuffer area = area().buffer();
        int records = laneOffset(0, 0) + QueuedMailboxDescriptor.RECORDS_OFFSET;
        int last = QueuedMailboxDescriptor.recordsLength(SLOTS);
        area.putLongVolatile(laneOffset(0, 0) + QueuedMailboxDescriptor.HEAD_OFFSET,
            QueuedMailboxDescriptor.head(0, last));
        TestCpu other = receiver(0, false);
        area.putLongVolatile(records + last, QueuedMailboxDescriptor.ready(1, 8, 7));
        other.receiver().audit();
        assertEquals(0, other.turn());
        assertEquals(List.of(0), other.anomalies);
        assertEquals(0, receiver.turn());
        assertEquals(-Errno.ENODEV, send(sender, 0, 0), "a sender does not begin in such a lane either");
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
