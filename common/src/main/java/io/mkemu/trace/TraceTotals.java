// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import static io.mkemu.abi.TraceRingDescriptor.*;

import io.mkemu.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.AtomicBuffer;

/**
 * What the trace rings of a machine count, for a tool that only looks. Any thread.
 *
 * @param slots    written since the machine was made; a record has one or more
 * @param lost     records that found no room since then
 * @param problems a line for each ring whose words cannot be true; it is not in the sums
 */
public record TraceTotals(long slots, long lost, List<String> problems) {

    /** Looks at all rings of a machine. */
    public static TraceTotals of(PhysicalMemory memory) {
        AtomicBuffer tables = memory.tables();
        long slots = 0;
        long lost = 0;
        List<String> problems = new ArrayList<>();
        for (int cpu = 0; cpu < memory.layout().nrCpus(); cpu++) {
            int ring = memory.layout().traceRingAt(cpu);
            long tail = tables.getLongVolatile(ring + TAIL_OFFSET);
            long sends = tables.getLongVolatile(ring + LOST_SENDS_OFFSET);
            long deliveries = tables.getLongVolatile(ring + LOST_DELIVERIES_OFFSET);
            long others = tables.getLongVolatile(ring + LOST_OTHERS_OFFSET);
            if ((tail | sends | deliveries | others) < 0) {
                problems.add("trace ring of CPU " + cpu + ": tail " + tail + ", lost " + sends + ", " + deliveries
                    + ", " + others + " cannot be");
            } else {
                slots += tail;
                lost += sends + deliveries + others;
            }
        }
        return new TraceTotals(slots, lost, problems);
    }
}
