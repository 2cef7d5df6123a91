// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.metrics;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.TraceMode;
import io.mkemu.host.view.MachineSummary;
import io.mkemu.host.view.Snapshot;
import io.mkemu.host.view.Snapshot.Cpu;
import io.mkemu.host.view.Snapshot.CpuState;
import io.mkemu.host.view.Snapshot.Kernel;
import io.mkemu.host.view.Snapshot.Lane;
import io.mkemu.host.view.Snapshot.Share;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.StateSetSnapshot;
import io.prometheus.metrics.model.snapshots.StateSetSnapshot.StateSetDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * A snapshot of a machine as metrics: names, units and labels as Prometheus has them, in seconds and bytes. The
 * counters of a kernel and of its CPUs begin at 0 in each of its lives; each tells when that was. Of a machine that
 * does not run there is {@code mkemu_up} alone. Pure; any thread.
 */
public final class MachineMetrics {
    private static final String MACHINE = "machine";
    private static final String KERNEL = "kernel";

    private record CpuCounter(String name, String help) {
    }

    private static final Map<Counter, CpuCounter> COUNTERS = new LinkedHashMap<>();

    static {
        counter(Counter.SENT, "messages_sent", "Messages that the CPU published.");
        counter(Counter.FULL, "sends_refused", "Sends that were refused because the lane was full.");
        counter(Counter.RUNG, "doorbells_rung", "Doorbells that the CPU rang.");
        counter(Counter.ELIDED, "doorbells_elided",
            "Doorbells that it left out: the target polled or was rung already.");
        counter(Counter.WOKEN, "wakeups", "Other CPUs that it woke out of their futex.");
        counter(Counter.INTERRUPTS, "interrupts", "Interrupts that it took, of any vector.");
        counter(Counter.SPURIOUS, "spurious_interrupts", "Multikernel interrupts that found no message.");
        counter(Counter.RECEIVED, "messages_received", "Messages that it took out of its mailbox.");
        counter(Counter.CALLBACKS, "callbacks", "Callbacks of handlers that it ran.");
        counter(Counter.FAULTS, "callback_faults", "Callbacks that threw.");
        counter(Counter.UNHANDLED, "messages_unhandled", "Messages that no handler was registered for.");
        counter(Counter.ANOMALIES, "anomalies", "Words in shared memory that could not be true.");
        counter(Counter.HALTS, "halts", "Times that it went to sleep in its futex.");
    }

    private static void counter(Counter counter, String name, String help) {
        COUNTERS.put(counter, new CpuCounter(name, help));
    }

    private final Snapshot snapshot;
    private final long epochNanos;
    private final MetricSnapshots.Builder metrics;

    private MachineMetrics(Snapshot snapshot, long epochNanos, MetricSnapshots.Builder metrics) {
        this.snapshot = snapshot;
        this.epochNanos = epochNanos;
        this.metrics = metrics;
    }

    /** What there is to say of a machine that does not run. */
    public static MetricSnapshots down(String machine) {
        return up(machine, false).build();
    }

    /**
     * What the clock on the wall said when CLOCK_MONOTONIC was 0, in ns since 1970. To be asked once: when a counter
     * began must not depend on when it is read.
     */
    public static long epochNanos() {
        return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - System.nanoTime();
    }

    /**
     * What a snapshot says.
     *
     * @param epochNanos what {@link #epochNanos()} said, once for all snapshots
     */
    public static MetricSnapshots of(Snapshot snapshot, long epochNanos) {
        boolean runs = snapshot.state().equals(MachineSummary.RUNNING);
        MetricSnapshots.Builder metrics = up(snapshot.machine(), runs);
        if (runs) {
            MachineMetrics all = new MachineMetrics(snapshot, epochNanos, metrics);
            all.machine();
            all.kernels();
            all.cpus();
            all.lanes();
            all.shares();
            all.trace();
        }
        return metrics.build();
    }

    private static MetricSnapshots.Builder up(String machine, boolean runs) {
        return MetricSnapshots.builder().metricSnapshot(GaugeSnapshot.builder().name("mkemu_up")
            .help("Whether the machine runs: its host lives.")
            .dataPoint(point(Labels.of(MACHINE, machine), runs ? 1 : 0)).build());
    }

