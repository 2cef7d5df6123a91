// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.machine.MappedMachine;
import io.mkemu.os.Platform;
import io.mkemu.table.InstanceEntry;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceClock;
import io.mkemu.trace.TraceWriter;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The tracepoints of one CPU's loop. Used by that CPU's thread only.
 *
 * <p>Nothing between a message's arrival and the answer reads the clock: a CPU that polls counts its looks since the
 * last reading, see {@link TraceClock}, and a callback begins when the one before it ended. What is recorded of a
 * callback is written after it.
 */
final class CpuTrace {
    private final Platform platform;
    private final TraceWriter writer;
    private final long life;
    private final int physicalCpu;
    private final KernelHook.OnCpu hook;
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[MkIpiDataDescriptor.MAX_DATA_SIZE]);
    private int payloadSize;
    private final TraceClock clock;
    private boolean on;
    private long begun;
    private long interrupted;

    CpuTrace(MappedMachine machine, InstanceEntry entry, int logicalCpu, int physicalCpu, KernelHook hook) {
        this.platform = machine.platform();
        this.clock = new TraceClock(platform::nanoTime);
        this.writer = new TraceWriter(machine.memory(), physicalCpu);
        this.hook = hook.onCpu(logicalCpu, writer);
        this.life = entry.life();
        this.physicalCpu = physicalCpu;
    }

    TraceWriter writer() {
        return writer;
    }

    /** What stands between this CPU and the modules. */
    KernelHook.OnCpu hook() {
        return hook;
    }

    /** A turn of the loop begins: what is taken in it counts as interrupted now. */
    void turnBegins() {
        on = writer.records(TraceMode.IPI);
        if (on) {
            clock.refresh();
        }
        interrupted = clock.nanos();
    }

    /** Callbacks are about to run; work of this CPU may have run since the turn began. */
    void delivers() {
        if (on) {
            clock.refresh();
        }
    }

    /** Time has passed that no tracepoint saw. */
    void goesStale() {
        clock.goesStale();
    }

    /** Between two looks for work. */
    void pause() {
        if (on) {
            clock.look();
        } else {
            clock.goesStale();
            platform.relax();
        }
    }

    /** Vectors were taken. */
    void interrupt(long vectors) {
        if (on) {
            writer.record(TraceEvent.INTERRUPT, 0, clock.nanos(), vectors, 0, 0, 0, 0);
        }
    }

    /** The CPU is about to sleep. */
    void halts() {
        if (on) {
            clock.read();
        }
    }

    /** It woke. */
    void woke() {
        clock.goesStale();
        if (on) {
            long from = clock.nanos();
            clock.read();
            writer.record(TraceEvent.HALT, 0, from, clock.nanos() - from, 0, 0, 0, 0);
        }
    }

    /** A callback is about to run. */
    void callbackBegins(MkIpiData data, HandlerRegistry.Handler handler) {
        if (on) {
            begun = clock.nanos();
            if (writer.records(TraceMode.ALL)) {
                /* Now: in single-slot mode a sender may change it under the callback. */
                payloadSize = data.dataSize();
                payload.putBytes(0, data.buffer(), 0, payloadSize);
                hook.callbackBegins(begun, handler.number(), handler.type(), data);
            } else {
                payloadSize = -1;
            }
            writer.callbackBegins(id(data), begun, data.type(), data.dataSize());
        }
    }

    /** It has run. */
    void callbackEnds(MkIpiData data, boolean first, boolean threw) {
        if (!on) {
            return;
        }
        clock.read();
        int flags = (first ? TraceRecordDescriptor.FIRST : 0) | (threw ? TraceRecordDescriptor.FAULT : 0);
        int took = TraceWriter.u32(clock.nanos() - begun);
        int waited = TraceWriter.u32(begun - interrupted);
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
            writer.record(TraceEvent.UNHANDLED, 0, clock.nanos(), id(data), data.type(), data.dataSize(), 0,
                TraceWriter.u32(clock.nanos() - interrupted));
        }
    }

    /** A handler's work is pending already. */
    void coalesced(MkIpiData data) {
        if (on) {
            writer.record(TraceEvent.COALESCED, 0, clock.nanos(), id(data), data.type(), data.dataSize(), 0, 0);
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
    void record(TraceEvent event, long id, int type, int arg0, int arg1) {
        if (writer.records(event.from())) {
            writer.record(event, 0, platform.nanoTime(), id, type, 0, arg0, arg1);
        }
    }

    private long id(MkIpiData data) {
        return MessageId.of(data.senderCpu(), physicalCpu, life, data.number());
    }
}
