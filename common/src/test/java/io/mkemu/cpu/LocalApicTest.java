// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.machine.MappedMachine;
import io.mkemu.os.Futex;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TakesLong;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class LocalApicTest {
    private static final int LAST = TestMachine.LAYOUT.nrCpus() - 1;
    private static final int ROUNDS = 200_000;

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final LocalApic apic = machine.mapped().apic(3);

    @Test
    void cpusOutsideTheMachineAreRefused() {
        for (int bad : new int[] {-1, LAST + 1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            String message =
                assertThrows(IllegalArgumentException.class, () -> machine.mapped().apic(bad)).getMessage();
            assertEquals("physical CPU " + bad + " is not in 0.." + LAST, message);
        }
        assertEquals(LAST, machine.mapped().apic(LAST).physicalCpu());
    }

    @Test
    void vectorsAreTakenOnceAndTogether() {
        assertFalse(apic.hasPending());
        assertEquals(0, apic.takePending());
        int doorbell = apic.doorbell();
        assertFalse(apic.raise(0));
        assertFalse(apic.raise(0));
        assertFalse(apic.raise(63));
        assertTrue(apic.hasPending());
        assertEquals(doorbell + 3, apic.doorbell(), "each raise rings");
        assertEquals(Long.MIN_VALUE | 1, apic.takePending());
        assertEquals(0, apic.takePending());
        assertFalse(machine.mapped().apic(2).hasPending(), "the neighbour has nothing");
        assertFalse(machine.mapped().apic(4).hasPending(), "the neighbour has nothing");
    }

    @Test
    void whetherAVectorIsPendingAnyoneMayAsk() {
        LocalApic elsewhere = machine.mapped().apic(3);
        apic.raise(2);
        apic.raise(63);
        for (int vector = 0; vector < Long.SIZE; vector++) {
            assertEquals(vector == 2 || vector == 63, elsewhere.isPending(vector), "vector " + vector);
        }
        assertTrue(apic.isPending(2), "to ask takes nothing");
        apic.takePending();
        assertFalse(elsewhere.isPending(2) || elsewhere.isPending(63));
    }

    @Test
    void sharingAHostCpuIsSaidAndTakenBackAtAnyTime() {
        apic.configure(17, false, 9, 40);
        LocalApic elsewhere = machine.mapped().apic(3);
        assertFalse(elsewhere.sharesCore());
        apic.sharesCore(true);
        assertTrue(elsewhere.sharesCore());
        apic.retire();
        assertTrue(elsewhere.sharesCore(), "a matter of the host's, not of the life that ends");
        apic.sharesCore(false);
        assertFalse(elsewhere.sharesCore());
        assertEquals(17, apic.hostCpu());
        assertEquals(9, apic.instanceId());
        assertEquals(40, apic.cpuNumber());
        assertFalse(machine.mapped().apic(2).sharesCore() || machine.mapped().apic(4).sharesCore());
    }

    @Test
    void onlyAHaltedCpuIsWoken() {
        for (long awake : new long[] {LocalApicDescriptor.STATE_OFFLINE, LocalApic.runningWord(0, 0, 0),
            LocalApic.runningWord(1, 2, LocalApicDescriptor.STATE_HALTED)}) {
            apic.announce(awake);
            assertFalse(apic.raise(0), "idle word " + Long.toHexString(awake));
        }
        apic.announce(LocalApicDescriptor.STATE_HALTED);
        assertTrue(apic.raise(0));
    }

    @Test
    void aHaltThatWasRungForReturnsAtOnce() {
        int seen = apic.doorbell();
        apic.raise(1);
        apic.halt(new Futex(), seen, 0);
        apic.halt(new Futex(), apic.doorbell(), 1);
        assertTrue(apic.hasPending());
    }

    @Test
    void theIdleWordNamesThePolledLanes() {
        int most = 1023;
        long word = LocalApic.runningWord(most + 1, 1, 5);
        apic.announce(word);
        assertEquals(word, apic.idleWord());
        for (int sender = 0; sender <= most; sender++) {
            assertEquals(sender == most || sender == 0 || sender == 4, LocalApic.polls(word, sender), "CPU " + sender);
            assertFalse(LocalApic.polls(LocalApic.runningWord(0, 0, 0), sender));
            assertFalse(LocalApic.polls(LocalApicDescriptor.STATE_HALTED, sender));
            assertFalse(LocalApic.polls(LocalApicDescriptor.STATE_OFFLINE, sender));
        }
    }

    @Test
    void countersAreApartAndResetBeginsALife() {
        apic.configure(17, true, 9, 40);
        for (Counter counter : Counter.values()) {
            apic.count(counter);
            apic.count(counter, counter.ordinal());
        }
        LocalApic neighbour = machine.mapped().apic(4);
        for (Counter counter : Counter.values()) {
            long counted = counter == Counter.ELIDED ? Counter.SENT.ordinal() - Counter.RUNG.ordinal()
                : 1 + counter.ordinal();
            assertEquals(counted, apic.counter(counter), counter.name());
            assertEquals(0, neighbour.counter(counter), counter.name());
        }
        apic.raise(5);
        apic.announce(LocalApicDescriptor.STATE_HALTED);
        apic.reset();
        for (Counter counter : Counter.values()) {
            assertEquals(0, apic.counter(counter), counter.name());
        }
        assertFalse(apic.hasPending());
        assertEquals(LocalApicDescriptor.STATE_OFFLINE, apic.idleWord());
        assertEquals(17, apic.hostCpu());
        assertTrue(apic.sharesCore());
        assertEquals(9, apic.instanceId());
        assertEquals(40, apic.cpuNumber());
    }

    @Test
    void tellsHowLongItSleptAndPolled() {
        assertEquals(0, apic.onlineSince());
        apic.onlineSince(1_000);
        apic.polled(30);
        apic.polled(4);
        apic.fallsAsleep(5_000);
        assertEquals(2_000, apic.haltedNanos(7_000), "a sleep that lasts counts");
        apic.awakes(8_000);
        assertEquals(3_000, apic.haltedNanos(9_999));
        apic.fallsAsleep(10_000);
        apic.awakes(10_500);
        assertEquals(3_500, apic.haltedNanos(20_000));
        assertEquals(34, apic.polledNanos());
        assertEquals(1_000, apic.onlineSince());
        LocalApic neighbour = machine.mapped().apic(4);
        assertEquals(0, neighbour.onlineSince() | neighbour.haltedNanos(1) | neighbour.polledNanos());
        /* Killed in its sleep. */
        apic.fallsAsleep(30_000);
        apic.retire();
        assertEquals(0, apic.onlineSince());
        assertEquals(3_500, apic.haltedNanos(90_000));
        apic.reset();
        assertEquals(0, apic.haltedNanos(99_000) | apic.polledNanos());
    }

    /** One end of a ping-pong; who misses a wake-up sleeps for ever, and the watchdog names the test. */
    private static final class Player {
        private final LocalApic mine;
        private final LocalApic other;
        private final Futex futex = new Futex();

        Player(MappedMachine mapped, int cpu, int opponent) {
            this.mine = mapped.apic(cpu);
            this.other = mapped.apic(opponent);
            mine.announce(LocalApic.runningWord(0, 0, 0));
        }

        void serve() {
            other.raise(0);
        }

        void awaitBall() {
            while (mine.takePending() == 0) {
                int seen = mine.doorbell();
                mine.announce(LocalApicDescriptor.STATE_HALTED);
                if (!mine.hasPending()) {
                    mine.halt(futex, seen, 0);
                }
                mine.announce(LocalApic.runningWord(0, 0, 0));
            }
        }
    }

    @TakesLong
    @Test
    void noWakeUpIsLostBetweenTwoProcesses() throws Exception {
        Player player = new Player(machine.mapped(), 0, 1);
        try (ChildJvm opponent = ChildJvm.start(Opponent.class, machine.ram())) {
            for (int round = 0; round < ROUNDS; round++) {
                player.serve();
                player.awaitBall();
            }
            assertEquals(0, opponent.waitFor());
        }
        assertFalse(machine.mapped().apic(0).hasPending(), "not one ball more");
        assertEquals(ROUNDS, machine.mapped().apic(0).doorbell());
        assertEquals(ROUNDS, machine.mapped().apic(1).doorbell());
    }

    /** A waker that is killed at any moment leaves the CPU usable by the others. */
    @TakesLong
    @Test
    void aKilledWakerLeavesTheCpuWakeable() throws Exception {
        UnsafeBuffer rings = machine.memory().tables();
        for (int kill = 0; kill < 3; kill++) {
            int until = apic.doorbell() + 2000 * (kill + 1);
            try (ChildJvm waker = ChildJvm.start(Waker.class, machine.ram())) {
                Futex futex = new Futex();
                while (apic.doorbell() < until) {
                    int seen = apic.doorbell();
                    apic.announce(LocalApicDescriptor.STATE_HALTED);
                    if (apic.takePending() == 0) {
                        apic.halt(futex, seen, 0);
                    }
                    apic.announce(LocalApic.runningWord(0, 0, 0));
                }
                assertEquals(ChildJvm.KILLED, waker.kill());
            }
        }
        apic.takePending();
        apic.announce(LocalApicDescriptor.STATE_HALTED);
        int seen = apic.doorbell();
        Thread healthy = new Thread(() -> apic.raise(2));
        healthy.start();
        apic.halt(new Futex(), seen, 0);
        healthy.join();
        assertEquals(1L << 2, apic.takePending());
        assertEquals(0, rings.getLongVolatile((int) machine.memory().layout().cpusAt() + LAST
            * LocalApicDescriptor.LENGTH), "other CPUs were left alone");
    }

    static final class Opponent {
        private Opponent() {
        }

        public static void main(String[] args) throws IOException {
            ChildJvm.endWithParent();
            Player player = new Player(MappedMachine.open(Path.of(args[0])), 1, 0);
            for (int round = 0; round < ROUNDS; round++) {
                player.awaitBall();
                player.serve();
            }
            Runtime.getRuntime().halt(0);
        }
    }

    static final class Waker {
        private Waker() {
        }

        public static void main(String[] args) throws IOException {
            ChildJvm.endWithParent();
            LocalApic target = MappedMachine.open(Path.of(args[0])).apic(3);
            while (true) {
                target.raise(1);
            }
        }
    }
}
