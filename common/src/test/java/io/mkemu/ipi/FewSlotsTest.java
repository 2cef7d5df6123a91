// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.Errno;
import io.mkemu.abi.RamLayout;
import io.mkemu.testkit.TestMachine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lanes with few slots. A sender that has an answer to its message, given in that message's callback, sends the next
 * one while the receiver is still in the callback; here one thread is both, so that it is always so.
 */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class FewSlotsTest {
    private static final int MESSAGES = 300;

    private final Payload payload = new Payload();
    private final List<Integer> results = new ArrayList<>();
    private final List<Long> arrived = new ArrayList<>();
    private long sent;

    private void send(IpiSender sender) {
        results.add(sender.send(1, Payload.type(sent), payload.of(0, sent), 0, Payload.size(0, sent)));
        sent++;
    }

    /** Keeps so many messages under way; each callback sends one more. */
    private void exchange(int slots, int underWay) {
        RamLayout layout = new RamLayout(4, slots, 1 << 20, 8 << 20);
        try (TestMachine machine = new TestMachine(layout)) {
            machine.activate(0, 0);
            machine.activate(1, 2);
            try (IpiSender sender = machine.mapped().interconnect().sender(machine.mapped().apic(0));
                TestCpu receiver = new TestCpu(machine.mapped(), machine.mapped().instances().entry(1), 0, true,
                    data -> {
                        arrived.add(payload.check(data));
                        if (sent < MESSAGES) {
                            send(sender);
                        }
                    })) {
                while (sent < underWay) {
                    send(sender);
                }
                receiver.runUntil(() -> arrived.size() == sent || results.contains(-Errno.ENOSPC));
            }
        }
        assertEquals(List.of(), results.stream().filter(result -> result != 0).toList());
        assertEquals(MESSAGES, arrived.size());
        for (int number = 0; number < MESSAGES; number++) {
            assertEquals(number, arrived.get(number));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8, 16, 32, 64, 256})
    @DisplayName("one message under way: the lane is never full")
    void aPingPongNeverFindsTheLaneFull(int slots) {
        exchange(slots, 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8, 16, 32, 64, 256})
    @DisplayName("with three quarters of the slots under way the lane is never full")
    void mostOfTheSlotsAreOfUse(int slots) {
        exchange(slots, Math.max(1, slots * 3 / 4 - 1));
    }
}
