// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeliveriesTest {
    private static final int TYPE = 7;

    private final Deliveries deliveries = new Deliveries(4);
    private final Object handler = new Object();

    @BeforeEach
    void begin() {
        deliveries.begins();
    }

    private static UnsafeBuffer message(long content) {
        UnsafeBuffer data = new UnsafeBuffer(new byte[12]);
        data.putLong(0, content);
        return data;
    }

    private void send(long content) {
        deliveries.sends(1, 2, TYPE, message(content), 0, 12);
    }

    private String deliver(long content, long number) {
        return deliveries.delivers(1, 2, TYPE, message(content), number, handler, 0);
    }

    private void assertWrong(String part, String told) {
        assertTrue(told != null && told.contains(part), told);
    }

    @Test
    void eachMessageOnceInOrder() {
        for (int message = 1; message <= 100; message++) {
            send(message);
        }
        assertEquals(100, deliveries.pending(2, 0));
        for (int message = 1; message <= 100; message++) {
            assertNull(deliver(message, message));
        }
        assertEquals(0, deliveries.pending(2, 0));
        assertEquals(100, deliveries.delivered());
    }

    @Test
    void twiceLostTornAndStrangeOnesAreTold() {
        send(1);
        assertNull(deliver(1, 1));
        assertWrong("twice", deliver(1, 1));
        assertWrong("not under way", deliver(1, 2));
        send(2);
        send(3);
        assertWrong("lost", deliver(3, 3));
        assertWrong("not under way", deliver(9, 4));
        assertWrong("not have", deliveries.delivers(4, 2, TYPE, message(1), 1, handler, 0));
    }

    @Test
    void aMessageGoesToEachOfSeveralHandlers() {
        send(1);
        assertNull(deliver(1, 1));
        assertNull(deliveries.delivers(1, 2, TYPE, message(1), 1, new Object(), 0));
        assertWrong("changed", deliveries.delivers(1, 2, TYPE, message(2), 1, new Object(), 0));
    }

    @Test
    void whatNobodyHandlesIsNotLost() {
        send(1);
        send(2);
        assertEquals(1, deliveries.pending(2, 1));
        assertNull(deliveries.delivers(1, 2, TYPE, message(2), 2, handler, 1));
        assertEquals(0, deliveries.pending(2, 1));
    }

    @Test
    void aRefusedSendIsNone() {
        send(1);
        deliveries.refused(1, 2);
        assertEquals(0, deliveries.pending(2, 0));
        assertWrong("not under way", deliver(1, 1));
    }

    @Test
    void whatADeadSenderWasSendingMayArriveOrNot() {
        send(1);
        deliveries.inDoubt(1, 2);
        assertEquals(0, deliveries.pending(2, 0));
        send(2);
        assertNull(deliver(2, 2));
        begin();
        send(1);
        deliveries.inDoubt(1, 2);
        send(2);
        assertNull(deliver(1, 1));
        assertNull(deliver(2, 2));
    }

    @Test
    void nothingIsUnderWayToANewLife() {
        send(1);
        deliveries.targetBegins(2);
        assertEquals(0, deliveries.pending(2, 0));
        assertWrong("former life", deliver(1, 1));
    }

    @Test
    void theShapeIsThatOfWhatIsUnderWay() {
        long empty = deliveries.shape();
        send(1);
        long one = deliveries.shape();
        send(2);
        deliveries.refused(1, 2);
        assertEquals(one, deliveries.shape());
        assertNull(deliver(1, 1));
        assertEquals(empty, deliveries.shape());
    }
}
