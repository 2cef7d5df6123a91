// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards.module;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.hazards.module.HazardPage.Note;
import io.mkemu.os.Futex;
import io.mkemu.testkit.Await;
import java.nio.ByteBuffer;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class HazardPageTest {
    private final UnsafeBuffer memory = new UnsafeBuffer(ByteBuffer.allocateDirect(HazardPage.LENGTH));
    private final HazardPage page = new HazardPage(memory);

    private static Note record(long sequence) {
        return new Note(1, 2, 3, 0x80000001, 256, sequence, true, sequence % 2 == 0);
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
        assertThrows(IllegalArgumentException.class, () -> HazardOrder.Behaviour.of(99));
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
        Await.until(() -> page.inside() >= 1);
        assertTrue(waiter.isAlive());
        page.openGate();
        waiter.join();
        page.awaitGate();
        page.closeGate();
        assertEquals(2, page.inside());
    }

    /** A sleep without limit: only the event ends it. */
    @Test
    void whateverAKernelDoesWakesItsConductor() throws InterruptedException {
        Runnable[] deeds = {page::done, page::noteReturn, page::noteAnswer, () -> page.note(record(1))};
        for (int round = 0; round < 400; round++) {
            int seen = page.events();
            Thread sleeper = Thread.ofPlatform().start(() -> page.awaitEvent(new Futex(), seen, 0));
            deeds[round % deeds.length].run();
            sleeper.join();
            assertEquals(seen + 1, page.events());
        }
    }
}
