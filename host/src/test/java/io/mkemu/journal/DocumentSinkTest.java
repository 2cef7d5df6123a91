// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.testkit.TestMachine;
import io.mkemu.trace.TraceRecord;
import java.util.ArrayList;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of documents while the disk has no room. */
@Timeout(300)
class DocumentSinkTest {
    private static final int CPUS = 2;

    /** A disk that is full when it is told to be. */
    private static final class Disk implements DocumentSink.Appender {
        private final List<UnsafeBuffer> documents = new ArrayList<>();
        private boolean full;
        private int reserve = 192 << 10;

        @Override
        public boolean append(MutableDirectBuffer document, int length) {
            if (!full) {
                add(document, length);
            }
            return !full;
        }

        @Override
        public boolean appendLast(MutableDirectBuffer document, int length) {
            if (append(document, length)) {
                return true;
            }
            boolean fits = length <= reserve;
            if (fits) {
                reserve -= length;
                add(document, length);
            }
            return fits;
        }

        private void add(MutableDirectBuffer document, int length) {
            UnsafeBuffer copy = new UnsafeBuffer(new byte[length]);
            copy.putBytes(0, document, 0, length);
            documents.add(copy);
        }

        @Override
        public String problem() {
            return full ? "-ENOSPC" : null;
        }

        /** All records, written as {@code cpu:event id/arg0/arg1}. */
        private List<String> records() {
            List<String> records = new ArrayList<>();
            Segment segment = new Segment();
            TraceRecord record = new TraceRecord();
            for (UnsafeBuffer document : documents) {
                segment.wrap(document);
                while (segment.next()) {
                    int end = segment.offset() + segment.length();
                    for (int at = segment.offset(); at < end; at += record.slots() * TraceRecordDescriptor.LENGTH) {
                        assertTrue(record.wrap(segment.buffer(), at, end));
                        records.add(segment.cpu() + ":" + record.event() + " " + record.id() + "/" + record.arg0() + "/"
                            + record.arg1());
                    }
                }
            }
            return records;
        }
    }

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final Disk disk = new Disk();
    private final List<String> said = new ArrayList<>();
    private final DocumentBuilder document = new DocumentBuilder();
    private final DocumentSink sink = new DocumentSink(disk,
        new DrainedRing[] {new DrainedRing(machine.memory(), 0), new DrainedRing(machine.memory(), 1)}, said::add,
        System::nanoTime);

    private void ring(int cpu, TraceEvent event, int flags, int id, int arg0, int arg1) {
        document.record(cpu, 1, 1, 0, event, flags, 1, id, 0, 0, arg0, arg1);
    }

    private void host(TraceEvent event, int arg0) {
        document.record(DocumentBuilder.HOST, 1, 1, 0, event, 0, 1, 0, 0, 0, arg0, 0);
    }

    @Test
    void whatIsDroppedIsCountedPerCpuAndToldBeforeWhatFollows() {
        ring(0, TraceEvent.SEND, 0, 1, 0, 0);
        sink.write(document, 10, 5);
        disk.full = true;
        ring(0, TraceEvent.SEND, 0, 2, 0, 0);
        ring(0, TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST, 3, 0, 0);
        ring(0, TraceEvent.CALLBACK, 0, 3, 0, 0);
        sink.write(document, 20, 10);
        ring(1, TraceEvent.UNHANDLED, 0, 4, 0, 0);
        ring(1, TraceEvent.HALT, 0, 5, 0, 0);
        ring(1, TraceEvent.GAP, 0, 100, 7, 8);
        host(TraceEvent.LOG, 0);
        host(TraceEvent.LIFE, 11);
        sink.write(document, 30, 20);
        assertTrue(document.isEmpty());
        disk.full = false;
        ring(0, TraceEvent.SEND, 0, 6, 0, 0);
        sink.write(document, 40, 30);
        assertEquals(List.of("0:SEND 1/0/0", "-1:LIFE 0/11/0", "0:GAP 1/1/1", "1:GAP 101/7/9", "-1:GAP 1/0/0",
            "0:SEND 6/0/0"), disk.records());
        assertEquals(List.of("mkemu: the journal has no room: what is traced from here on is dropped and counted until "
            + "it has (-ENOSPC)", "mkemu: the journal goes on; 121 records are missing in it"), said);
        ring(0, TraceEvent.SEND, 0, 7, 0, 0);
        sink.write(document, 50, 40);
        assertEquals(7, disk.records().size());
    }

    @Test
    void aDiskThatStaysFullKeepsRoomForWhatIsMissingAndForTheEnd() {
        disk.full = true;
        for (int pass = 0; pass < 3; pass++) {
            ring(1, TraceEvent.SEND, 0, pass, 0, 0);
            host(TraceEvent.STATE, pass);
            sink.write(document, pass, pass);
        }
        sink.end(100);
        assertEquals(List.of("-1:STATE 0/0/0", "-1:STATE 0/1/0", "-1:STATE 0/2/0", "1:GAP 0/3/0", "-1:END 0/0/0"),
            disk.records());
        assertEquals(2, said.size());
        assertEquals("mkemu: the journal ends; 3 records are missing in it", said.getLast());
    }

    @Test
    void whatIsKeptOfTheHostHasItsLimit() {
        disk.full = true;
        int states = 6000;
        for (int state = 0; state < states; state++) {
            host(TraceEvent.STATE, state);
            if (!document.hasRoom()) {
                sink.write(document, 1, 1);
            }
        }
        sink.write(document, 1, 1);
        sink.end(2);
        List<String> records = disk.records();
        assertEquals("-1:END 0/0/0", records.getLast());
        assertEquals("-1:GAP " + states + "/0/0", records.get(records.size() - 2));
        assertEquals(2, records.size(), "more than what is sure to fit is counted");
    }
}
