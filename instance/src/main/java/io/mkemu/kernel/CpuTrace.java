// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.boot.InstanceEntry;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.ipi.MkIpiDataDescriptor;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.trace.KernelCall;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceEvent;
import io.mkemu.trace.TraceMode;
import io.mkemu.trace.TraceRecordDescriptor;
import io.mkemu.trace.TraceWriter;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The tracepoints of one CPU's loop. Used by that CPU's thread only.
 *
 * <p>Reading the clock costs as much as a tenth of a round trip, so nothing between a message's arrival and the answer
 * reads it: a CPU that polls reads it in place of a pause, and a callback begins when the one before it ended. What is
 * recorded of a callback is written after it.
 */
final class CpuTrace {
    private static final long U32 = 0xffff_ffffL;

    private final TraceWriter writer;
    private final long epoch;
    private final int physicalCpu;
    private final CallTrace calls;
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[MkIpiDataDescriptor.MAX_DATA_SIZE]);
    private int payloadSize;
    private boolean on;
    private boolean stale = true;
    private long clock;
    private long interrupted;

    CpuTrace(PhysicalMemory memory, InstanceEntry entry, int physicalCpu, PageWatch pages) {
        this.writer = new TraceWriter(memory, physicalCpu);
        this.calls = new CallTrace(writer, pages);
        this.epoch = entry.epoch();
        this.physicalCpu = physicalCpu;
    }

    TraceWriter writer() {
        return writer;
    }

    /** The tracepoints of the modules on this CPU. */
    CallTrace calls() {
        return calls;
    }

    /** A turn of the loop begins: what is taken in it counts as interrupted now. */
    void turnBegins() {
        on = writer.records(TraceMode.IPI);
        if (on && stale) {
            readClock();
        }
        interrupted = clock;
    }

    /** Callbacks are about to run; work of this CPU may have run since the turn began. */
    void delivers() {
        if (on && stale) {
            readClock();
        }
    }

    /** Time has passed that no tracepoint saw. */
    void goesStale() {
        stale = true;
    }

    private void readClock() {
        clock = System.nanoTime();
        stale = false;
    }

    /** Between two looks for work. */
    void pause() {
        if (on) {
            readClock();
        } else {
            stale = true;
            Thread.onSpinWait();
        }
    }

    /** Vectors were taken. */
    void interrupt(long vectors) {
        if (on) {
            writer.record(TraceEvent.INTERRUPT, 0, clock, vectors, 0, 0, 0, 0);
        }
    }

    /** The CPU is about to sleep. */
    void halts() {
        if (on) {
            readClock();
        }
    }

    /** It woke. */
    void woke() {
        stale = true;
        if (on) {
            long from = clock;
            readClock();
            writer.record(TraceEvent.HALT, 0, from, clock - from, 0, 0, 0, 0);
        }
    }

    /** A callback is about to run. */
    void callbackBegins(MkIpiData data, HandlerRegistry.Handler handler) {
        if (on) {
            if (writer.records(TraceMode.ALL)) {
                /* Now: in single-slot mode a sender may change it under the callback. */
                payloadSize = data.dataSize();
                payload.putBytes(0, data.buffer(), 0, payloadSize);
                calls.begins();
                writer.record(TraceEvent.CALL, 0, clock, handler.number(), KernelCall.HANDLER.ordinal(), 0,
                    handler.type(), 0);
            } else {
                payloadSize = -1;
            }
            writer.callbackBegins(id(data), clock, data.type(), data.dataSize());
        }
    }

    /** It has run. */
    void callbackEnds(MkIpiData data, boolean first, boolean threw) {
        if (!on) {
            return;
        }
        long begun = clock;
        readClock();
        int flags = (first ? TraceRecordDescriptor.FIRST : 0) | (threw ? TraceRecordDescriptor.FAULT : 0);
        int took = u32(clock - begun);
        int waited = u32(begun - interrupted);
        if (first && payloadSize >= 0) {
            writer.record(TraceEvent.CALLBACK, flags, begun, id(data), data.type(), took, waited, payload, 0,
                payloadSize);
        } else {
            writer.record(TraceEvent.CALLBACK, flags, begun, id(data), data.type(), data.dataSize(), took, waited);
        }
        writer.callbackEnds();
    }

    /** A message came that nobody handles. */
    void unhandled(MkIpiData data) {
        if (on) {
            writer.record(TraceEvent.UNHANDLED, 0, clock, id(data), data.type(), data.dataSize(), 0,
                u32(clock - interrupted));
        }
    }

    /** A handler's work is pending already. */
    void coalesced(MkIpiData data) {
        if (on) {
            writer.record(TraceEvent.COALESCED, 0, clock, id(data), data.type(), data.dataSize(), 0, 0);
        }
    }

    /** A message that cannot be true was dropped. */
    void anomaly(int senderCpu) {
        record(TraceEvent.ANOMALY, 0, 0, senderCpu, 0);
    }

    /** Something threw. */
    void fault() {
        record(TraceEvent.FAULT, 0, 0, 0, 0);
    }

    /** An event off the paths that must be fast, stamped now. */
    void record(TraceEvent event, long id, int size, int arg0, int arg1) {
        if (writer.records(event.from())) {
            writer.record(event, 0, System.nanoTime(), id, 0, size, arg0, arg1);
        }
    }

    private long id(MkIpiData data) {
        return MessageId.of(data.senderCpu(), physicalCpu, epoch, data.number());
    }

    /** Nanoseconds as a record holds them. */
    static int u32(long nanos) {
        return (int) Math.clamp(nanos, 0, U32);
    }
}
