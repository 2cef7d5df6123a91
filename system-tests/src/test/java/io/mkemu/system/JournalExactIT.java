// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.builtin.TrafficDescriptor;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.testkit.Alone;
import io.mkemu.trace.TraceReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** That a recording is whole to the last message: while the host keeps up, when it does not, and when it is killed. */
@Alone
@Timeout(600)
class JournalExactIT {
    private static final long MESSAGES = 250_000;
    private static final int KERNELS = 4;
    private static final long FLOOD = 400_000;
    private static final int KILLS = Integer.getInteger("mkemu.journal.kills", 15);

    @RegisterExtension
    final Mk mk = new Mk();

    private Path journal() {
        return mk.work().resolve("journal");
    }

    private static String summary(long sent) {
        return ": traffic: " + sent + " sent, \\d+ received, 0 lost, 0 torn, 0 repeated, ";
    }

    @Test
    void aMillionIpisAmongFourKernelsAreAMillionSendsAndDeliveries() throws Exception {
        Path tree = new TreeSource().bootargs("traffic.messages=" + MESSAGES + " traffic.rate=25000")
            .host("traffic").instance("a", "traffic").instance("b", "traffic").instance("c", "traffic")
            .write(mk.work(), "million");
        MkProcess run = mk.start("run", tree, "--journal", journal()).ends(0);
        assertEquals(KERNELS, run.out(summary(MESSAGES)).size(), run::describe);
        JournalBooks books = JournalBooks.of(journal());
        /* Each kernel also told each other one how many it had sent. */
        long messages = KERNELS * MESSAGES + KERNELS * (KERNELS - 1);
        assertEquals(JournalBooks.NO_FAULTS, books.faults());
        assertEquals(messages, books.sends());
        assertEquals(messages, books.deliveries());
        assertEquals(0, books.droppedSends() + books.droppedDeliveries() + books.droppedOthers());
        assertTrue(books.isComplete(), "it was ended in order");
        String type = "0x" + Integer.toHexString(TrafficDescriptor.DATA);
        for (String event : List.of("send", "callback_begin")) {
            assertEquals(KERNELS * MESSAGES, mk.start("trace", "--journal", journal(), "--type", type, "--event", event,
                "--json").ends(0).out().size(), event);
        }
    }

    /** Nobody drains the rings while the host stands still: what they cannot hold is counted. */
    @Test
    void beyondWhatTheHostTakesGapsAddUpExactly() throws Exception {
        Path tree = new TreeSource().bootargs("traffic.messages=" + FLOOD + " traffic.with=1,2")
            .instance("a", "traffic").instance("b", "traffic").write(mk.work(), "flood");
        MkProcess run = mk.start("run", tree, "--journal", journal());
        run.awaitOut(2, ": Command line: ");
        run.signal("STOP");
        awaitLosses();
        run.signal("CONT");
        run.ends(0);
        assertEquals(2, run.out(summary(FLOOD)).size(), run::describe);
        JournalBooks books = JournalBooks.of(journal());
        assertEquals(JournalBooks.NO_FAULTS, books.faults());
        assertEquals(2 * FLOOD + 2, books.sends() + books.droppedSends());
        assertEquals(2 * FLOOD + 2, books.deliveries() + books.droppedDeliveries());
        assertTrue(books.droppedSends() > 0 && books.droppedDeliveries() > 0, "both were dropped");
        assertTrue(books.isComplete(), "it was ended in order");
    }

    private void awaitLosses() throws IOException {
        try (PhysicalMemory memory = PhysicalMemory.openReadOnly(mk.machine("flood").resolve("ram"))) {
            for (int cpu = 1; cpu <= 2; cpu++) {
                TraceReader reader = new TraceReader(memory, cpu);
                while (reader.dropped().deliveries() == 0 || reader.dropped().sends() == 0) {
                    Thread.onSpinWait();
                }
            }
        }
    }

    /** What the host had not yet written is lost with it; what it has written is whole. */
    @Test
    void aKilledHostsRecordingOpensAndIsWhole() throws Exception {
        Path tree = new TreeSource().bootargs("traffic.messages=100000000")
            .host("traffic").instance("a", "traffic").write(mk.work(), "killed");
        Random random = new Random(11);
        for (int kill = 0; kill < KILLS; kill++) {
            MkProcess run = mk.start("run", tree, "--journal", journal(), "--journal-max", "64M");
            run.awaitOut(1, ": Command line: ");
            awaitRecords(run, random.nextInt(40_000));
            run.kill();
            JournalBooks books = JournalBooks.of(journal());
            assertEquals(JournalBooks.NO_FAULTS, books.faults(), "kill " + kill);
            assertTrue(books.records() > 0, "kill " + kill + ": at least how it began is there");
        }
        mk.start("run", new TreeSource().host("traffic").bootargs("traffic.messages=10").instance("a", "traffic")
            .write(mk.work(), "killed"), "--journal", journal()).ends(0);
        assertTrue(JournalBooks.of(journal()).isComplete(), "the next recording of the same journal");
    }

    private void awaitRecords(MkProcess run, long records) throws IOException {
        try (PhysicalMemory memory = PhysicalMemory.openReadOnly(mk.machine("killed").resolve("ram"))) {
            while (run.isAlive() && new TraceReader(memory, 1).position() < records) {
                Thread.onSpinWait();
            }
        }
    }
}
