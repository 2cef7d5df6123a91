// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.micro;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a send costs its sender, and a message its receiver: 64 bytes, a lane's worth at a time. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class IpiMicro {
    private static final int TYPE = 7;
    private static final int BYTES = 64;

    /** The machine. */
    public abstract static class Base {
        private MicroMachine machine;
        private final UnsafeBuffer payload = new UnsafeBuffer(new byte[BYTES]);

        /** Makes it; from its first message on the lane is a hot one, which is polled. */
        @Setup(Level.Trial)
        public void make() throws IOException {
            machine = new MicroMachine();
            payload.putLong(0, 1);
            send();
            if (machine.interrupt() != 1) {
                throw new IllegalStateException("the first message did not come");
            }
        }

        final void send() {
            int result = machine.sender().send(0, TYPE, payload, 0, BYTES);
            if (result != 0) {
                throw new IllegalStateException("send: " + result);
            }
        }

        final MicroMachine machine() {
            return machine;
        }

        /** Removes it. */
        @TearDown(Level.Trial)
        public void end() throws IOException {
            machine.close();
        }
    }

    /** Nothing has been sent. */
    @State(Scope.Thread)
    public static class Empty extends Base {
        /** Takes what was sent. */
        @TearDown(Level.Invocation)
        public void drain() {
            machine().poll();
        }
    }

    /** The lane is full. */
    @State(Scope.Thread)
    public static class Full extends Base {
        /** Sends what is to be received. */
        @Setup(Level.Invocation)
        public void fill() {
            for (int count = 0; count < MicroMachine.SLOTS; count++) {
                send();
            }
        }
    }

    /** sendIpiData to a CPU that polls: checks, copy, publish, no doorbell. */
    @Benchmark
    @OperationsPerInvocation(MicroMachine.SLOTS)
    public void publish(Empty state) {
        for (int count = 0; count < MicroMachine.SLOTS; count++) {
            state.send();
        }
    }

    /** What a CPU that polls does for each message up to the dispatcher. */
    @Benchmark
    @OperationsPerInvocation(MicroMachine.SLOTS)
    public long drain(Full state) {
        if (state.machine().poll() != MicroMachine.SLOTS) {
            throw new IllegalStateException("not all messages came");
        }
        return state.machine().received();
    }
}
