// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.metrics;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.TraceMode;
import io.mkemu.host.view.MachineSummary;
import io.mkemu.host.view.Snapshot;
import io.mkemu.host.view.Snapshot.Cpu;
import io.mkemu.host.view.Snapshot.CpuState;
import io.mkemu.host.view.Snapshot.Kernel;
import io.mkemu.host.view.Snapshot.Lane;
import io.mkemu.host.view.Snapshot.Share;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Snapshots with a number of its own in each place. */
final class TestSnapshots {
    private TestSnapshots() {
    }

    /** A machine of two kernels, of which the second has failed; its name needs quoting. */
    static Snapshot running() {
        return of(MachineSummary.RUNNING);
    }

    static Snapshot of(String state) {
        return new Snapshot("m", state, 12, 90_000_000_000L, 40_000_000_000L, IpiMode.QUEUED, 16, 1L << 33,
            List.of(kernel(0, "host", InstanceState.ACTIVE), kernel(1, "a \"b\"", InstanceState.FAILED)),
            List.of(cpu(0, 0, CpuState.RUNNING), cpu(3, 1, CpuState.OFFLINE)),
            List.of(new Lane(0, 3, 1L << 40, 4)), List.of(),
            List.of(new Share(1, 0, 9, 2, true), new Share(1, 0, 20, 5, false)),
            new Snapshot.Trace(TraceMode.IPI, 8, 9), List.of("damaged"));
    }

    /** The same with one name for both kernels, which each of them can write. */
    static Snapshot ofOneName() {
        Snapshot two = running();
        return new Snapshot(two.machine(), two.state(), two.pid(), two.takenNanos(), two.upNanos(), two.ipi(),
            two.ipiSlots(), two.ramBytes(), List.of(kernel(0, "host", InstanceState.ACTIVE),
            kernel(1, "host", InstanceState.ACTIVE)), two.cpus(), two.lanes(), two.memory(), two.shares(), two.trace(),
            two.problems());
    }

    private static Kernel kernel(int id, String name, InstanceState state) {
        return new Kernel(id, name, state, 3, 44, "", List.of(id), 8192, 4096, 0x3000, 4096, "quiet", 3, 2, 1);
    }

    private static Cpu cpu(int id, int kernel, CpuState state) {
        Map<Counter, Long> counters = new EnumMap<>(Counter.class);
        for (Counter counter : Counter.values()) {
            counters.put(counter, 100L * (id + 1) + counter.ordinal());
        }
        boolean up = state != CpuState.OFFLINE;
        return new Cpu(id, id, id, false, kernel, state, up ? 5_000_000_000L : 0, up ? 2_500_000_000L : 0,
            up ? 10_000_000_000L : 0, List.of(), counters);
    }
}
