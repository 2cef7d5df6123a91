// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.TraceMode;
import io.mkemu.abi.TraceRingDescriptor;
import io.mkemu.bench.contender.CommandLoop;
import io.mkemu.bench.contender.Commands;
import io.mkemu.bench.contender.RateMeter;
import io.mkemu.bench.contender.Samples;
import io.mkemu.bench.mkemu.BenchTree.FarModule;
import io.mkemu.cpu.LocalApic;
import io.mkemu.host.Host;
import io.mkemu.host.InstanceStatus;
import io.mkemu.host.life.Joining;
import io.mkemu.journal.JournalLimits;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Futex;
import io.mkemu.plan.JournalOptions;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.MachineSpec;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * mkemu itself: the host of a machine, in which the whole path of an IPI is measured, from a send to the callback of
 * its answer. Instances are JVMs of their own and are booted when they are needed.
 *
 * <p>Between two commands all CPUs are told that they share a host CPU, so that those which poll sleep and disturb
 * nobody else's measurements.
 */
public final class MkemuMain implements Commands, AutoCloseable {
    /**
     * System property: round trips go through a tight loop in the place of the CPUs' own, and by the kernels' calls, or
     * if it says {@link #BARE} by what is below them.
     */
    public static final String LOOP_PROPERTY = "mkemu.bench.loop";
    /** A value of {@link #LOOP_PROPERTY}. */
    public static final String BARE = "bare";
    /** A value of {@link #LOOP_PROPERTY}: round trips are calls and answers, of the CPUs' own. */
    public static final String MESSAGE = "message";
    /** System property: instances load this module in C. */
    public static final String MODULE_PROPERTY = "mkemu.bench.module";
    /** System property, with {@link #MODULE_PROPERTY}: they run it in such a kernel, native or jvm. */
    public static final String KERNEL_PROPERTY = "mkemu.bench.kernel";
    private static final String LOOP = System.getProperty(LOOP_PROPERTY);
    private static final long BOOT_MILLIS = 60_000;
    private static final long PATIENCE_MILLIS = 10_000;
    private static final long LINGER_MILLIS = 5;
    private static final long JOURNAL_BYTES = 256L << 20;
    private static final long WAKE_MILLIS = 20;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Host host;
    private final PingSide ping;
    private final LoopSide loop;
    private final MessageSide message;
    private final PagesSide pages;
    private final Samples samples = new Samples();
    /** Which of the CPUs that run share a host CPU, as the host has said. */
    private final Map<Integer, Boolean> shared = new HashMap<>();
    private int booted;

    private MkemuMain(MachineSpec tree, Path directory, Path journal)
        throws IOException, InterruptedException {
        JournalOptions recorded = journal == null ? null
            : new JournalOptions(journal, new JournalLimits(JOURNAL_BYTES, null), TraceMode.OFF);
        host = Host.init(new MachineDirectory(directory),
            MachinePlan.of(tree).recorded(recorded));
        try {
            host.boot();
            BenchModule module = awaitModule();
            ping = module.ping();
            loop = module.loop();
            message = module.message();
            pages = module.pages();
            bootUpTo(1);
        } catch (InterruptedException | RuntimeException | Error fault) {
            close();
            throw fault;
        }
    }

