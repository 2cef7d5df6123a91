// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

import static io.mkemu.abi.RamHeaderDescriptor.TRACE_DOORBELL_OFFSET;
import static io.mkemu.abi.RamHeaderDescriptor.TRACE_MODE_OFFSET;

import io.mkemu.abi.TraceMode;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Futex;
import io.mkemu.os.Platform;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/** What a machine records, and how whoever drains the trace rings is woken. Any thread. */
public final class TraceControl {
    private final UnsafeBuffer tables;
    private final Platform platform;
    private final long modeWord;

    /** The control of a machine. */
    public TraceControl(PhysicalMemory memory) {
        this.tables = memory.tables();
        this.platform = memory.platform();
        this.modeWord = tables.addressOffset() + TRACE_MODE_OFFSET;
    }

    /** Whether a mode records at least what another does. Cheap: a load of a word that hardly ever changes. */
    public boolean records(TraceMode mode) {
        return UnsafeApi.getIntVolatile(null, modeWord) >= mode.ordinal();
    }

    /** What is recorded now; what no mode has for its number counts as all. */
    public TraceMode mode() {
        TraceMode[] modes = TraceMode.values();
        return modes[Math.clamp(tables.getIntVolatile(TRACE_MODE_OFFSET), 0, modes.length - 1)];
    }

    /** Changes what is recorded. Host only. */
    public void mode(TraceMode mode) {
        tables.putIntVolatile(TRACE_MODE_OFFSET, mode.ordinal());
    }

    /** Wakes who drains the rings. */
    public void ring() {
        tables.getAndAddInt(TRACE_DOORBELL_OFFSET, 1);
        platform.wake(address(), 1);
    }

    /** As {@link #ring}, for the host, whose thread drains by a futex also where something else runs the kernels. */
    public void ringAsHost() {
        tables.getAndAddInt(TRACE_DOORBELL_OFFSET, 1);
        Futex.wake(address(), 1);
    }

    /** The doorbell's value, to be read before the last look at the rings. */
    public int doorbell() {
        return tables.getIntVolatile(TRACE_DOORBELL_OFFSET);
    }

    /** Sleeps until the doorbell differs from the value read, or the time is over. */
    public void await(Futex futex, int seen, long timeoutNanos) {
        futex.await(address(), seen, timeoutNanos);
    }

    private long address() {
        return tables.addressOffset() + TRACE_DOORBELL_OFFSET;
    }
}
