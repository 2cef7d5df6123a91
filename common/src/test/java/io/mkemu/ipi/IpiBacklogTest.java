// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is still to be delivered, as the host sees it. */
class IpiBacklogTest extends SendingMachine {
    private IpiBacklog backlog() {
        return IpiBacklog.of(machine.mapped().interconnect(), target);
    }

    @Test
    void itIsThereUntilTheCallbackHasReturned() {
        assertTrue(backlog().isEmpty());
        IpiSender one = sender(0);
        IpiSender other = sender(3);
        assertEquals(0, send(one, 0, 1));
        assertEquals(1, backlog().lanes());
        assertEquals(0, send(other, 3, 1));
        assertEquals(0, send(other, 3, 2));
        assertEquals(2, backlog().lanes());
        List<IpiBacklog> during = new ArrayList<>();
        TestCpu cpu = closing(new TestCpu(machine.mapped(), target, 0, false, data -> during.add(backlog())));
        cpu.runUntil(() -> during.size() == 3 && counter(2, Counter.RECEIVED) == 3);
        during.forEach(look -> assertFalse(look.isEmpty(), during::toString));
        assertEquals(new IpiBacklog(0, 3, true), backlog());
    }

    /** A lane's records wrap, and its count is more than it has places for. */
    @Test
    void aLaneThatHasWrappedIsSeenToo() {
        IpiSender sender = sender(0);
        TestCpu cpu = receiver(0, false);
        for (int message = 1; message <= 50 * SLOTS; message++) {
            assertEquals(0, send(sender, 0, message));
            assertEquals(1, backlog().lanes(), "message " + message);
            int expected = message;
            cpu.runUntil(() -> counter(2, Counter.RECEIVED) == expected);
            assertEquals(new IpiBacklog(0, message, true), backlog());
        }
    }
}
