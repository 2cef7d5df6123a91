// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.TraceMode;
import io.mkemu.host.view.Snapshot;
import io.mkemu.host.view.Snapshot.Cpu;
import io.mkemu.host.view.Snapshot.CpuState;
import io.mkemu.host.view.Snapshot.Kernel;
import io.mkemu.host.view.Snapshot.Lane;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Samples of machines that never were: a second long, a kernel for each name, a CPU for each kernel. */
final class Samples {
    static final long SECOND = 1_000_000_000L;

    private Samples() {
    }

    /** Kernel N has sent 1000 * N messages in the second; it failed or is paused if its name begins so. */
    static Sample of(String... names) {
        return Sample.between(snapshot(1, names), snapshot(2, names), IntStream.range(0, names.length).boxed()
            .filter(id -> names[id].startsWith("paused")).collect(Collectors.toCollection(TreeSet::new)));
    }

    static Snapshot snapshot(int seconds, String... names) {
        List<Kernel> kernels = new ArrayList<>();
        List<Cpu> cpus = new ArrayList<>();
        List<Lane> lanes = new ArrayList<>();
        for (int id = 0; id < names.length; id++) {
            boolean failed = names[id].startsWith("failed");
            kernels.add(new Kernel(id, names[id], failed ? InstanceState.FAILED : InstanceState.ACTIVE, 1, 100 + id,
                failed ? "killed by \u001b[31ma test" : "", List.of(id), 1 << 20, 1 << 18, 0, 0, "", 0, 0, 0));
            Map<Counter, Long> counters = new EnumMap<>(Counter.class);
            for (Counter counter : Counter.values()) {
                counters.put(counter, 1000L * id * seconds);
            }
            cpus.add(new Cpu(id, id, id % 2, false, id, CpuState.RUNNING, seconds * SECOND / 2, seconds * SECOND / 4,
                seconds * SECOND, List.of(), counters));
            if (id > 0) {
                lanes.add(new Lane(id, 0, 500L * id * seconds, id));
            }
        }
        return new Snapshot("lab", "running", 99, seconds * SECOND, seconds * SECOND, IpiMode.QUEUED, 16, 1 << 25,
            kernels, cpus, lanes, List.of(), List.of(), new Snapshot.Trace(TraceMode.IPI, 10L * seconds, 0), List.of());
    }
}
