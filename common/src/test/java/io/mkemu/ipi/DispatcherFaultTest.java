// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whatever a dispatcher throws, the receiver is left so that nothing is lost, repeated or miscounted. */
class DispatcherFaultTest extends SendingMachine {
    private boolean throwing;

    private TestCpu receiver() {
        return closing(new TestCpu(machine.mapped(), target, 0, true, data -> {
            arrived.add(data.senderCpu() + ":" + payload.check(data));
            if (throwing) {
                throw new IllegalStateException("thrown by the dispatcher");
            }
        }));
    }

    @Test
    void eachMessageIsConsumedOnceAndCounted() {
        TestCpu receiver = receiver();
        IpiSender sender = sender(1);
        throwing = true;
        for (int sequence = 0; sequence < 3; sequence++) {
            assertEquals(0, send(sender, 1, sequence));
        }
        for (int turn = 0; turn < 3; turn++) {
            assertThrows(IllegalStateException.class, receiver::turn);
            assertEquals(turn + 1, counter(2, Counter.RECEIVED));
        }
        assertEquals(0, receiver.turn());
        assertEquals(List.of("1:0", "1:1", "1:2"), arrived);
    }

    @Test
    void theSenderGetsItsRoomBack() {
        TestCpu receiver = receiver();
        IpiSender sender = sender(1);
        throwing = true;
        for (int sequence = 0; sequence < 2 * SLOTS + 1; sequence++) {
            assertEquals(0, send(sender, 1, sequence), "message " + sequence);
            assertThrows(IllegalStateException.class, receiver::turn);
        }
        assertEquals(2 * SLOTS + 1, arrived.size());
    }

    @Test
    void otherLanesThatWereNotedStayNoted() {
        TestCpu receiver = receiver();
        for (int cpu : new int[] {0, 1, 3}) {
            assertEquals(0, send(sender(cpu), cpu, 0));
        }
        throwing = true;
        assertThrows(IllegalStateException.class, receiver::turn);
        throwing = false;
        assertTrue(receiver.receiver().hasWork());
        assertEquals(2, receiver.turn());
        List<String> sorted = new ArrayList<>(arrived);
        sorted.sort(null);
        assertEquals(List.of("0:0", "1:0", "3:0"), sorted);
    }
}
