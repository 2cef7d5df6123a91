// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import io.mkemu.abi.InstanceState;
import io.mkemu.cli.type.CpuList;
import io.mkemu.host.view.Rates;
import io.mkemu.host.view.Snapshot.Cpu;
import io.mkemu.host.view.Snapshot.Lane;
import io.mkemu.host.view.Snapshot;
import io.mkemu.live.top.Table.Column;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The rows and columns of the tables. Stateless; any thread. */
final class Rows {
    private static final int NAME_WIDTH = 16;

    /**
     * A kernel, whether it is paused, what it did, how full the fullest lane to it is and how much of its pool is used,
     * 0..1.
     */
    record KernelRow(Snapshot.Kernel kernel, boolean paused, Rates.OfKernel rate, double laneFill, double poolUsed) {
        boolean hasFailed() {
            return kernel.state() == InstanceState.FAILED;
        }

        /** What goes on in its state goes before that, as in what the verbs print: active, but paused. */
        String state() {
            return paused ? "paused" : kernel.state().toString();
        }
    }

    /** A CPU, the name of its owner and what it did. */
    record CpuRow(Cpu cpu, String owner, Rates.OfCpu rate) {
    }

    /** From one kernel to another, by name. */
    record PairRow(String from, String to, Rates.OfPair rate) {
    }

    static final Table<KernelRow> KERNELS = new Table<>(List.of(
        Column.id("ID", 3, 9, row -> row.kernel().id()),
        Column.word("NAME", NAME_WIDTH, 1, row -> row.kernel().name()),
        Column.word("STATE", 6, 2, KernelRow::state),
        Column.id("LIFE", 4, 12, row -> row.kernel().life()),
        Column.id("PID", 7, 10, row -> row.kernel().pid()),
        Column.word("CPUS", 8, 8, row -> CpuList.text(row.kernel().cpus())),
        Column.percent("BUSY%", 5, row -> row.rate().time().busy()),
        Column.percent("POLL%", 6, row -> row.rate().time().polling()),
        Column.percent("HALT%", 7, row -> row.rate().time().halted()),
        Column.rate("SENT/S", 3, row -> row.rate().sent()),
        Column.rate("RECV/S", 4, row -> row.rate().received()),
        Column.rate("REFUSED/S", 11, row -> row.rate().refused()),
        Column.percent("LANE%", 13, KernelRow::laneFill),
        Column.percent("POOL%", 14, KernelRow::poolUsed),
        Column.word("REASON", 0, 15, row -> row.kernel().reason())));

    static final Table<CpuRow> CPUS = new Table<>(List.of(
        Column.id("CPU", 4, 1, row -> row.cpu().id()),
        Column.id("NUM", 4, 11, row -> row.cpu().number()),
        Column.number("HOST", 4, 9, row -> row.cpu().hostCpu(), row -> row.cpu().hostCpu() < 0 ? "-"
            : row.cpu().hostCpu() + (row.cpu().sharedCore() ? "s" : "")),
        Column.word("KERNEL", NAME_WIDTH, 2, CpuRow::owner),
        Column.word("STATE", 7, 3, row -> row.cpu().state().name().toLowerCase(Locale.ROOT)),
        Column.percent("BUSY%", 6, row -> row.rate().time().busy()),
        Column.percent("POLL%", 7, row -> row.rate().time().polling()),
        Column.percent("HALT%", 8, row -> row.rate().time().halted()),
        Column.rate("SENT/S", 4, row -> row.rate().sent()),
        Column.rate("RECV/S", 5, row -> row.rate().received()),
        Column.rate("REFUSED/S", 14, row -> row.rate().refused()),
        Column.rate("INTR/S", 10, row -> row.rate().interrupts()),
        Column.rate("CALLB/S", 13, row -> row.rate().callbacks()),
        Column.rate("HALTS/S", 12, row -> row.rate().halts()),
        Column.word("POLLS", 0, 15, row -> CpuList.text(row.cpu().hotLanes()))));

    static final Table<PairRow> PAIRS = new Table<>(List.of(
        Column.word("FROM", NAME_WIDTH, 1, PairRow::from),
        Column.word("TO", NAME_WIDTH, 2, PairRow::to),
        Column.rate("MSGS/S", 3, row -> row.rate().delivered()),
        Column.rate("WAITING", 4, row -> row.rate().waiting())));

    private Rows() {
    }

    static List<KernelRow> kernels(Sample sample) {
        Snapshot snapshot = sample.snapshot();
        Map<Integer, Rates.OfKernel> rates = sample.rates().kernels().stream()
            .collect(Collectors.toMap(Rates.OfKernel::id, Function.identity()));
        Map<Integer, Integer> owners = snapshot.cpus().stream().collect(Collectors.toMap(Cpu::id, Cpu::kernel));
        Map<Integer, Integer> fullest = snapshot.lanes().stream().filter(lane -> owners.containsKey(lane.to()))
            .collect(Collectors.toMap(lane -> owners.get(lane.to()), Lane::waiting, Math::max));
        return snapshot.kernels().stream().map(kernel -> new KernelRow(kernel, sample.paused().contains(kernel.id()),
            rates.get(kernel.id()), fullest.getOrDefault(kernel.id(), 0) / (double) snapshot.ipiSlots(),
            kernel.memoryBytes() == 0 ? 0 : 1 - kernel.freeBytes() / (double) kernel.memoryBytes())).toList();
    }

    static List<CpuRow> cpus(Sample sample) {
        Map<Integer, String> names = names(sample);
        Map<Integer, Rates.OfCpu> rates = sample.rates().cpus().stream()
            .collect(Collectors.toMap(Rates.OfCpu::id, Function.identity()));
        return sample.snapshot().cpus().stream().map(cpu -> new CpuRow(cpu,
            names.getOrDefault(cpu.kernel(), Integer.toString(cpu.kernel())), rates.get(cpu.id()))).toList();
    }

    static List<PairRow> pairs(Sample sample) {
        Map<Integer, String> names = names(sample);
        return sample.rates().pairs().stream().map(pair -> new PairRow(
            names.getOrDefault(pair.from(), Integer.toString(pair.from())),
            names.getOrDefault(pair.to(), Integer.toString(pair.to())), pair)).toList();
    }

    static Map<Integer, String> names(Sample sample) {
        return sample.snapshot().kernels().stream()
            .collect(Collectors.toMap(Snapshot.Kernel::id, Snapshot.Kernel::name));
    }
}
