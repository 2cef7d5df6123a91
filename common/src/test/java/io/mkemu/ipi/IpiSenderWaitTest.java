// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.ChildJvm;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.IntSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A sender that waits for room in its lane. */
class IpiSenderWaitTest extends SendingMachine {
    private static final long SHORT_NANOS = 1_000_000;
    private static final long FOREVER = Long.MAX_VALUE;

    /** A send on a thread of its own, the CPU's from now on. */
    private final class Waiting {
        private final FutureTask<Integer> result;
        private final Thread thread;

        Waiting(IntSupplier send) {
            result = new FutureTask<>(send::getAsInt);
            thread = new Thread(result, "waiting-sender");
            thread.setDaemon(true);
            thread.start();
        }

        /** Returns once it sleeps between two looks. */
        Waiting asleep() {
            while (thread.getState() != Thread.State.TIMED_WAITING) {
                assertFalse(result.isDone(), "it has not waited");
                Thread.onSpinWait();
            }
            return this;
        }

        int result() throws Exception {
            return result.get();
        }
    }

    private int sendTimeout(IpiSender sender, long sequence, long timeoutNanos) {
        return sender.sendTimeout(1, Payload.type(sequence), payload.of(0, sequence), 0, Payload.size(0, sequence),
            timeoutNanos);
    }

