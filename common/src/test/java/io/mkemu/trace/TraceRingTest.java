// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.RamLayout;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.TraceRingDescriptor;
import io.mkemu.testkit.TestMachine;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(300)
class TraceRingTest {
    /** So many CPUs that a ring has 512 slots. */
    private static final RamLayout LAYOUT = new RamLayout(RamLayout.MAX_CPUS, 2, 1 << 20, 1 << 20);
    private static final int SLOTS = 512;
    private static final int CPU = 1023;
    private static final int LENGTH = TraceRecordDescriptor.LENGTH;

    @RegisterExtension
    private final TestMachine machine = new TestMachine(LAYOUT);
    private TraceWriter writer = new TraceWriter(machine.memory(), CPU);
    private TraceReader reader = new TraceReader(machine.memory(), CPU);
    private final UnsafeBuffer drained = new UnsafeBuffer(new byte[SLOTS * LENGTH]);

    private void write(TraceEvent event, long id) {
        writer.record(event, 0, id * 10, id, (int) id, 5, 6, 7);
    }

    private void write(long id, int payload) {
        byte[] bytes = new byte[payload];
        java.util.Arrays.fill(bytes, (byte) id);
        writer.record(TraceEvent.CALLBACK, TraceRecordDescriptor.FIRST, 1, id, 2, 3, 4, new UnsafeBuffer(bytes), 0,
            payload);
    }

    private List<Long> drain(int room) {
        int bytes = reader.drain(drained, 0, room);
        List<Long> ids = new ArrayList<>();
        TraceRecord record = new TraceRecord();
        for (int at = 0; at < bytes; at += record.slots() * LENGTH) {
            assertTrue(record.wrap(drained, at, bytes), "a whole record at " + at + " of " + bytes);
            ids.add(record.id());
        }
        return ids;
    }

    private List<Long> drain() {
        return drain(drained.capacity());
    }

    @Test
    void aRecordComesOutAsItWentIn() {
        writer.record(TraceEvent.SEND, TraceRecordDescriptor.RUNG | TraceRecordDescriptor.WOKEN, Long.MAX_VALUE,
            -2L, -3, 0xffff, -4, -5);
        assertEquals(LENGTH, reader.waiting());
        assertEquals(LENGTH, reader.drain(drained, 0, drained.capacity()));
        TraceRecord record = new TraceRecord();
        assertTrue(record.wrap(drained, 0, LENGTH));
        assertEquals(TraceEvent.SEND, record.event());
        assertTrue(record.has(TraceRecordDescriptor.RUNG) && record.has(TraceRecordDescriptor.WOKEN));
        assertFalse(record.has(TraceRecordDescriptor.ELIDED) || record.has(TraceRecordDescriptor.PAYLOAD));
        assertEquals(Long.MAX_VALUE, record.time());
        assertEquals(-2L, record.id());
        assertEquals(-3, record.type());
        assertEquals(0xffff, record.size());
        assertEquals(-4, record.arg0());
        assertEquals(-5, record.arg1());
        assertEquals(0, record.payloadLength());
        assertEquals(0, reader.waiting());
    }

    @Test
    void payloadsWrapAroundTheEnd() {
        for (int round = 0; round < 5; round++) {
            for (int size : new int[] {0, 1, 31, 32, 33, 256, 4096}) {
                byte[] text = new byte[size];
                for (int at = 0; at < size; at++) {
                    text[at] = (byte) (at * 31 + round);
                }
                writer.record(TraceEvent.LOG, 0, 1, size, 0, 0, 0, new UnsafeBuffer(text), 0, size);
                int bytes = reader.drain(drained, 0, drained.capacity());
                assertEquals(TraceRecordDescriptor.slots(size) * LENGTH, bytes);
                TraceRecord record = new TraceRecord();
                assertTrue(record.wrap(drained, 0, bytes));
                assertArrayEquals(text, record.payload());
            }
        }
        assertTrue(reader.position() > 4 * SLOTS / 3, "wrapped: " + reader.position());
    }

    @Test
    void zerosAreSentAsZeros() {
        write(1, 64);
        drain();
        writer.record(TraceEvent.SEND, 0, 1, 2, 3, 4, 5, null, 0, 40);
        int bytes = reader.drain(drained, 0, drained.capacity());
        TraceRecord record = new TraceRecord();
        assertTrue(record.wrap(drained, 0, bytes));
        assertArrayEquals(new byte[40], record.payload());
    }

    @Test
    void whatFindsNoRoomIsCountedByKindAndWhatComesLaterIsWritten() {
        for (int id = 0; id < SLOTS; id++) {
            write(TraceEvent.HALT, id);
        }
        for (int lost = 0; lost < 3; lost++) {
            write(TraceEvent.SEND, 1000);
        }
        write(1000, 64);
        write(TraceEvent.UNHANDLED, 1000);
        write(TraceEvent.CALLBACK, 1000);
        write(TraceEvent.FULL, 1000);
        List<Long> first = drain();
        assertEquals(SLOTS, first.size());
        assertEquals(SLOTS - 1L, first.getLast());
        assertEquals(new TraceReader.Lost(3, 2, 2), reader.lost());
        write(TraceEvent.SEND, 2000);
        assertEquals(List.of(2000L), drain());
        assertEquals(new TraceReader.Lost(0, 0, 0), reader.lost());
        assertFalse(reader.lost().any());
    }

    @Test
    void aPayloadThatDoesNotFitIsLostWhole() {
        for (int id = 0; id < SLOTS - 2; id++) {
            write(TraceEvent.HALT, id);
        }
        write(7, 33);
        write(8, 32);
        assertEquals(SLOTS * LENGTH, reader.waiting());
        List<Long> ids = drain();
        assertEquals(8L, ids.getLast());
        assertEquals(new TraceReader.Lost(0, 1, 0), reader.lost());
    }

