// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.boot.BootParameters;
import io.mkemu.cpu.LocalApic;
import io.mkemu.ipi.IpiAreas;
import io.mkemu.log.KernelLogReader;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.BitmapPool;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.memory.RamFile;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import io.mkemu.os.Affinity;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A machine as the host makes it, with kernels that run in this JVM: each on its own mapping of one RAM file. */
public final class TestKernels {
    /** Eight physical CPUs, 16 messages a lane. */
    public static final RamLayout LAYOUT = new RamLayout(8, 16, 2 << 20, 16 << 20);
    /** No wait of a test is longer: what takes longer hangs. */
    public static final int WATCHDOG_SECONDS = 20;
    private static final long REGION = 2 << 20;

    private final KernelHook.Maker hooks;
    private final Path directory;
    private final Path ram;
    private final MappedMachine mapped;
    private final Window poolMap;
    private final BitmapPool pool;
    private final IpiAreas areas;
    private final int[] hostCpus = Affinity.allowed().stream().toArray();
    private final Map<Integer, Node> nodes = new LinkedHashMap<>();

    public TestKernels(IpiMode mode) throws IOException {
        this(mode, KernelHook::none);
    }

    /** A machine each of whose kernels has a hook. */
    public TestKernels(IpiMode mode, KernelHook.Maker hooks) throws IOException {
        this.hooks = hooks;
        directory = Files.createTempDirectory(Path.of("/dev/shm"), "mkemu-kernels-");
        ram = directory.resolve("ram");
        RamFile.create(ram, LAYOUT, mode, "test");
        mapped = MappedMachine.open(ram);
        areas = mapped.interconnect().areas();
        poolMap = mapped.memory().map(LAYOUT.poolMapAt(), LAYOUT.poolMapSize());
        pool = BitmapPool.format(poolMap.buffer(), 0, LAYOUT.poolAt(), LAYOUT.poolSize(), Pages.PAGE_SHIFT);
        for (int cpu = 0; cpu < LAYOUT.nrCpus(); cpu++) {
            mapped.apic(cpu).configure(-1, false, -1, cpu);
        }
    }

    /** Gives an instance CPUs and an empty pool; it has no IPI area yet. */
    InstanceEntry reserve(int id, int... cpus) {
        InstanceEntry entry = mapped.instances().entry(id);
        entry.name("instance-" + id);
        entry.cpus(cpus);
        if (entry.regions().isEmpty()) {
            entry.regions(List.of(new Region(pool.alloc(REGION, Pages.PAGE_SIZE), REGION)));
        }
        for (int cpu : cpus) {
            mapped.apic(cpu).reset();
            /* Shared, so that nothing polls: tests run beside other work. */
            mapped.apic(cpu).configure(hostCpus[cpu % hostCpus.length], true, id, cpu);
        }
        InstancePool.format(mapped.memory(), entry.regions()).close();
        entry.newLife(InstanceState.READY);
        return entry;
    }

    /** As {@link #reserve}, with an IPI area; loaded. */
    public InstanceEntry load(int id, int... cpus) {
        InstanceEntry entry = reserve(id, cpus);
        int created = areas.create(id);
        if (created != 0) {
            throw new IllegalStateException("IPI area of instance " + id + ": " + created);
        }
        entry.newLife(InstanceState.LOADED);
        return entry;
    }

    /** Loads and boots a kernel in this JVM. */
    public Node boot(int id, int... cpus) throws Exception {
        load(id, cpus);
        return boot(id, "quiet");
    }

    /** Boots a kernel that is loaded. */
    public Node boot(int id, String cmdline) throws Exception {
        return boot(id, cmdline, new KernelModule[0]);
    }

    /** Boots a kernel that is loaded, with modules before the probe. */
    public Node boot(int id, String cmdline, KernelModule... modules) throws Exception {
        Node node = new Node(MappedMachine.open(ram), id, cmdline, hooks);
        nodes.put(id, node);
        node.kernel.bringUpCpus();
        List<KernelModule> all = new ArrayList<>(List.of(modules));
        all.add(node);
        node.kernel.start(all);
        node.on(() -> null);
        return node;
    }

