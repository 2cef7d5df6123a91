// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.journal.SegmentSource;
import io.mkemu.journal.event.FakeJournal.Records;
import io.mkemu.trace.MessageId;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class TraceSummaryTest {
    private static final int FIRST = TraceRecordDescriptor.FIRST;

    private TraceNames names = TestNames.demo();

    private TraceSummary summary(SegmentSource journal, EventFilter filter) throws IOException {
        TraceSummary summary = new TraceSummary(names, filter);
        JournalEvents events = new JournalEvents(journal, names, summary::record);
        while (events.poll()) {
            assertTrue(events.watermark() < Long.MAX_VALUE);
        }
        summary.end();
        return summary;
    }

    private TraceSummary summary(SegmentSource journal) throws IOException {
        names = TestNames.demo();
        return summary(journal, new EventFilter(names));
    }

    private static PairTraffic pair(TraceSummary summary, int from, int to) {
        return summary.pairs().stream().filter(pair -> pair.from() == from && pair.to() == to).findFirst()
            .orElseThrow();
    }

    private static long id(int number) {
        return MessageId.of(1, 2, 1, number);
    }

    @Property(tries = 100)
    void everyMessageIsCountedOnceWhateverWasDropped(@ForAll long seed, @ForAll @IntRange(max = 200) int messages)
        throws IOException {
        Random random = new Random(seed);
        Records sends = new Records();
        Records deliveries = new Records();
        int both = 0;
        int sendsOnly = 0;
        int deliveriesOnly = 0;
        FakeJournal journal = new FakeJournal();
        for (int number = 1; number <= messages; number++) {
            boolean send = random.nextInt(5) > 0;
            boolean delivery = random.nextInt(5) > 0;
            if (send) {
                sends.add(TraceEvent.SEND, 0, number, id(number), 5, 10, 2, 0);
            }
            if (delivery) {
                deliveries.add(TraceEvent.CALLBACK, FIRST, number + 7, id(number), 5, 10, 1, 2);
            }
            both += send && delivery ? 1 : 0;
            sendsOnly += send && !delivery ? 1 : 0;
            deliveriesOnly += !send && delivery ? 1 : 0;
            if (random.nextInt(10) == 0) {
                journal.add(number, 2, 2, deliveries);
            }
            if (random.nextInt(10) == 0) {
                journal.add(number, 1, 1, sends);
            }
        }
        PairTraffic total = summary(journal.add(messages, 2, 2, deliveries).add(messages, 1, 1, sends)).total();
        assertEquals(both + sendsOnly, total.sent());
        assertEquals(both + deliveriesOnly, total.delivered());
        assertEquals(sendsOnly, total.undelivered());
        assertEquals(deliveriesOnly, total.unsent());
        assertEquals(10L * (both + sendsOnly), total.bytes());
        assertEquals(both, total.sendToCallback().count());
        if (both > 0) {
            assertEquals(7, total.sendToCallback().max());
            assertEquals(5, total.sendToInterrupt().max());
            assertEquals(2, total.interruptToCallback().percentile(50));
        }
    }

    @Example
    void aSimulationsMessagesAreAllThere() throws IOException {
        TraceSimulation simulation = new TraceSimulation(1, 3).run(5000);
        long sent = 0;
        long delivered = 0;
        for (int cpu = 0; cpu < 3; cpu++) {
            sent += simulation.did(cpu).stream().filter(what -> what.startsWith("send ")).count();
            delivered += simulation.did(cpu).stream().filter(what -> what.matches("(callback_begin|unhandled) .*"))
                .count();
        }
        PairTraffic total = summary(simulation.journal()).total();
        assertEquals(sent, total.sent());
        assertEquals(delivered, total.delivered());
        assertEquals(sent - delivered, total.undelivered());
        assertEquals(0, total.unsent());
        assertTrue(sent > 100 && delivered > 100);
    }

    @Example
    void secondHandlersAreNoDeliveriesAndGapsAddUp() throws IOException {
        TraceSummary summary = summary(new FakeJournal()
            .add(1, 1, 1, new Records().add(TraceEvent.SEND, 0, 10, id(1), 5, 10, 2, 0)
                .add(TraceEvent.FULL, 0, 11, 0, 5, 10, 2, 28).add(TraceEvent.REFUSED, 0, 12, 0, 5, 10, 0, 108)
                .add(TraceEvent.GAP, 0, 20, 3, 0, 0, 5, 7).add(TraceEvent.GAP, 0, 30, 30, 0, 0, 50, 70))
            .add(1, 2, 2, new Records().add(TraceEvent.CALLBACK, FIRST, 40, id(1), 5, 10, 5, 10)
                .add(TraceEvent.CALLBACK, 0, 45, id(1), 5, 10, 5, 15).garbage(40)));
        PairTraffic pair = pair(summary, 1, 2);
        assertEquals(List.of(1L, 1L, 0L, 0L, 1L), List.of(pair.sent(), pair.delivered(), pair.undelivered(),
            pair.unsent(), pair.full()));
        assertEquals(1, pair(summary, 1, 0).refused());
        assertEquals(List.of(2L, 55L, 77L, 33L), List.of(summary.allGaps().records(), summary.allGaps().sends(),
            summary.allGaps().deliveries(), summary.allGaps().others()));
        assertEquals(40, summary.gaps().get(2).damaged());
    }

    @Example
    void stampsThatContradictEachOtherArePutRight() throws IOException {
        TraceSummary summary = summary(new FakeJournal()
            .add(1, 1, 1, new Records().add(TraceEvent.SEND, 0, 120, id(1), 5, 10, 2, 0)
                .add(TraceEvent.SEND, 0, 150, id(2), 5, 10, 2, 0))
            .add(1, 2, 2, new Records().add(TraceEvent.CALLBACK, FIRST, 100, id(1), 5, 10, 5, 0)
                .add(TraceEvent.CALLBACK, FIRST, 180, id(2), 5, 10, 5, 80)));
        PairTraffic pair = pair(summary, 1, 2);
        assertEquals(0, pair.sendToInterrupt().max());
        assertEquals(30, pair.sendToCallback().max());
        assertEquals(30, pair.interruptToCallback().max());
    }

    @Example
    void messagesWithoutNumbersAreCountedAndNotPaired() throws IOException {
        TraceNames unknown = new TraceNames();
        TraceSummary summary = new TraceSummary(unknown, new EventFilter(unknown));
        JournalEvents events = new JournalEvents(new FakeJournal()
            .add(1, 2, 2, new Records().add(TraceEvent.CALLBACK, FIRST, 100, id(0), 5, 10, 5, 20)
                .add(TraceEvent.CALLBACK, FIRST, 200, id(0), 5, 10, 5, 20))
            .add(1, 1, 1, new Records().add(TraceEvent.SEND, 0, 50, id(0), 5, 10, 2, 0)
                .add(TraceEvent.SEND, 0, 60, id(0), 5, 10, 2, 0).add(TraceEvent.SEND, 0, 70, id(0), 5, 10, 2, 0)),
            unknown, summary::record);
        assertTrue(events.poll() && events.poll());
        summary.end();
        assertEquals(1, summary.pairs().size());
        PairTraffic pair = pair(summary, 1, 2);
        assertEquals(List.of(3L, 2L, 1L, 0L), List.of(pair.sent(), pair.delivered(), pair.undelivered(),
            pair.unsent()));
        assertEquals(0, pair.sendToCallback().count());
        assertEquals(20, pair.interruptToCallback().max());
    }

    @Example
    void aWindowTakesMessagesByTheirSends() throws IOException {
        FakeJournal journal = new FakeJournal()
            .add(1, 1, 1, new Records().add(TraceEvent.SEND, 0, 10, id(1), 5, 10, 2, 0)
                .add(TraceEvent.SEND, 0, 20, id(2), 6, 10, 2, 0).add(TraceEvent.SEND, 0, 30, id(3), 5, 10, 2, 0))
            .add(1, 2, 2, new Records().add(TraceEvent.CALLBACK, FIRST, 25, id(1), 5, 10, 5, 0)
                .add(TraceEvent.CALLBACK, FIRST, 40, id(2), 6, 10, 5, 0)
                .add(TraceEvent.CALLBACK, FIRST, 50, id(3), 5, 10, 5, 0));
        TraceSummary summary = summary(journal, new EventFilter(names).window(15, 30));
        PairTraffic pair = pair(summary, 1, 2);
        assertEquals(List.of(1L, 1L, 0L, 0L), List.of(pair.sent(), pair.delivered(), pair.undelivered(),
            pair.unsent()));
    }

    @Example
    void filtersTakeMessagesByEitherEnd() throws IOException {
        for (EventFilter filter : List.of(new EventFilter(names).instances(List.of("web-server")),
            new EventFilter(names).instances(List.of("2")), new EventFilter(names).cpus(List.of(1)),
            new EventFilter(names).cpus(List.of(2)), new EventFilter(names).types(List.of(5)))) {
            assertEquals(1, summary(oneOfType5(), filter).total().sent());
        }
        for (EventFilter filter : List.of(new EventFilter(names).instances(List.of("host")),
            new EventFilter(names).cpus(List.of(0)), new EventFilter(names).types(List.of(6)))) {
            assertEquals(0, summary(oneOfType5(), filter).total().sent());
        }
    }

    private static FakeJournal oneOfType5() {
        return new FakeJournal().add(1, 1, 1, new Records().add(TraceEvent.SEND, 0, 10, id(1), 5, 10, 2, 0));
    }

    @Example
    void refusalsAreCountedByPairTypeAndErrorInBoundedMemory() throws IOException {
        Records refused = new Records().add(TraceEvent.TYPE_NAME, 0, 5, 0, 5, 0, 0, "rpc.request".getBytes());
        for (int more = 0; more < 3; more++) {
            refused.add(TraceEvent.FULL, 0, 10, 0, 5, 8, 2, 28).add(TraceEvent.REFUSED, 0, 11, 0, 5, 8, 2, 108);
        }
        refused.add(TraceEvent.REFUSED, 0, 12, 0, -1, 8, 0, 22);
        TraceSummary summary = summary(new FakeJournal().add(1, 1, 1, refused));
        assertEquals(List.of("0 4294967295 null 22: 1", "2 5 rpc.request 28: 3", "2 5 rpc.request 108: 3"),
            rows(summary));
        for (int type = 0; type < 2 * Refusals.MOST; type++) {
            refused.add(TraceEvent.REFUSED, 0, 12, 0, type, 8, 2, 22);
        }
        List<String> bounded = rows(summary(new FakeJournal().add(1, 1, 1, refused)));
        assertEquals(Refusals.MOST + 1, bounded.size());
        assertEquals("2 -1 null 22: " + Refusals.MOST, bounded.getFirst());
    }

    private static List<String> rows(TraceSummary summary) {
        return summary.refusals().rows().stream().map(row -> row.getKey().to() + " " + row.getKey().type() + " "
            + row.getKey().name() + " " + row.getKey().errno() + ": " + row.getValue()).toList();
    }

    @Example
    void whatAnExternalKernelThatDoesNotTraceReceivedIsNotLost() throws IOException {
        PairTraffic to = pair(summary(external(true)), 1, 2);
        assertEquals(List.of(2L, 0L, false, true), List.of(to.sent(), to.undelivered(), to.knowsDeliveries(),
            to.knowsSends()));
        PairTraffic from = pair(summary(external(true)), 2, 1);
        assertEquals(List.of(1L, 0L, true, false), List.of(from.delivered(), from.unsent(), from.knowsDeliveries(),
            from.knowsSends()));
        assertEquals(Set.of(2), summary(external(true)).silent());
        assertEquals(0, summary(external(true)).total().undelivered());
        assertEquals(Set.of(), summary(external(false)).silent());
        assertEquals(2, pair(summary(external(false)), 1, 2).undelivered());
        TraceSummary traces = summary(external(true).add(1, 2, 2, new Records()
            .add(TraceEvent.HALT, 0, 10, 5, 0, 0, 0, 0)));
        assertEquals(2, pair(traces, 1, 2).undelivered());
        assertEquals(1, pair(traces, 2, 1).unsent());
    }

    /** Two messages to instance 2 and one from it, as instance 1 saw them. */
    private FakeJournal external(boolean isExternal) {
        String life = "{\"id\":2,\"name\":\"database\",\"cpus\":[2],\"external\":" + isExternal + "}";
        return new FakeJournal().add(1, -1, 2, new Records().add(TraceEvent.LIFE, 0, 1, 0, 0, 0, 0, life.getBytes()))
            .add(1, 1, 1, new Records().add(TraceEvent.SEND, 0, 10, id(1), 5, 10, 2, 0)
                .add(TraceEvent.SEND, 0, 11, id(2), 5, 10, 2, 0)
                .add(TraceEvent.CALLBACK, FIRST, 20, MessageId.of(2, 1, 1, 1), 5, 10, 5, 0));
    }
}