    private IpiSender full() {
        IpiSender sender = sender(0);
        for (long sequence = 0; sequence < SLOTS; sequence++) {
            assertEquals(0, sendTimeout(sender, sequence, FOREVER), "where there is room nobody waits");
        }
        return sender;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void roomEndsTheWaitAndTheOrderHolds(boolean sharedCore) throws Exception {
        machine.mapped().apic(0).sharesCore(sharedCore);
        IpiSender sender = full();
        Waiting waiting = new Waiting(() -> sendTimeout(sender, SLOTS, FOREVER)).asleep();
        TestCpu receiver = receiver(0, false);
        assertTrue(receiver.apic().hasPending(), "the doorbell for what fills the lane has been rung");
        /* Or one more: room is told of before the turn is over. */
        int taken = receiver.turn();
        assertEquals(0, waiting.result());
        assertEquals(SLOTS + 1, taken + receiver.turn());
        List<String> expected = new ArrayList<>();
        for (int sequence = 0; sequence <= SLOTS; sequence++) {
            expected.add("0:" + sequence);
        }
        assertEquals(expected, arrived);
        assertEquals(0, counter(0, Counter.FULL));
        assertEquals(SLOTS + 1, counter(0, Counter.SENT));
    }

    @Test
    void aTimeThatIsOverCountsOnceAndWritesNothing() {
        IpiSender sender = full();
        UnsafeBuffer area = area().buffer();
        byte[] before = new byte[area.capacity()];
        area.getBytes(0, before);
        int refused = 0;
        for (long timeout : new long[] {SHORT_NANOS, 1, 0, -1, Long.MIN_VALUE}) {
            assertEquals(-Errno.ENOSPC, sendTimeout(sender, 99, timeout), "timeout " + timeout);
            assertEquals(++refused, counter(0, Counter.FULL));
        }
        byte[] after = new byte[area.capacity()];
        area.getBytes(0, after);
        assertEquals(new UnsafeBuffer(before), new UnsafeBuffer(after));
        assertEquals(SLOTS, counter(0, Counter.SENT));
    }

    @Test
    void whatIsWrongIsSaidAtOnce() {
        IpiSender sender = sender(0);
        assertEquals(-Errno.EINVAL, sender.sendTimeout(77, TYPE, null, 0, 8, FOREVER));
        assertEquals(-Errno.EINVAL, sender.sendTimeout(1, TYPE, null, 0, 257, FOREVER));
        machine.reserve(3, 6);
        assertEquals(-Errno.ENODEV, sender.sendTimeout(3, TYPE, null, 0, 8, FOREVER));
        machine.load(4, 7);
        assertEquals(-Errno.ESHUTDOWN, sender.sendTimeout(4, TYPE, null, 0, 8, FOREVER));
        assertEquals(0, counter(0, Counter.FULL));
    }

    @Test
    void aCpuDoesNotWaitForItself() {
        IpiSender own = sender(2);
        for (int sent = 0; sent < SLOTS; sent++) {
            assertEquals(0, own.send(1, TYPE, null, 0, 8));
        }
        assertEquals(-Errno.ENOSPC, own.sendTimeout(1, TYPE, null, 0, 8, FOREVER));
        assertEquals(1, counter(2, Counter.FULL));
    }

    @ParameterizedTest
    @EnumSource(value = InstanceState.class, names = {"READY", "LOADED", "FAILED"})
    void aTargetThatEndsEndsTheWait(InstanceState state) throws Exception {
        IpiSender sender = full();
        Waiting waiting = new Waiting(() -> sendTimeout(sender, SLOTS, FOREVER)).asleep();
        target.enter(state);
        assertEquals(-Errno.ESHUTDOWN, waiting.result());
        assertEquals(0, counter(0, Counter.FULL));
    }

    @Test
    void aMessageThatWaitedForOneLifeIsNotSentToTheNext() throws Exception {
        IpiSender sender = full();
        Waiting waiting = new Waiting(() -> sendTimeout(sender, SLOTS, FOREVER)).asleep();
        /* Active again before the sender may have looked. */
        target.newLife(InstanceState.ACTIVE);
        assertEquals(-Errno.ESHUTDOWN, waiting.result());
        assertEquals(SLOTS, counter(0, Counter.SENT));
    }

    @Test
    void anAreaThatGoesEndsTheWait() throws Exception {
        IpiSender sender = full();
        Waiting waiting = new Waiting(() -> sendTimeout(sender, SLOTS, FOREVER)).asleep();
        target.ipiArea(0, 0);
        assertEquals(-Errno.ENODEV, waiting.result());
    }

    @Test
    void anotherInstancesAreaIsLetGoInTheMiddleOfAWait() throws Exception {
        InstanceEntry other = machine.activate(4, 7);
        IpiSender sender = full();
        assertEquals(0, sender.send(4, TYPE, null, 0, 8));
        Waiting waiting = new Waiting(() -> sendTimeout(sender, SLOTS, FOREVER)).asleep();
        IpiAreas areas = machine.mapped().interconnect().areas();
        for (int round = 0; round < 3; round++) {
            /* Would be -EBUSY after 2 s, were the CPU not to let go before its wait is over. */
            assertEquals(0, areas.destroy(other.id()));
            assertEquals(0, areas.create(other.id()));
        }
        LocalApic apic = machine.mapped().apic(0);
        assertFalse(apic.sendsTo(other.id()));
        assertTrue(apic.sendsTo(1));
        assertTrue(apic.isPending(LocalApicDescriptor.RESCHEDULE_VECTOR), "left to the CPU's loop");
        TestCpu receiver = receiver(0, false);
        int taken = receiver.turn();
        assertEquals(0, waiting.result());
        /* Or one more: room is told of before the turn is over. */
        assertEquals(SLOTS + 1, taken + receiver.turn());
    }

    /** What the host does when it sees a process end is done here in its place. */
    @Test
    void theReceiversProcessIsKilledInTheMiddleOfAWait() throws Exception {
        try (ChildJvm receiver = ChildJvm.start(StuckReceiver.class, machine.ram())) {
            IpiSender sender = full();
            assertEquals(StuckReceiver.STUCK, receiver.readLine());
            Waiting waiting = new Waiting(() -> sendTimeout(sender, SLOTS, FOREVER)).asleep();
            IpiSender other = sender(1);
            for (long sequence = 0; sequence < SLOTS; sequence++) {
                assertEquals(0, other.send(1, TYPE, null, 0, 8));
            }
            assertEquals(ChildJvm.KILLED, receiver.kill());
            assertEquals(-Errno.ENOSPC, other.sendTimeout(1, TYPE, null, 0, 8, SHORT_NANOS), "nobody knows yet");
            waiting.asleep();
            target.enter(InstanceState.FAILED);
            assertEquals(-Errno.ESHUTDOWN, waiting.result());
            machine.activate(1, 2, 5);
            assertEquals(0, sendTimeout(sender, 0, FOREVER), "the next life has room");
        }
    }
}
