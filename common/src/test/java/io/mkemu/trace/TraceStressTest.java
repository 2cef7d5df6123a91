// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.RamLayout;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.testkit.Alone;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Processes that trace on CPUs 0 and 1 into small rings, which this process drains. */
@Alone
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class TraceStressTest {
    private static final RamLayout LAYOUT = new RamLayout(RamLayout.MAX_CPUS, 2, 1 << 20, 1 << 20);
    private static final int[] CPUS = {0, 1};
    private static final long RECORDS = 1_000_000;
    private static final int KILLS = 12;

    /** What came out of one ring. */
    private static final class Ledger {
        private long next;
        private long records;
        private long torn;
        private long disordered;
        private long skipped;
        private long lost;
        private final long[] byKind = new long[TraceEvent.values().length];
        private final long[] lostByKind = new long[3];

        @Override
        public String toString() {
            return "torn " + torn + ", disordered " + disordered + ", skipped without a gap " + (skipped - lost);
        }
    }

    @RegisterExtension
    private final TestMachine machine = new TestMachine(LAYOUT);
    private final ChildJvm[] processes = new ChildJvm[CPUS.length];
    private final UnsafeBuffer[] progress = new UnsafeBuffer[CPUS.length];
    private final TraceReader[] readers = new TraceReader[CPUS.length];
    private final Ledger[] ledgers = {new Ledger(), new Ledger()};
    private final UnsafeBuffer drained = new UnsafeBuffer(new byte[1 << 16]);
    private final TraceRecord record = new TraceRecord();

    @BeforeEach
    void makeMachine() throws IOException {
        for (int cpu : CPUS) {
            readers[cpu] = new TraceReader(machine.memory(), cpu);
            progress[cpu] = TracingProcess.ledger(machine.memory(), cpu);
            progress[cpu].putLongVolatile(TracingProcess.WANTED, RECORDS);
        }
    }

    @AfterEach
    void close() throws IOException {
        for (ChildJvm process : processes) {
            if (process != null) {
                process.close();
            }
        }
    }

    private void start(int cpu) throws IOException {
        processes[cpu] = ChildJvm.start(TracingProcess.class, machine.ram(), cpu);
        assertEquals("up", processes[cpu].readLine());
    }

    /** Drains once; bytes that came. */
    private int drain(int cpu) {
        Ledger ledger = ledgers[cpu];
        int bytes = readers[cpu].drain(drained, 0, drained.capacity());
        for (int at = 0; at < bytes; at += record.slots() * TraceRecordDescriptor.LENGTH) {
            if (!record.wrap(drained, at, bytes)) {
                ledger.torn++;
                break;
            }
            ledger.records++;
            ledger.byKind[record.event().ordinal()]++;
            ledger.torn += TracingProcess.isWhole(record) ? 0 : 1;
            ledger.disordered += record.id() < ledger.next ? 1 : 0;
            ledger.skipped += Math.max(0, record.id() - ledger.next);
            ledger.next = record.id() + 1;
        }
        TraceReader.Lost lost = readers[cpu].lost();
        ledger.lost += lost.sends() + lost.deliveries() + lost.others();
        ledger.lostByKind[0] += lost.sends();
        ledger.lostByKind[1] += lost.deliveries();
        ledger.lostByKind[2] += lost.others();
        return bytes;
    }

    private void drainToTheEnd(int cpu) {
        while (drain(cpu) > 0) {
            continue;
        }
    }

    @Test
    void recordsAndGapsAddUpExactly() throws Exception {
        for (int cpu : CPUS) {
            start(cpu);
        }
        Random random = new Random(5);
        while (processes[0].isAlive() || processes[1].isAlive()) {
            drain(random.nextInt(CPUS.length));
        }
        for (int cpu : CPUS) {
            drainToTheEnd(cpu);
            Ledger ledger = ledgers[cpu];
            ledger.skipped += RECORDS - ledger.next;
            assertEquals("torn 0, disordered 0, skipped without a gap 0", ledger.toString());
            assertEquals(RECORDS, ledger.records + ledger.lost);
            assertEquals((RECORDS + 2) / 3, ledger.byKind[TraceEvent.SEND.ordinal()] + ledger.lostByKind[0]);
            assertEquals((RECORDS + 1) / 3, ledger.byKind[TraceEvent.CALLBACK.ordinal()] + ledger.lostByKind[1]);
            assertTrue(ledger.records > 0 && ledger.lost > 0,
                "both happen in so small a ring: " + ledger.records + " records, " + ledger.lost + " lost");
        }
    }

    /** A killed CPU loses the one record it was writing at the most; the next life goes on behind it. */
    @Test
    void aKilledWriterLeavesWholeRecordsOnly() throws Exception {
        progress[0].putLongVolatile(TracingProcess.WANTED, Long.MAX_VALUE);
        Random random = new Random(7);
        Ledger ledger = ledgers[0];
        for (int kill = 0; kill < KILLS; kill++) {
            start(0);
            long until = ledger.records + 1000 + random.nextInt(20_000);
            while (ledger.records < until) {
                drain(0);
            }
            assertEquals(ChildJvm.KILLED, processes[0].kill());
            drainToTheEnd(0);
            long begun = progress[0].getLongVolatile(TracingProcess.BEGUN);
            /* The last one may have been begun and neither written nor counted. */
            assertTrue(begun - ledger.records - ledger.lost - kill <= 1,
                "killed " + (kill + 1) + " times, unaccounted " + (begun - ledger.records - ledger.lost));
            assertEquals(0, ledger.torn);
            assertEquals(0, ledger.disordered);
        }
        long unaccounted = ledger.skipped - ledger.lost;
        assertTrue(unaccounted <= KILLS, "at most one for each kill: " + unaccounted);
    }
}
