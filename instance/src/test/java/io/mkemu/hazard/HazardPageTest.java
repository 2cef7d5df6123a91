// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HazardPageTest {
    private final UnsafeBuffer memory = new UnsafeBuffer(ByteBuffer.allocateDirect(HazardPage.LENGTH));
    private final HazardPage page = new HazardPage(memory);

    private static HazardRecord record(long sequence) {
        return new HazardRecord(1, 2, 3, 0x80000001, 256, sequence, true, sequence % 2 == 0);
    }

    @Test
    void anOrderIsSeenCarriedOutAndAnswered() {
        assertFalse(page.hasOrder());
        page.give(HazardOrder.SEND, 1, -1, 1L << 32, 64, 5, 6);
        assertTrue(page.hasOrder());
        assertFalse(page.isDone());
        assertEquals(HazardOrder.SEND, page.order());
        assertEquals(1L << 32, page.argument(2));
        page.done(5, 0, -28);
        assertTrue(page.isDone());
        assertFalse(page.hasOrder());
        assertEquals(-28, page.result(2));
        page.give(HazardOrder.PING);
        assertEquals(0, page.argument(5), "left out");
    }

    @Test
    void aNumberThatIsNoOrderIsNone() {
        assertNull(HazardOrder.of(99));
        assertThrows(IllegalArgumentException.class, () -> HazardBehaviour.of(99));
    }

    @Test
    void recordsComeBackAsTheyWereNoted() {
        page.note(record(4));
        page.note(record(5));
        page.note(record(6));
        assertEquals(List.of(record(5), record(6)), page.recordsSince(1));
        assertEquals(3, page.records());
    }

    @Test
    void aRecordThatIsStillBeingWrittenEndsTheList() {
        page.note(record(1));
        page.note(record(2));
        memory.putInt(HazardDescriptor.FIRST_RECORD_OFFSET + HazardDescriptor.NUMBER_OFFSET, 0);
        assertEquals(List.of(), page.recordsSince(0));
    }

    @Test
    void moreThanFitIsAnErrorAndNotAWrongCount() {
        for (int number = 0; number <= HazardDescriptor.MOST_RECORDS; number++) {
            page.note(record(number));
        }
        assertThrows(IllegalStateException.class, () -> page.recordsSince(0));
    }

    @Test
    void theGateLetsThroughWhoCameBeforeItWasClosedAgain() throws InterruptedException {
        Thread waiter = Thread.ofPlatform().start(page::awaitGate);
        while (page.inside() < 1) {
            Thread.onSpinWait();
        }
        assertTrue(waiter.isAlive());
        page.openGate();
        waiter.join();
        page.awaitGate();
        page.closeGate();
        assertEquals(2, page.inside());
    }
}