    MappedMachine mapped() {
        return mapped;
    }

    public PhysicalMemory memory() {
        return mapped.memory();
    }

    IpiAreas areas() {
        return areas;
    }

    Path ram() {
        return ram;
    }

    /** All lines of an instance's kernel log. */
    public List<String> log(int id) {
        KernelLogReader reader = new KernelLogReader(mapped.memory(), id);
        List<String> lines = new ArrayList<>();
        for (var line = reader.poll(); line != null; line = reader.poll()) {
            lines.add(line.text());
        }
        return lines;
    }

    /** Ends the kernels and removes the machine. */
    public void close() throws Exception {
        for (Node node : nodes.values()) {
            node.shutDown();
            node.kernel.close();
            node.mapped.close();
        }
        poolMap.close();
        mapped.close();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    /** A kernel, and the module in it by which a test makes calls. */
    public static final class Node implements KernelModule {
        private final MappedMachine mapped;
        final KernelInstance kernel;
        public Kernel api;
        private boolean down;

        private Node(MappedMachine mapped, int id, String cmdline, KernelHook.Maker hooks) {
            this.mapped = mapped;
            this.kernel = new KernelInstance(mapped, id, BootParameters.parse(cmdline),
                mapped.instances().entry(id).ipiArea(), hooks);
        }

        /** Lets the modules exit and parks the CPUs; once, since CPUs that are parked let no module exit. */
        public void shutDown() throws InterruptedException {
            if (!down) {
                down = true;
                kernel.shutDown(TimeUnit.SECONDS.toMillis(WATCHDOG_SECONDS));
            }
        }

        @Override
        public String name() {
            return "probe";
        }

        @Override
        public void init(Kernel given) {
            api = given;
        }

        /** Does something on a CPU of this kernel and returns what came of it. */
        public <T> T on(int logicalCpu, Callable<T> call) throws Exception {
            CompletableFuture<T> result = new CompletableFuture<>();
            kernel.cpu(logicalCpu).submit(() -> {
                try {
                    result.complete(call.call());
                } catch (Throwable fault) {
                    result.completeExceptionally(fault);
                }
            });
            return result.get(WATCHDOG_SECONDS, TimeUnit.SECONDS);
        }

        /** As {@link #on(int, Callable)}, on the boot CPU. */
        public <T> T on(Callable<T> call) throws Exception {
            return on(0, call);
        }

        /** Returns when all that was pending on the CPU before has been delivered: two whole turns of its loop. */
        void settle(int logicalCpu) throws Exception {
            for (int turn = 0; turn < 2; turn++) {
                CountDownLatch stepped = new CountDownLatch(1);
                on(logicalCpu, () -> {
                    api.startTask("settle", () -> {
                        stepped.countDown();
                        return Task.DONE;
                    });
                    return null;
                });
                await(stepped);
            }
        }

        /** Holds a CPU between two interrupts until the result is closed. */
        public Hold hold(int logicalCpu) throws InterruptedException {
            Hold hold = new Hold();
            kernel.cpu(logicalCpu).submit(hold::stand);
            await(hold.standing);
            return hold;
        }

        LocalApic apic(int logicalCpu) {
            return mapped.apic(kernel.entry().cpus()[logicalCpu]);
        }
    }

    /** A CPU that stands still. */
    public static final class Hold implements AutoCloseable {
        private final CountDownLatch standing = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        private void stand() {
            standing.countDown();
            try {
                await(released);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            released.countDown();
        }
    }

    static void await(CountDownLatch latch) throws InterruptedException {
        if (!latch.await(WATCHDOG_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("not within " + WATCHDOG_SECONDS + " s");
        }
    }

    /** Waits until something holds. */
    public static void until(BooleanSupplier holds) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WATCHDOG_SECONDS);
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + WATCHDOG_SECONDS + " s");
            }
            Thread.yield();
        }
    }
}