    private void machine() {
        Labels labels = Labels.of(MACHINE, snapshot.machine());
        metrics.metricSnapshot(InfoSnapshot.builder().name("mkemu_machine").help("What the machine is.")
            .dataPoint(InfoDataPointSnapshot.builder().labels(labels.merge(Labels.of("ipi",
                snapshot.ipi().toString()))).build()).build());
        gauge("mkemu_machine_start_time_seconds", Unit.SECONDS, "When the machine was made, since 1970.",
            List.of(point(labels, before(snapshot.upNanos()) / 1e3)));
        gauge("mkemu_machine_memory_bytes", Unit.BYTES, "Size of the machine's RAM.",
            List.of(point(labels, snapshot.ramBytes())));
        gauge("mkemu_machine_problems", null, "Words of shared memory that cannot be true now.",
            List.of(point(labels, snapshot.problems().size())));
    }

    private void kernels() {
        StateSetSnapshot.Builder states = StateSetSnapshot.builder().name("mkemu_kernel_state")
            .help("State of the kernel, as mk show has it.");
        for (Kernel kernel : snapshot.kernels()) {
            var point = StateSetDataPointSnapshot.builder().labels(labels(kernel));
            for (InstanceState state : InstanceState.values()) {
                point.state(state.toString(), state == kernel.state());
            }
            states.dataPoint(point.build());
        }
        metrics.metricSnapshot(states.build());
        kernelGauge("mkemu_kernel_life", null, "Number of the kernel's life, from 1; 0 before the first.",
            Kernel::life);
        kernelGauge("mkemu_kernel_memory_bytes", Unit.BYTES, "Size of the kernel's pool.", Kernel::memoryBytes);
        kernelGauge("mkemu_kernel_memory_free_bytes", Unit.BYTES, "Of that, what is not allocated.",
            Kernel::freeBytes);
        kernelCounter("mkemu_kernel_tasks_started", "Tasks that the kernel's modules started in this life.",
            Kernel::tasksStarted);
        kernelCounter("mkemu_kernel_tasks_ended", "Of those, the ones that ended.", Kernel::tasksEnded);
        kernelCounter("mkemu_kernel_tasks_failed", "Of those, the ones that an exception ended.",
            Kernel::tasksFailed);
    }

    private void kernelGauge(String name, Unit unit, String help, ToLongFunction<Kernel> value) {
        gauge(name, unit, help, snapshot.kernels().stream()
            .map(kernel -> point(labels(kernel), value.applyAsLong(kernel))).toList());
    }

    private void kernelCounter(String name, String help, ToLongFunction<Kernel> value) {
        counter(name, null, help, snapshot.kernels().stream()
            .map(kernel -> count(labels(kernel), value.applyAsLong(kernel), begun(kernel))).toList());
    }

    /** When a kernel's life began: its first CPU came up then. 0 if none is up. */
    private long begun(Kernel kernel) {
        return snapshot.cpus().stream().filter(cpu -> cpu.kernel() == kernel.id()).mapToLong(this::begun)
            .filter(begun -> begun != 0).min().orElse(0);
    }

    private long begun(Cpu cpu) {
        return cpu.onlineNanos() == 0 ? 0 : before(cpu.onlineNanos());
    }

    private void cpus() {
        StateSetSnapshot.Builder states = StateSetSnapshot.builder().name("mkemu_cpu_state")
            .help("What the CPU does now.");
        for (Cpu cpu : snapshot.cpus()) {
            var point = StateSetDataPointSnapshot.builder().labels(labels(cpu));
            for (CpuState state : CpuState.values()) {
                point.state(lower(state), state == cpu.state());
            }
            states.dataPoint(point.build());
        }
        metrics.metricSnapshot(states.build());
        gauge("mkemu_cpu_host_cpu", null, "CPU of the computer that the CPU's thread is pinned to, -1 for none.",
            snapshot.cpus().stream().map(cpu -> point(labels(cpu), cpu.hostCpu())).toList());
        cpuSeconds("online", "How long the CPU has run in this life. What is neither halted nor polling is busy.",
            Cpu::onlineNanos);
        cpuSeconds("halted", "Of that, how long it has slept in its futex.", Cpu::haltedNanos);
        cpuSeconds("polling", "Of that, how long it has polled in vain.", Cpu::pollingNanos);
        COUNTERS.forEach((counter, as) -> counter("mkemu_cpu_" + as.name, null, as.help, snapshot.cpus().stream()
            .map(cpu -> count(labels(cpu), cpu.counters().getOrDefault(counter, 0L), begun(cpu))).toList()));
    }

    private void cpuSeconds(String what, String help, ToLongFunction<Cpu> nanos) {
        counter("mkemu_cpu_" + what + "_seconds", Unit.SECONDS, help, snapshot.cpus().stream()
            .map(cpu -> count(labels(cpu), Unit.nanosToSeconds(nanos.applyAsLong(cpu)), begun(cpu))).toList());
    }

