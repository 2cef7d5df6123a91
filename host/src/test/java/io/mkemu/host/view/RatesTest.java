// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.TraceMode;
import io.mkemu.host.view.Rates.OfCpu;
import io.mkemu.host.view.Rates.OfLane;
import io.mkemu.host.view.Rates.OfPair;
import io.mkemu.host.view.Rates.Time;
import io.mkemu.host.view.Snapshot.Cpu;
import io.mkemu.host.view.Snapshot.CpuState;
import io.mkemu.host.view.Snapshot.Kernel;
import io.mkemu.host.view.Snapshot.Lane;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RatesTest {
    private static final long SECOND = 1_000_000_000L;

    static Snapshot snapshot(long nanos, List<Kernel> kernels, List<Cpu> cpus, List<Lane> lanes) {
        return new Snapshot("m", "running", 1, nanos, nanos, IpiMode.QUEUED, 16, 1 << 20, kernels, cpus, lanes,
            List.of(), List.of(), new Snapshot.Trace(TraceMode.OFF, 0, 0), List.of());
    }

    static Kernel kernel(int id, long life, Integer... cpus) {
        return new Kernel(id, "k" + id, InstanceState.ACTIVE, life, 1, "", List.of(cpus), 4096, 0, 0, 0, "", 0, 0, 0);
    }

    static Cpu cpu(int id, int kernel, long counted, long halted, long polling, long online) {
        Map<Counter, Long> counters = new EnumMap<>(Counter.class);
        for (Counter counter : Counter.values()) {
            counters.put(counter, counted);
        }
        return new Cpu(id, id, id, false, kernel, CpuState.RUNNING, halted, polling, online, List.of(), counters);
    }

    @Test
    void isTheDifferencePerSecond() {
        List<Kernel> kernels = List.of(kernel(0, 1, 0), kernel(1, 3, 1, 2));
        Rates rates = Rates.between(
            snapshot(SECOND, kernels, List.of(cpu(0, 0, 10, 0, 0, 0), cpu(1, 1, 100, 0, 0, SECOND),
                cpu(2, 1, 0, 0, 0, 0)), List.of(new Lane(0, 1, 5, 2))),
            snapshot(3 * SECOND, kernels, List.of(cpu(0, 0, 30, 0, 0, 0),
                cpu(1, 1, 400, SECOND, SECOND / 2, 3 * SECOND), cpu(2, 1, 20, 0, 2 * SECOND, 2 * SECOND)),
                List.of(new Lane(0, 1, 25, 3), new Lane(0, 2, 4, 1), new Lane(2, 0, 8, 0))));
        assertEquals(2, rates.seconds());
        assertEquals(10 + 150 + 10, rates.sent());
        assertEquals(List.of(10.0, 160.0), rates.kernels().stream().map(Rates.OfKernel::received).toList());
        assertEquals(new Time(0.25, 0.25, 0.5), rates.cpus().get(1).time());
        assertEquals(new Time(0, 1, 0), rates.cpus().get(2).time());
        assertEquals(Time.NONE, rates.cpus().get(0).time());
        assertEquals(new Time(0.125, 0.625, 0.25), rates.kernels().get(1).time());
        assertEquals(List.of(new OfLane(0, 1, 10), new OfLane(0, 2, 2), new OfLane(2, 0, 4)), rates.lanes());
        assertEquals(List.of(new OfPair(0, 1, 12, 4), new OfPair(1, 0, 4, 0)), rates.pairs());
    }

    @Test
    void aNewLifeCountsFromItsBeginning() {
        Rates rates = Rates.between(
            snapshot(0, List.of(kernel(0, 1, 0), kernel(1, 1, 1)), List.of(cpu(0, 0, 0, 0, 0, 0),
                cpu(1, 1, 1000, 50 * SECOND, 0, 100 * SECOND)), List.of(new Lane(0, 1, 1000, 0))),
            snapshot(SECOND, List.of(kernel(0, 1, 0), kernel(1, 2, 1)), List.of(cpu(0, 0, 0, 0, 0, 0),
                cpu(1, 1, 1500, SECOND / 4, 0, SECOND / 2)), List.of(new Lane(0, 1, 1400, 0))));
        assertEquals(1500, rates.kernels().get(1).sent());
        assertEquals(1400, rates.lanes().getFirst().delivered());
        assertEquals(new Time(0.5, 0, 0.5), rates.cpus().get(1).time());
    }

    @Test
    void neitherMovedCpusNorDamagedCountersGiveNegativeNumbers() {
        Rates rates = Rates.between(
            snapshot(0, List.of(kernel(1, 1, 1), kernel(2, 1, 2)), List.of(cpu(1, 1, 1000, 9, 9, 9),
                cpu(2, 2, 500, SECOND, SECOND, SECOND)), List.of(new Lane(1, 2, 77, 0), new Lane(2, 1, 99, 0))),
            snapshot(SECOND, List.of(kernel(1, 1, 2)), List.of(cpu(1, 7, -5, -9, -9, -9),
                cpu(2, 1, 20, 2 * SECOND, 3 * SECOND, SECOND / 2)), List.of(new Lane(1, 2, 7, 0))));
        for (OfCpu cpu : rates.cpus()) {
            for (double rate : new double[] {cpu.sent(), cpu.received(), cpu.refused(), cpu.interrupts(),
                cpu.callbacks(), cpu.halts()}) {
                assertEquals(cpu.id() == 1 ? 0 : 20, rate);
            }
        }
        assertEquals(Time.NONE, rates.cpus().get(0).time());
        assertEquals(new Time(0, 0, 1), rates.cpus().get(1).time());
        assertEquals(7, rates.lanes().getFirst().delivered());
        /* CPU 1 is said to be of a kernel that is none. */
        assertEquals(List.of(new OfPair(7, 1, 7, 0)), rates.pairs());
    }

    @Test
    void refusesSnapshotsThatAreNotInOrder() {
        Snapshot one = snapshot(SECOND, List.of(), List.of(), List.of());
        assertThrows(IllegalArgumentException.class, () -> Rates.between(one, one));
    }
}
