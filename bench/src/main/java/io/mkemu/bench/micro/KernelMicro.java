// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.micro;

import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceRingDescriptor;
import io.mkemu.kernel.HandlerLookup;
import io.mkemu.trace.TraceWriter;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.AtomicBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a kernel does around an IPI. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class KernelMicro {
    private static final int RECORDS = 1024;
    private static final int TYPE_STEP = 389;

    /** A registry. */
    @State(Scope.Thread)
    public static class Registry {
        /** Types with a handler. */
        @Param({"1", "1000"})
        private int handlers;
        private HandlerLookup lookup;
        private int next;

        /** Makes it. */
        @Setup
        public void make() {
            lookup = new HandlerLookup(handlers);
        }
    }

    /** A pool in RAM. */
    @State(Scope.Thread)
    public static class Pool {
        private MicroMachine machine;

        /** Makes it. */
        @Setup
        public void make() throws IOException {
            machine = new MicroMachine();
        }

        /** Removes it. */
        @TearDown
        public void end() throws IOException {
            machine.close();
        }
    }

    /** A trace ring. */
    @State(Scope.Thread)
    public static class Ring {
        private MicroMachine machine;
        private TraceWriter writer;

        /** Makes it. */
        @Setup
        public void make() throws IOException {
            machine = new MicroMachine();
            writer = new TraceWriter(machine.mapped().memory(), MicroMachine.SENDER_CPU);
        }

        /** Says that all was read, as the host does, whose own reading is not measured: no record is ever dropped. */
        @TearDown(Level.Invocation)
        public void empty() {
            AtomicBuffer tables = machine.mapped().memory().tables();
            int ring = machine.mapped().memory().layout().traceRingAt(MicroMachine.SENDER_CPU);
            long tail = tables.getLongVolatile(ring + TraceRingDescriptor.TAIL_OFFSET);
            if (tail - tables.getLongVolatile(ring + TraceRingDescriptor.HEAD_OFFSET) != RECORDS) {
                throw new IllegalStateException("not all records are in the ring");
            }
            tables.putLongRelease(ring + TraceRingDescriptor.HEAD_OFFSET, tail);
        }

        /** Removes it. */
        @TearDown
        public void end() throws IOException {
            machine.close();
        }
    }

    /** The handlers of a type, types in turn. */
    @Benchmark
    public int handlerLookup(Registry state) {
        state.next += TYPE_STEP;
        return state.lookup.count(1 + Integer.remainderUnsigned(state.next, state.handlers));
    }

    /** instanceAlloc and instanceFree of a page. */
    @Benchmark
    public int poolAllocFree(Pool state) {
        long page = state.machine.pool().alloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        return state.machine.pool().free(page, Pages.PAGE_SIZE);
    }

    /** A tracepoint that records, without the clock. */
    @Benchmark
    @OperationsPerInvocation(RECORDS)
    public void traceRecord(Ring state) {
        for (int count = 0; count < RECORDS; count++) {
            state.writer.record(TraceEvent.SEND, 0, count, count, 1, 64, 1, 0);
        }
    }
}
