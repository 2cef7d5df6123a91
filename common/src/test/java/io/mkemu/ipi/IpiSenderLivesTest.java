// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.QueuedMailboxDescriptor;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** A lane outlives its sender and its receiver: what one life leaves there, and what the next makes of it. */
class IpiSenderLivesTest extends SendingMachine {
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
        assertEquals(SLOTS, arrived.size(), "nothing of the former life");
        assertEquals("0:100", arrived.getFirst());
        target.ipiArea(0, 0);
        assertEquals(-Errno.ENODEV, send(sender, 0, 1));
    }

    @Test
    void aSenderResumesWhereItsFormerLifeDied() {
        TestCpu receiver = receiver(0, false);
        long next = 0;
        for (int life = 0; life < 6 * SLOTS; life++) {
            IpiSender sender = machine.mapped().interconnect().sender(machine.mapped().apic(0));
            for (int more = 0; more <= life % 3; more++) {
                assertEquals(0, send(sender, 0, next++));
            }
            sender.close();
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
    void aRecordWhoseWrapWasNotWrittenIsNotThere() {
        TestCpu receiver = receiver(0, false);
        IpiSender sender = sender(0);
        UnsafeBuffer area = area().buffer();
        int records = laneOffset(0, 0) + QueuedMailboxDescriptor.RECORDS_OFFSET;
        long sequence = 0;
        int wrap = -1;
        while (wrap < 0) {
            assertEquals(0, send(sender, 0, sequence));
            for (int at = 0; at <= QueuedMailboxDescriptor.recordsLength(SLOTS) && wrap < 0; at += Long.BYTES) {
                long word = area.getLongVolatile(records + at);
                if (QueuedMailboxDescriptor.tagOf(word) == QueuedMailboxDescriptor.tag(sequence + 1)
                    && QueuedMailboxDescriptor.sizeOf(word) == QueuedMailboxDescriptor.READY_JUMP) {
                    wrap = records + at;
                }
            }
            if (wrap < 0) {
                receiver.turn();
                sequence++;
            }
        }
        /* As if its sender had died between the two stores: the next life sends the message anew. */
        area.putLongVolatile(wrap, 0);
        receiver.turn();
        assertEquals(sequence, arrived.size());
        IpiSender next = machine.mapped().interconnect().sender(machine.mapped().apic(0));
        closing(next);
        for (int more = 0; more < 3; more++) {
            assertEquals(0, send(next, 0, sequence + more));
        }
        receiver.turn();
        assertEquals(sequence + 3, arrived.size());
        assertEquals("0:" + (sequence + 2), arrived.getLast());
        assertEquals(List.of(), receiver.anomalies);
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
}
