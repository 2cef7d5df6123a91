// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Alone;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that send on CPUs 0, 1 and 3 to CPU 2, which this process runs. */
@Alone
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class QueuedStressTest {
    private static final int[] CPUS = {0, 1, 3};
    private static final int VICTIM = 3;
    private static final long MESSAGES = 70_000;
    private static final int KILLS = 5;
    private static final long SLOW_MESSAGES = 3_000;
    private static final long SLOW_EVERY = 40;
    private static final long SLOW_NANOS = 1_000_000;

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final Map<Integer, UnsafeBuffer> ledgers = new HashMap<>();
    private InstanceEntry target;
    private final Map<Integer, ChildJvm> processes = new HashMap<>();
    private final Payload payload = new Payload();
    private final long[] expected = new long[TestMachine.LAYOUT.nrCpus()];
    private long received;
    private long torn;
    private long lost;
    private long repeated;
    private long resent;

    @BeforeEach
    void makeMachine() throws IOException {
        machine.activate(2, CPUS);
        target = machine.activate(1, 2);
    }

    @AfterEach
    void close() throws IOException {
        processes.values().forEach(ChildJvm::close);
    }

    /** Counts what a lane can do wrong; in a lane, later than expected is lost, earlier is repeated or reordered. */
    private void note(MkIpiData data) {
        received++;
        long sequence = payload.check(data);
        int cpu = data.senderCpu();
        if (sequence < 0) {
            torn++;
        } else if (sequence < expected[cpu]) {
            repeated++;
        } else {
            lost += sequence - expected[cpu];
            expected[cpu] = sequence + 1;
        }
    }

    private UnsafeBuffer ledger(int cpu) {
        /* Asked in waiting loops: a mapping for each call would exhaust what a process may have. */
        return ledgers.computeIfAbsent(cpu, mapped -> SendingProcess.ledger(machine.mapped(), mapped));
    }

    private void start(int cpu) throws IOException {
        processes.put(cpu, ChildJvm.start(SendingProcess.class, machine.ram(), cpu));
    }

    private boolean allSent() {
        for (int cpu : CPUS) {
            if (expected[cpu] < MESSAGES) {
                return false;
            }
        }
        return true;
    }

    private String counts() {
        return "received " + received + ", lost " + lost + ", torn " + torn + ", repeated or reordered " + repeated;
    }

    private void assertClean(TestCpu receiver, long messages) {
        assertEquals("received " + messages + ", lost 0, torn 0, repeated or reordered 0", counts());
        assertTrue(receiver.anomalies.isEmpty(), "anomalies of CPUs " + receiver.anomalies);
        assertEquals(messages, receiver.apic().counter(Counter.RECEIVED));
        assertEquals(0, receiver.turn(), "nothing comes after the last");
    }

    /* Halting, a wake-up that is lost leaves this process asleep for ever: its senders wait for room in full lanes. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothingIsLostTornRepeatedOrReordered(boolean polling) throws Exception {
        for (int cpu : CPUS) {
            ledger(cpu).putLongVolatile(SendingProcess.TOTAL, MESSAGES);
        }
        try (TestCpu receiver = new TestCpu(machine.mapped(), target, 0, polling, this::note)) {
            for (int cpu : CPUS) {
                start(cpu);
            }
            receiver.runUntil(this::allSent);
            for (int cpu : CPUS) {
                assertEquals(0, processes.get(cpu).waitFor(), "sender on CPU " + cpu);
                LocalApic sender = machine.mapped().apic(cpu);
                assertEquals(MESSAGES, sender.counter(Counter.SENT));
                assertEquals(MESSAGES, sender.counter(Counter.RUNG) + sender.counter(Counter.ELIDED));
            }
            assertClean(receiver, CPUS.length * MESSAGES);
        }
    }

    /* CPU 0 waits as long as it takes, CPU 1 for so short that its time is over now and then, CPU 3 not at all. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void sendersThatWaitForASlowReceiverLoseNothing(boolean polling) throws Exception {
        long[] timeouts = {Long.MAX_VALUE, 100_000, 0};
        for (int index = 0; index < CPUS.length; index++) {
            ledger(CPUS[index]).putLongVolatile(SendingProcess.TIMEOUT, timeouts[index]);
            ledger(CPUS[index]).putLongVolatile(SendingProcess.TOTAL, SLOW_MESSAGES);
        }
        try (TestCpu receiver = new TestCpu(machine.mapped(), target, 0, polling, this::noteSlowly)) {
            for (int cpu : CPUS) {
                start(cpu);
            }
            for (int cpu : CPUS) {
                awaitFullLane(cpu);
            }
            receiver.runUntil(() -> Arrays.stream(CPUS).allMatch(cpu -> expected[cpu] == SLOW_MESSAGES));
            for (int cpu : CPUS) {
                assertEquals(0, processes.get(cpu).waitFor(), "sender on CPU " + cpu);
                LocalApic sender = machine.mapped().apic(cpu);
                assertEquals(SLOW_MESSAGES, sender.counter(Counter.SENT));
                assertEquals(ledger(cpu).getLongVolatile(SendingProcess.FULL), sender.counter(Counter.FULL),
                    "CPU " + cpu + ": a send counts once, however often it looked");
            }
            assertEquals(0, machine.mapped().apic(0).counter(Counter.FULL));
            assertTrue(machine.mapped().apic(3).counter(Counter.FULL) > 0);
            assertClean(receiver, CPUS.length * SLOW_MESSAGES);
        }
    }

    private void noteSlowly(MkIpiData data) {
        note(data);
        if (received % SLOW_EVERY == 0) {
            LockSupport.parkNanos(SLOW_NANOS);
        }
    }

    /** Until a sender has sent what fits, so that its next send finds no room. */
    private void awaitFullLane(int cpu) {
        LocalApic sender = machine.mapped().apic(cpu);
        while (sender.counter(Counter.SENT) < TestMachine.LAYOUT.ipiSlots()) {
            assertTrue(processes.get(cpu).isAlive(), "it ended instead of filling its lane");
            Thread.yield();
        }
    }

    /* The victim's next life sends again what the former had sent without living to note it: one message a life. */
    private void noteOfVictim(MkIpiData data) {
        if (data.senderCpu() == VICTIM && payload.check(data) == expected[VICTIM] - 1) {
            resent++;
            return;
        }
        note(data);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aKilledSenderHurtsNobodyAndKeepsItsWord(boolean polling) throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        UnsafeBuffer victim = ledger(VICTIM);
        for (int cpu : CPUS) {
            ledger(cpu).putLongVolatile(SendingProcess.TOTAL, Long.MAX_VALUE);
        }
        try (TestCpu receiver = new TestCpu(machine.mapped(), target, 0, polling, this::noteOfVictim)) {
            for (int cpu : CPUS) {
                start(cpu);
            }
            for (int kill = 0; kill < KILLS; kill++) {
                long life = kill + 1;
                long until = victim.getLongVolatile(SendingProcess.ACKNOWLEDGED) + 1 + random.nextInt(4000);
                receiver.runUntil(() -> victim.getLongVolatile(SendingProcess.LIVES) == life
                    && victim.getLongVolatile(SendingProcess.ACKNOWLEDGED) >= until);
                assertEquals(ChildJvm.KILLED, processes.get(VICTIM).kill(), "seed " + seed);
                long promised = victim.getLongVolatile(SendingProcess.ACKNOWLEDGED);
                long first = expected[0] + 500;
                long second = expected[1] + 500;
                receiver.runUntil(() -> expected[0] >= first && expected[1] >= second && expected[VICTIM] >= promised);
                start(VICTIM);
            }
            for (int cpu : CPUS) {
                long more = ledger(cpu).getLongVolatile(SendingProcess.ACKNOWLEDGED) + 2000;
                ledger(cpu).putLongVolatile(SendingProcess.TOTAL, more);
            }
            receiver.runUntil(() -> {
                for (int cpu : CPUS) {
                    UnsafeBuffer ledger = ledger(cpu);
                    if (expected[cpu] < ledger.getLongVolatile(SendingProcess.TOTAL)) {
                        return false;
                    }
                }
                return true;
            });
            for (int cpu : CPUS) {
                assertEquals(0, processes.get(cpu).waitFor(), "sender on CPU " + cpu + ", seed " + seed);
            }
            assertTrue(resent <= KILLS, "seed " + seed + ": resent " + resent);
            long total = resent;
            for (int cpu : CPUS) {
                total += ledger(cpu).getLongVolatile(SendingProcess.TOTAL);
            }
            received += resent;
            assertClean(receiver, total);
        }
    }

    /** Dies at an exact place: the peers go on, the next life goes on, and what was sent arrives once. */
    @ParameterizedTest
    @EnumSource(value = SendProbe.Step.class, names = {"SIZE", "TYPE", "PAYLOAD", "PUBLISHED", "MARKED", "RUNG"})
    void aSenderDiesBetweenTwoStores(SendProbe.Step step) throws Exception {
        for (int cpu : CPUS) {
            ledger(cpu).putLongVolatile(SendingProcess.TOTAL, cpu == VICTIM ? 40 : 2000);
        }
        try (TestCpu receiver = new TestCpu(machine.mapped(), target, 0, false, this::noteOfVictim)) {
            start(0);
            start(1);
            stopInSend(step);
            receiver.runUntil(() -> expected[0] == 2000 && expected[1] == 2000);
            long promised = ledger(VICTIM).getLongVolatile(SendingProcess.ACKNOWLEDGED);
            assertEquals(ChildJvm.KILLED, processes.get(VICTIM).kill());
            assertEquals(promised, ledger(VICTIM).getLongVolatile(SendingProcess.ACKNOWLEDGED));
            assertTrue(expected[VICTIM] == promised || expected[VICTIM] == promised + 1,
                "promised " + promised + ", arrived " + expected[VICTIM]);
            start(VICTIM);
            receiver.runUntil(() -> expected[VICTIM] == 40);
            assertEquals(0, processes.get(VICTIM).waitFor());
            assertTrue(resent <= 1, "resent " + resent);
            received += resent;
            assertClean(receiver, 4040 + resent);
        }
    }

    private void stopInSend(SendProbe.Step step) throws IOException {
        /* Nobody takes the ring meanwhile, so there is one only. */
        int occasion = step.ordinal() < SendProbe.Step.MARKED.ordinal() ? 5 : 1;
        processes.put(VICTIM, ChildJvm.start(List.of("-D" + SendProbe.PARAMETER + "=" + step + ":" + occasion),
            SendingProcess.class, machine.ram(), VICTIM));
        Path stat = Path.of("/proc/" + processes.get(VICTIM).pid() + "/stat");
        while (!Files.readString(stat).replaceFirst(".*\\) ", "").startsWith("T")) {
            assertTrue(processes.get(VICTIM).isAlive(), "it ended instead of stopping");
            Thread.yield();
        }
    }
}