    private void lanes() {
        Labels machine = Labels.of(MACHINE, snapshot.machine());
        gauge("mkemu_lane_slots", null, "Messages that a lane of a queued mailbox holds.",
            List.of(point(machine, snapshot.ipiSlots())));
        counter("mkemu_lane_messages_delivered", null, "Messages that a CPU took out of the lane of another CPU.",
            snapshot.lanes().stream().map(lane -> count(labels(lane), lane.delivered(), 0)).toList());
        gauge("mkemu_lane_messages_waiting", null, "Messages in the lane that were sent and not taken out.",
            snapshot.lanes().stream().map(lane -> point(labels(lane), lane.waiting())).toList());
    }

    private void shares() {
        Map<Labels, Long> granted = new LinkedHashMap<>();
        Map<Labels, Long> mapped = new LinkedHashMap<>();
        for (Share share : snapshot.shares()) {
            Labels labels = Labels.of(MACHINE, snapshot.machine(), "from", name(share.owner()), "to",
                name(share.to()));
            granted.merge(labels, (long) share.pages(), Long::sum);
            mapped.merge(labels, share.mapped() ? share.pages() : 0L, Long::sum);
        }
        gauge("mkemu_shared_pages", null, "Pages of a kernel that another kernel may map.", points(granted));
        gauge("mkemu_shared_pages_mapped", null, "Of those, the ones that it has mapped.", points(mapped));
    }

    private void trace() {
        Labels machine = Labels.of(MACHINE, snapshot.machine());
        var modes = StateSetDataPointSnapshot.builder().labels(machine);
        for (TraceMode mode : TraceMode.values()) {
            modes.state(mode.label(), mode == snapshot.trace().mode());
        }
        metrics.metricSnapshot(StateSetSnapshot.builder().name("mkemu_trace_mode").help("What is recorded.")
            .dataPoint(modes.build()).build());
        long made = before(snapshot.upNanos());
        counter("mkemu_trace_slots", null, "Slots of the trace rings that were written; a record has one or more.",
            List.of(count(machine, snapshot.trace().slots(), made)));
        counter("mkemu_trace_records_lost", null, "Records that found no room in a trace ring.",
            List.of(count(machine, snapshot.trace().lost(), made)));
    }

    private Labels labels(Kernel kernel) {
        return Labels.of(MACHINE, snapshot.machine(), KERNEL, name(kernel.id()));
    }

    private Labels labels(Cpu cpu) {
        return Labels.of(MACHINE, snapshot.machine(), KERNEL, name(cpu.kernel()), "cpu", Integer.toString(cpu.id()));
    }

    private Labels labels(Lane lane) {
        return Labels.of(MACHINE, snapshot.machine(), "from", Integer.toString(lane.from()), "to",
            Integer.toString(lane.to()));
    }

    /**
     * A kernel that has gone in between has its number for a name. Names lie in shared memory: what stands there twice
     * is told apart by the number.
     */
    private String name(int kernel) {
        String name = snapshot.kernels().stream().filter(each -> each.id() == kernel).map(Kernel::name).findFirst()
            .orElse(Integer.toString(kernel));
        boolean isOnly = snapshot.kernels().stream().filter(each -> each.name().equals(name)).count() < 2;
        return isOnly ? name : name + "#" + kernel;
    }

    private void gauge(String name, Unit unit, String help, List<GaugeDataPointSnapshot> points) {
        if (!points.isEmpty()) {
            GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).unit(unit).help(help);
            points.forEach(gauge::dataPoint);
            metrics.metricSnapshot(gauge.build());
        }
    }

    private void counter(String name, Unit unit, String help, List<CounterDataPointSnapshot> points) {
        if (!points.isEmpty()) {
            CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).unit(unit).help(help);
            points.forEach(counter::dataPoint);
            metrics.metricSnapshot(counter.build());
        }
    }

    private static List<GaugeDataPointSnapshot> points(Map<Labels, Long> values) {
        List<GaugeDataPointSnapshot> points = new ArrayList<>();
        values.forEach((labels, value) -> points.add(point(labels, value)));
        return points;
    }

    private static GaugeDataPointSnapshot point(Labels labels, double value) {
        return GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
    }

    /** Damaged memory can hold any number, and a counter is not negative. */
    private static CounterDataPointSnapshot count(Labels labels, double value, long begunMillis) {
        return CounterDataPointSnapshot.builder().labels(labels).value(Math.max(0, value))
            .createdTimestampMillis(begunMillis).build();
    }

    /** When that was so long before the snapshot, in ms since 1970. */
    private long before(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(epochNanos + snapshot.takenNanos() - nanos);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
