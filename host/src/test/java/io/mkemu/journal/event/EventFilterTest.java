// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.journal.event.FakeJournal.Records;
import io.mkemu.trace.MessageId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventFilterTest {
    private static final long ID = MessageId.of(0, 1, 1, 7);
    private static final long OTHER = MessageId.of(2, 1, 1, 7);

    private final TraceNames names = TestNames.demo();

    private List<String> shown(EventFilter filter) throws IOException {
        FakeJournal journal = new FakeJournal()
            .add(9000, 0, 0, new Records().add(TraceEvent.SEND, TraceRecordDescriptor.RUNG, 2000, ID, 0x65, 8, 1, 0)
                .add(TraceEvent.GAP, 0, 2600, 3, 0, 0, 1, 2))
            .add(9000, 2, 2, new Records().add(TraceEvent.SEND, TraceRecordDescriptor.RUNG, 2100, OTHER, -1, 8, 1, 0)
                .add(TraceEvent.GAP, 0, 2700, 3, 0, 0, 1, 2).garbage(10))
            .add(9000, 1, 1, new Records()
                .add(TraceEvent.UNHANDLED, 0, 2200, ID, 0x65, 8, 0, 50)
                .add(TraceEvent.UNHANDLED, 0, 2300, OTHER, -1, 8, 0, 50)
                .add(TraceEvent.HALT, 0, 2400, 100, 0, 0, 0, 0))
            .add(9000, -1, 1, new Records().add(TraceEvent.LOG, 0, 2550, 0, 6, 2, 0, "hello".getBytes()))
            .add(9000, -1, -1, new Records().add(TraceEvent.GAP, 0, 2800, 3, 0, 0, 1, 2));
        List<String> shown = new ArrayList<>();
        EventMerge merge = new EventMerge((name, time, entry) -> {
            if (filter.shows(name, time, entry)) {
                shown.add(name.label() + "/" + entry.cpu());
            }
        });
        JournalEvents events = new JournalEvents(journal, names, merge::push);
        while (events.poll()) {
            assertTrue(events.watermark() <= 9000);
        }
        merge.drain();
        return shown;
    }

    private EventFilter filter() {
        return new EventFilter(names);
    }

    @Test
    void withoutWishesAllIsShown() throws IOException {
        assertEquals(List.of("send/0", "doorbell/0", "send/2", "doorbell/2", "interrupt/1", "unhandled/1",
            "interrupt/1", "unhandled/1", "halt/1", "wakeup/1", "log/-1", "gap/0", "gap/2", "damaged/2",
            "gap/-1"), shown(filter()));
    }

    @Test
    void eventsAndTypesLeaveGapsIn() throws IOException {
        assertEquals(List.of("send/0", "send/2", "wakeup/1", "gap/0", "gap/2", "damaged/2", "gap/-1"),
            shown(filter().events(List.of(EventName.SEND, EventName.WAKEUP))));
        assertEquals(List.of("send/2", "doorbell/2", "interrupt/1", "unhandled/1", "gap/0", "gap/2", "damaged/2",
            "gap/-1"), shown(filter().types(List.of(0xffff_ffff))));
    }

    @Test
    void cpusAndInstancesHaveTheirOwnGaps() throws IOException {
        assertEquals(List.of("send/0", "doorbell/0", "gap/0", "gap/-1"), shown(filter().cpus(List.of(0))));
        assertEquals(List.of("send/2", "doorbell/2", "gap/2", "damaged/2", "gap/-1"),
            shown(filter().instances(List.of("database"))));
        assertEquals(shown(filter().instances(List.of("database"))), shown(filter().instances(List.of("2"))));
        assertEquals(List.of("interrupt/1", "unhandled/1", "interrupt/1", "unhandled/1", "halt/1", "wakeup/1",
            "log/-1", "gap/-1"), shown(filter().instances(List.of("web-server"))));
    }

    @Test
    void aMessageHasTheGapsOfBothItsEnds() throws IOException {
        assertEquals(List.of("send/0", "doorbell/0", "interrupt/1", "unhandled/1", "gap/0", "gap/-1"),
            shown(filter().id(ID)));
    }

    @Test
    void theWindowIsHalfOpen() throws IOException {
        assertEquals(List.of("unhandled/1", "interrupt/1", "unhandled/1", "halt/1"),
            shown(filter().window(2200, 2500)));
    }

    @Test
    void aNameGoesBeforeAnId() throws IOException {
        names.name(2, "1");
        assertEquals(List.of("send/2", "doorbell/2", "gap/2", "damaged/2", "gap/-1"),
            shown(filter().instances(List.of("1"))));
    }

    @Test
    void instancesThatNeverWereAreTold() {
        assertEquals(List.of("9", "webserver"),
            filter().instances(List.of("webserver", "host", "0", "9", "database")).unknownInstances());
        assertTrue(filter().instances(List.of("2")).unknownInstances().isEmpty());
        assertFalse(names.all().isEmpty());
    }

    private static Records named(int type, String name) {
        return new Records().add(TraceEvent.TYPE_NAME, 0, 2900, 0, type, 0, 0, name.getBytes());
    }

    /** A kernel may name a type when messages of it are in the journal already. */
    @Test
    void aNameMeansTheEventsThatAreShownUnderIt() throws IOException {
        learn(new FakeJournal().add(9000, -1, 0, named(0x65, "rpc.request")).add(9000, -1, 1, named(0x65, "lock.ask"))
            .add(9000, -1, 2, named(-1, "bell")).add(9000, -1, 2, named(0x65, "rpc.\u001b[31m")));
        List<String> gaps = List.of("gap/0", "gap/2", "damaged/2", "gap/-1");
        assertEquals(with(gaps, "send/0", "doorbell/0"), shown(filter().typeNames(List.of("rpc.request"))));
        assertEquals(with(gaps, "interrupt/1", "unhandled/1"), shown(filter().typeNames(List.of("lock.ask"))));
        /* Instance 1 has no name of its own for it. */
        assertEquals(with(gaps, "send/2", "doorbell/2", "interrupt/1", "unhandled/1"),
            shown(filter().typeNames(List.of("bell"))));
        assertEquals(with(gaps, "send/0", "doorbell/0", "send/2", "doorbell/2", "interrupt/1", "unhandled/1"),
            shown(filter().types(List.of(-1)).typeNames(List.of("rpc.request"))));
        assertEquals(List.of("rpc.reqest"), filter().typeNames(List.of("rpc.reqest", "bell")).unknownTypes());
        assertEquals(List.of("bell", "lock.ask", "rpc.request"), List.copyOf(names.typeNames()));
    }

    private void learn(FakeJournal journal) throws IOException {
        TraceNames read = new TraceNames();
        JournalEvents events = new JournalEvents(journal, read, entry -> { });
        while (events.poll()) {
            assertTrue(events.watermark() <= 9000);
        }
        names.typesOf(read);
    }

    private static List<String> with(List<String> gaps, String... shown) {
        List<String> all = new ArrayList<>(List.of(shown));
        all.addAll(gaps);
        return all;
    }
}