    /** MkemuMain MODE IDLE CPUS INSTANCES DIRECTORY [JOURNAL]. */
    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        MachineSpec tree = BenchTree.of(IpiMode.of(args[0]), args[1], Integer.parseInt(args[2]),
            Integer.parseInt(args[3]), far());
        try (MkemuMain main = new MkemuMain(tree, Path.of(args[4]), args.length > 5 ? Path.of(args[5]) : null)) {
            CommandLoop.serve(main, out);
        }
        System.exit(0);
    }

    private static FarModule far() {
        String file = System.getProperty(MODULE_PROPERTY);
        return file == null ? null : new FarModule(Path.of(file), System.getProperty(KERNEL_PROPERTY));
    }

    /** The host's module, once it is set up. */
    private BenchModule awaitModule() {
        Futex futex = new Futex();
        PhysicalMemory memory = host.machine().memory();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BOOT_MILLIS);
        while (System.nanoTime() - deadline < 0) {
            int seen = memory.event();
            BenchModule module = host.machine().hostKernel().module(BenchModule.class);
            if (module != null && host.machine().mapped().instances().entry(0).state() == InstanceState.ACTIVE) {
                return module;
            }
            memory.awaitEvent(futex, seen, LOOK_NANOS);
        }
        throw new IllegalStateException("the host's kernel does not become active");
    }

    private void bootUpTo(int instances) throws InterruptedException {
        while (booted < instances) {
            booted++;
            List<String> instance = List.of(BenchTree.instance(booted));
            host.start(instance, false, Joining.byCommand(), line -> { }).await(BOOT_MILLIS);
            for (int cpu = 0; cpu <= booted; cpu++) {
                shared.put(cpu, apic(cpu).sharesCore());
            }
        }
        rest();
    }

    private LocalApic apic(int cpu) {
        return host.machine().mapped().apic(cpu);
    }

    private void rest() {
        shared.keySet().forEach(cpu -> apic(cpu).sharesCore(true));
    }

    private void work() {
        shared.forEach((cpu, shares) -> apic(cpu).sharesCore(shares));
    }

    private static void await(CompletableFuture<Void> done, long millis) throws Exception {
        try {
            done.get(millis + PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof Exception fault ? fault : failed;
        } catch (TimeoutException late) {
            throw new IllegalStateException("a message did not come", late);
        }
    }

    @Override
    public void roundTrips(int bytes, long millis, Path file) throws Exception {
        samples.clear();
        work();
        long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
        await(LOOP == null ? ping.ping(bytes, nanos, samples)
            : LOOP.equals(MESSAGE) ? message.ping(bytes, nanos, samples)
            : loop.ping(LOOP.equals(BARE), bytes, nanos, samples), millis);
        rest();
        samples.appendTo(file);
    }

    @Override
    public void pages(Way way, long millis, Path file) throws Exception {
        samples.clear();
        work();
        await(pages.measure(way, TimeUnit.MILLISECONDS.toNanos(millis), samples), millis);
        rest();
        samples.appendTo(file);
    }

    @Override
    public Rate rate(int bytes, int senders, long millis) throws Exception {
        bootUpTo(senders);
        long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
        RateMeter meter = new RateMeter(nanos);
        work();
        CompletableFuture<Void> counted = ping.count(bytes, senders, nanos, shared.containsValue(true), meter);
        /* The senders stop by their own clocks. */
        Thread.sleep(millis);
        ping.endCount();
        await(counted, 0);
        Thread.sleep(LINGER_MILLIS);
        rest();
        return meter.rate();
    }

    @Override
    public Rate idle(long millis) throws Exception {
        work();
        samples.clear();
        /* Those which poll have to be awake for it. */
        await(ping.ping(LEAST_BYTES, TimeUnit.MILLISECONDS.toNanos(WAKE_MILLIS), samples), WAKE_MILLIS);
        /* What the JIT compiler has left to do is not what idling costs. */
        Thread.sleep(millis / 2);
        List<Long> pids = pids();
        long begun = System.nanoTime();
        CpuTime before = CpuTime.of(pids);
        Thread.sleep(millis);
        long cpu = CpuTime.of(pids).since(before);
        long nanos = System.nanoTime() - begun;
        rest();
        return new Rate(cpu, nanos);
    }

    private List<Long> pids() {
        return Stream.concat(Stream.of(ProcessHandle.current().pid()),
            host.status().instances().stream().map(InstanceStatus::pid).filter(pid -> pid != 0)).toList();
    }

    @Override
    public long trace(TraceMode mode) {
        host.machine().recorder().mode(mode);
        PhysicalMemory memory = host.machine().memory();
        long lost = 0;
        for (int cpu : shared.keySet()) {
            int ring = memory.layout().traceRingAt(cpu);
            lost += memory.tables().getLongVolatile(ring + TraceRingDescriptor.LOST_SENDS_OFFSET)
                + memory.tables().getLongVolatile(ring + TraceRingDescriptor.LOST_DELIVERIES_OFFSET)
                + memory.tables().getLongVolatile(ring + TraceRingDescriptor.LOST_OTHERS_OFFSET);
        }
        return lost;
    }

    @Override
    public void close() throws IOException {
        host.end();
    }
}
