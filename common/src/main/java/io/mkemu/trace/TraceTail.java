// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import static io.mkemu.abi.TraceRingDescriptor.*;

import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.TraceRingDescriptor;
import io.mkemu.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The newest records of a CPU's trace ring, whether its host has read them or not: a ring keeps what was in it until it
 * is overwritten. For a CPU that runs no more. Stateless; any thread.
 */
public final class TraceTail {
    private TraceTail() {
    }

    /**
     * Copies them.
     *
     * @param most so many at most
     * @param now  no record can be younger, CLOCK_MONOTONIC in ns
     * @return from the oldest to the newest; none if nothing was recorded, or the ring is damaged
     */
    public static List<TraceRecord> of(PhysicalMemory memory, int physicalCpu, int most, long now) {
        AtomicBuffer tables = memory.tables();
        int ring = memory.layout().traceRingAt(physicalCpu);
        int slots = TraceRingDescriptor.slots(memory.layout().nrCpus());
        long tail = tables.getLongVolatile(ring + TAIL_OFFSET);
        /* A payload has 256 bytes, 8 slots, at the most. */
        long count = Math.min(Math.min(tail, slots), most * 9L);
        if (tail <= 0 || count <= 0) {
            return List.of();
        }
        UnsafeBuffer copy = new UnsafeBuffer(new byte[(int) count * TraceRecordDescriptor.LENGTH]);
        for (int slot = 0; slot < count; slot++) {
            int at = (int) (tail - count + slot & slots - 1) * TraceRecordDescriptor.LENGTH;
            copy.putBytes(slot * TraceRecordDescriptor.LENGTH, tables, ring + SLOTS_OFFSET + at,
                TraceRecordDescriptor.LENGTH);
        }
        /* Where the first whole record begins nobody has noted: where all that follows are records, to the very end. */
        for (int first = 0; first < count; first++) {
            List<TraceRecord> records = chain(copy, first * TraceRecordDescriptor.LENGTH, memory.createdNanos(), now);
            if (!records.isEmpty()) {
                return records.subList(Math.max(0, records.size() - most), records.size());
            }
        }
        return List.of();
    }

    private static List<TraceRecord> chain(UnsafeBuffer bytes, int first, long earliest, long latest) {
        List<TraceRecord> records = new ArrayList<>();
        for (int at = first; at < bytes.capacity();) {
            TraceRecord record = new TraceRecord();
            if (!record.wrap(bytes, at, bytes.capacity()) || record.time() < earliest || record.time() > latest) {
                return List.of();
            }
            records.add(record);
            at += record.slots() * TraceRecordDescriptor.LENGTH;
        }
        return records;
    }
}