    @Test
    void littleRoomMovesWholeRecordsOnlyAndTellsNoLossTooEarly() {
        write(1, 64);
        write(2, 64);
        for (int id = 0; id < SLOTS; id++) {
            write(TraceEvent.HALT, 100);
        }
        assertEquals(List.of(1L), drain(5 * LENGTH));
        assertFalse(reader.lost().any(), "records that are still in the ring come before the gap");
        List<Long> rest = drain();
        assertEquals(2L, rest.getFirst());
        assertEquals(SLOTS - 5, rest.size());
        assertEquals(new TraceReader.Lost(0, 0, 6), reader.lost());
    }

    @Test
    void theNextLifeGoesOnWhereTheLastOneEnded() {
        write(TraceEvent.SEND, 1);
        writer = new TraceWriter(machine.memory(), CPU);
        write(TraceEvent.SEND, 2);
        assertEquals(List.of(1L, 2L), drain());
        reader = new TraceReader(machine.memory(), CPU);
        write(TraceEvent.SEND, 3);
        assertEquals(List.of(3L), drain());
    }

    @Test
    void aDamagedTailCostsRecordsAndNothingElse() {
        UnsafeBuffer tables = machine.memory().tables();
        int tail = LAYOUT.traceRingAt(CPU) + TraceRingDescriptor.TAIL_OFFSET;
        write(TraceEvent.SEND, 1);
        for (long damage : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, SLOTS + 1}) {
            tables.putLongVolatile(tail, damage);
            assertEquals(List.of(), drain(), "tail " + damage);
            assertEquals(0, reader.position());
        }
        write(TraceEvent.SEND, 2);
        assertEquals(List.of(1L, 2L), drain(), "the writer has its own copy");
        tables.putLongVolatile(tail, Long.MAX_VALUE);
        writer = new TraceWriter(machine.memory(), CPU);
        write(TraceEvent.SEND, 3);
        assertEquals(List.of(3L), drain(), "the next life goes on at the head");
    }

    @Test
    void aDamagedHeadMakesNoRoom() {
        for (int id = 0; id < SLOTS; id++) {
            write(TraceEvent.HALT, id);
        }
        UnsafeBuffer tables = machine.memory().tables();
        for (long damage : new long[] {-1, SLOTS + 1, Long.MAX_VALUE}) {
            tables.putLongVolatile(LAYOUT.traceRingAt(CPU) + TraceRingDescriptor.HEAD_OFFSET, damage);
            write(TraceEvent.SEND, 1000);
        }
        assertEquals(SLOTS, drain().size());
        assertEquals(new TraceReader.Lost(3, 0, 0), reader.lost());
    }

    @Test
    void damagedRecordsAreRefused() {
        TraceRecord record = new TraceRecord();
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[2 * LENGTH]);
        assertFalse(record.wrap(bytes, 0, LENGTH), "event 0");
        TraceRecord.put(bytes, 0, TraceEvent.END, 0, 0, 0, 0, 0, 0, 0);
        assertTrue(record.wrap(bytes, 0, LENGTH));
        assertFalse(record.wrap(bytes, 0, LENGTH - 1), "cut");
        bytes.putByte(TraceRecordDescriptor.EVENT_OFFSET, (byte) 200);
        assertFalse(record.wrap(bytes, 0, LENGTH), "event 200");
        TraceRecord.put(bytes, 0, TraceEvent.LOG, TraceRecordDescriptor.PAYLOAD, 0, 0, 0, 33, 0, 0);
        assertFalse(record.wrap(bytes, 0, 2 * LENGTH), "a payload past the end");
        TraceRecord.put(bytes, 0, TraceEvent.LOG, TraceRecordDescriptor.PAYLOAD, 0, 0, 0, 3, 0, 0);
        bytes.putBytes(LENGTH, "abc".getBytes(StandardCharsets.UTF_8));
        assertTrue(record.wrap(bytes, 0, 2 * LENGTH));
        assertEquals("abc", record.text());
    }

    @Test
    void aCallbackThatRunsIsToldUntilItEnds() {
        assertNull(reader.running());
        writer.callbackBegins(11, 22, 33, 44);
        assertEquals(new TraceReader.Running(11, 22, 33, 44), reader.running());
        writer.callbackEnds();
        assertNull(reader.running());
        writer.callbackBegins(11, 22, 33, 44);
        new TraceWriter(machine.memory(), CPU);
        assertNull(reader.running(), "the next life runs none");
    }

    @Test
    void theHostIsWokenFourTimesARing() {
        TraceControl control = new TraceControl(machine.memory());
        int before = control.doorbell();
        for (int id = 0; id < 10 * SLOTS; id++) {
            write(TraceEvent.HALT, id);
            if (id % 100 == 0) {
                drain();
            }
        }
        assertEquals(before + 10 * TraceRingDescriptor.WAKES_PER_RING, control.doorbell());
    }

    @Test
    void modesAddUp() {
        TraceControl control = new TraceControl(machine.memory());
        assertEquals(TraceMode.OFF, control.mode());
        assertFalse(writer.records(TraceMode.LIFECYCLE));
        for (TraceMode mode : TraceMode.values()) {
            control.mode(mode);
            assertEquals(mode, control.mode());
            for (TraceMode other : TraceMode.values()) {
                assertEquals(other.ordinal() <= mode.ordinal(), writer.records(other), mode + " records " + other);
            }
        }
        assertNotEquals(machine.memory().layout().traceRingAt(0), machine.memory().layout().traceRingAt(1));
    }
}
