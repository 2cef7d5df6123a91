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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class EventMergeTest {
    private record Shown(EventName name, long time, TraceEntry entry) {
        String text() {
            return name.label() + (entry.isMessage() ? " " + MessageId.text(entry.id()) : "");
        }
    }

    private final List<Shown> shown = new ArrayList<>();

    private EventMerge merge(long maxBytes) {
        return new EventMerge((name, time, entry) -> shown.add(new Shown(name, time, entry)), maxBytes);
    }

    private void read(SegmentSource journal, EventMerge merge, long horizon) throws IOException {
        JournalEvents events = new JournalEvents(journal, new TraceNames(), merge::push);
        while (events.poll()) {
            merge.drain(Math.max(events.watermark(), Long.MIN_VALUE + horizon) - horizon);
        }
        merge.drain();
        assertTrue(merge.isEmpty());
    }

    private List<String> of(int cpu, Set<EventName> names) {
        return shown.stream().filter(event -> event.entry.cpu() == cpu && names.contains(event.name))
            .map(Shown::text).toList();
    }

    private void sendsComeFirst() {
        Set<Long> sent = new HashSet<>();
        for (Shown event : shown) {
            if (event.name == EventName.SEND) {
                sent.add(event.entry.id());
            } else if (event.entry.isMessage()) {
                assertTrue(sent.contains(event.entry.id()), () -> event.text() + " before its send");
            }
        }
    }

    private void timesGrow() {
        for (int at = 1; at < shown.size(); at++) {
            Shown before = shown.get(at - 1);
            Shown event = shown.get(at);
            assertTrue(event.time >= before.time, () -> event + " after " + before);
        }
    }

    private static final Set<EventName> DONE = Set.of(EventName.SEND, EventName.CALLBACK_BEGIN, EventName.CALLBACK_END,
        EventName.UNHANDLED, EventName.HALT, EventName.WAKEUP);

    private long count(EventName name) {
        return shown.stream().filter(event -> event.name == name).count();
    }

    private void nothingIsLost() {
        assertEquals(count(EventName.SEND), count(EventName.DOORBELL) + count(EventName.ELIDE));
        assertEquals(count(EventName.CALLBACK_BEGIN), count(EventName.CALLBACK_END));
        assertEquals(count(EventName.CALLBACK_BEGIN), count(EventName.QUEUE));
        assertEquals(count(EventName.INTERRUPT), count(EventName.CALLBACK_BEGIN) + count(EventName.UNHANDLED));
    }

    private void everyCpusOrderIsKept(TraceSimulation simulation, int cpus) {
        for (int cpu = 0; cpu < cpus; cpu++) {
            assertEquals(simulation.did(cpu), of(cpu, DONE));
        }
    }

    @Property(tries = 300)
    void allInOneOrder(@ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int cpus,
        @ForAll @IntRange(min = 1, max = 2000) int steps) throws IOException {
        shown.clear();
        TraceSimulation simulation = new TraceSimulation(seed, cpus).run(steps);
        /* A turn, and then a send that is held up before its stamp. */
        read(simulation.journal(), merge(Long.MAX_VALUE), 2 * simulation.longest());
        everyCpusOrderIsKept(simulation, cpus);
        sendsComeFirst();
        timesGrow();
        nothingIsLost();
    }

    @Property(tries = 100)
    void littleMemoryCostsOrderButNoEvent(@ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int cpus,
        @ForAll @IntRange(max = 20_000) int bytes) throws IOException {
        shown.clear();
        TraceSimulation simulation = new TraceSimulation(seed, cpus).run(1000);
        read(simulation.journal(), merge(bytes), Long.MAX_VALUE / 2);
        for (int cpu = 0; cpu < cpus; cpu++) {
            assertEquals(simulation.did(cpu).stream().sorted().toList(), of(cpu, DONE).stream().sorted().toList());
        }
        nothingIsLost();
    }

    private static final long ID = MessageId.of(0, 1, 1, 1);

    private static Records records() {
        return new Records();
    }

    private List<String> times() {
        return shown.stream().map(event -> event.time + " " + event.name.label() + " " + event.entry.cpu()).toList();
    }

    @Example
    void aSendStampedAfterItsCallbackBeganIsShownThen() throws IOException {
        FakeJournal journal = new FakeJournal()
            .add(500, 1, 1, records().add(TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST, 200, ID, 5, 8, 50, 0))
            .add(500, 0, 0, records().add(TraceEvent.TASK, 0, 190, 0, 0, 0, 5, 0)
                .add(TraceEvent.TASK, 0, 205, 0, 0, 0, 5, 0)
                .add(TraceEvent.SEND, TraceRecordDescriptor.RUNG, 220, ID, 5, 8, 1, 0)
                .add(TraceEvent.TASK, 0, 230, 0, 0, 0, 5, 0));
        read(journal, merge(Long.MAX_VALUE), 1000);
        assertEquals(List.of("190 task 0", "200 task 0", "200 send 0", "200 doorbell 0", "200 interrupt 1",
            "200 queue 1", "200 callback_begin 1", "230 task 0", "250 callback_end 1"), times());
    }

    @Example
    void anInterruptOfATurnThatBeganBeforeTheSendIsShownBehindIt() throws IOException {
        FakeJournal journal = new FakeJournal()
            .add(500, 1, 1, records().add(TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST, 300, ID, 5, 8, 50, 200))
            .add(500, 0, 0, records().add(TraceEvent.SEND, TraceRecordDescriptor.ELIDED, 220, ID, 5, 8, 1, 0));
        read(journal, merge(Long.MAX_VALUE), 1000);
        assertEquals(List.of("220 send 0", "220 elide 0", "221 interrupt 1", "221 queue 1", "300 callback_begin 1",
            "350 callback_end 1"), times());
    }

    @Example
    void twoThatWaitForEachOtherAreShownByTime() throws IOException {
        long back = MessageId.of(1, 0, 1, 1);
        FakeJournal journal = new FakeJournal()
            .add(500, 0, 0, records().add(TraceEvent.UNHANDLED, 0, 100, back, 5, 8, 0, 0)
                .add(TraceEvent.SEND, 0, 300, ID, 5, 8, 1, 0))
            .add(500, 1, 1, records().add(TraceEvent.UNHANDLED, 0, 110, ID, 5, 8, 0, 0)
                .add(TraceEvent.SEND, 0, 310, back, 5, 8, 1, 0));
        read(journal, merge(Long.MAX_VALUE), 1000);
        assertEquals(6, shown.size(), () -> times().toString());
        timesGrow();
    }

    @Example
    void messagesWithoutNumbersAreNotPaired() throws IOException {
        long id = MessageId.of(0, 1, 1, 0);
        FakeJournal journal = new FakeJournal()
            .add(500, 1, 1, records().add(TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST, 200, id, 5, 8, 5, 0))
            .add(500, 0, 0, records().add(TraceEvent.SEND, TraceRecordDescriptor.RUNG, 220, id, 5, 8, 1, 0));
        read(journal, merge(Long.MAX_VALUE), 1000);
        assertEquals(List.of("200 interrupt 1", "200 queue 1", "200 callback_begin 1", "205 callback_end 1",
            "220 send 0", "220 doorbell 0"), times());
    }

    @Example
    void secondHandlersAndUnfinishedCallbacks() throws IOException {
        FakeJournal journal = new FakeJournal().add(500, 1, 1, records()
            .add(TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST, 200, ID, 5, 8, 5, 10)
            .add(TraceEvent.CALLBACK, 0, 205, ID, 5, 8, 5, 15)
            .add(TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST | TraceRecordDescriptor.UNFINISHED, 220, ID + 1, 5, 8,
                0, 0));
        read(journal, merge(Long.MAX_VALUE), 1000);
        assertEquals(List.of("190 interrupt 1", "190 queue 1", "200 callback_begin 1", "205 callback_end 1",
            "205 queue 1", "205 callback_begin 1", "210 callback_end 1", "220 interrupt 1", "220 queue 1",
            "220 callback_begin 1"), times());
    }

    @Example
    void bytesThatAreNoRecordAreSaid() throws IOException {
        FakeJournal journal = new FakeJournal().add(500, 1, 1, records()
            .add(TraceEvent.FAULT, 0, 200, 0, 0, 0, 0, 0).garbage(100))
            .add(600, 1, 1, records().add(TraceEvent.END, 0, 210, 0, 0, 0, 0, 0));
        read(journal, merge(Long.MAX_VALUE), 1000);
        assertEquals(List.of("200 fault 1", "200 damaged 1", "210 end 1"), times());
        assertEquals(100, shown.get(1).entry.id());
    }
}
