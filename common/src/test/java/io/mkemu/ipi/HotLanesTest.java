// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.RamLayout;
import io.mkemu.cpu.LocalApic;
import io.mkemu.os.AsymmetricFence;
import io.mkemu.testkit.TestMachine;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A lane that is announced no longer: its sender may have read the idle word before, and left the doorbell out. */
class HotLanesTest extends SendingMachine {
    @BeforeEach
    void needsTheFence() {
        assumeTrue(AsymmetricFence.isAvailable(), "membarrier(2) is refused here: no lane is ever hot");
    }

    private boolean polls(TestCpu receiver, int sender) {
        return LocalApic.polls(receiver.apic().idleWord(), sender);
    }

    /** Sends as a sender does that has found the lane announced. */
    private void sendUnrung(TestCpu receiver, int cpu, long sequence) {
        IpiChannel channel = machine.mapped().interconnect().mailbox().channel(area().buffer(), TestMachine.LAYOUT, 0,
            receiver.apic(), cpu);
        assertEquals(0, channel.publish(Payload.type(sequence), payload.of(cpu, sequence), 0,
            Payload.size(cpu, sequence)));
    }

    private void makeHot(TestCpu receiver, int... senders) {
        for (int cpu : senders) {
            assertEquals(0, send(sender(cpu), cpu, 0));
            assertEquals(1, receiver.turn());
        }
    }

    @Test
    void theThreeThatDeliveredLastAreAnnounced() {
        TestCpu receiver = receiver(0, true);
        makeHot(receiver, 0, 1, 3);
        assertTrue(polls(receiver, 0) && polls(receiver, 1) && polls(receiver, 3));
        makeHot(receiver, 4);
        assertFalse(polls(receiver, 0));
        assertTrue(polls(receiver, 1) && polls(receiver, 3) && polls(receiver, 4));
    }

    @Test
    void aLaneThatIsAnnouncedNoLongerIsPolledOn() {
        TestCpu receiver = receiver(0, true);
        makeHot(receiver, 0, 1, 3, 4);
        sendUnrung(receiver, 0, 1);
        assertEquals(1, receiver.turn());
        assertEquals("0:1", arrived.getLast());
    }

    @Test
    void whoHaltsLooksIntoAllThatWereAnnounced() {
        TestCpu receiver = receiver(0, true);
        makeHot(receiver, 0, 1, 3, 4);
        assertTrue(receiver.receiver().announceHalted());
        assertEquals(LocalApicDescriptor.STATE_HALTED, receiver.apic().idleWord());
        for (int cpu : new int[] {0, 1, 3, 4}) {
            assertFalse(polls(receiver, cpu));
        }
        receiver.receiver().announceRunning();
        /* Arrived before its sender could know. */
        sendUnrung(receiver, 0, 1);
        sendUnrung(receiver, 4, 1);
        assertTrue(receiver.receiver().announceHalted());
        assertTrue(receiver.receiver().takeHot());
        assertEquals(1, receiver.turn(), "0 was told at the first halt and must ring; 4 is hot");
        assertEquals(List.of("0:0", "1:0", "3:0", "4:0", "4:1"), arrived);
    }

    @Test
    void aCpuThatSharesItsCoreAnnouncesNothing() {
        TestCpu receiver = receiver(0, true);
        makeHot(receiver, 0);
        receiver.apic().sharesCore(true);
        receiver.receiver().announceRunning();
        assertFalse(polls(receiver, 0));
        sendUnrung(receiver, 0, 1);
        assertTrue(receiver.receiver().announceHalted());
        assertTrue(receiver.receiver().takeHot(), "it had been announced before");
    }

    @Test
    void aFloodIsAnnouncedOnASharedCoreTooUntilTheCpuSleeps() {
        LocalApic apic = machine.mapped().apic(2);
        HotLanes lanes = new HotLanes(apic, TestMachine.LAYOUT.nrCpus(), true);
        apic.sharesCore(true);
        lanes.delivered(0);
        assertFalse(LocalApic.polls(apic.idleWord(), 0), "one message is no flood");
        lanes.floods();
        assertTrue(LocalApic.polls(apic.idleWord(), 0));
        for (int cpu : new int[] {1, 3, 4}) {
            lanes.delivered(cpu);
        }
        assertTrue(LocalApic.polls(apic.idleWord(), 0) && LocalApic.polls(apic.idleWord(), 1)
            && LocalApic.polls(apic.idleWord(), 3) && !LocalApic.polls(apic.idleWord(), 4), "nobody loses a place");
        assertTrue(lanes.announceHalted());
        lanes.announceRunning();
        assertFalse(LocalApic.polls(apic.idleWord(), 0), "the next flood has to show first");
        assertEquals(3, lanes.length(), "and they are polled on");
    }

    @Test
    void asMuchAsALookTakesIsAFlood() {
        RamLayout layout = new RamLayout(4, 64, 1 << 20, 8 << 20);
        try (TestMachine deep = new TestMachine(layout)) {
            deep.activate(0, 0);
            deep.activate(1, 2);
            LocalApic apic = deep.mapped().apic(2);
            apic.sharesCore(true);
            try (IpiSender sender = deep.mapped().interconnect().sender(deep.mapped().apic(0));
                TestCpu receiver = new TestCpu(deep.mapped(), deep.mapped().instances().entry(1), 0, true,
                    data -> payload.check(data))) {
                for (int sequence = 0; sequence < 64; sequence++) {
                    assertFalse(polls(receiver, 0));
                    assertEquals(0, send(sender, 0, sequence));
                }
                assertEquals(64, receiver.turn());
                assertTrue(polls(receiver, 0));
            }
        }
    }
}
