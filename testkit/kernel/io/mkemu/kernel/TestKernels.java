// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.RamLayout;
import io.mkemu.boot.BootParameters;
import io.mkemu.cpu.LocalApic;
import io.mkemu.ipi.IpiAreas;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import io.mkemu.os.Affinity;
import io.mkemu.os.OsFile;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.CModules;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A machine with kernels that run in this JVM, each on its own mapping of one RAM file. It lasts as long as the test
 * that registers it as an extension, or must be closed.
 */
public final class TestKernels implements AfterEachCallback {
    /** Eight physical CPUs, 16 messages a lane. */
    public static final RamLayout LAYOUT = new RamLayout(8, 16, 2 << 20, 16 << 20);

    private final KernelHook.Maker hooks;
    private final int[] hostCpus = Affinity.allowed().stream().toArray();
    private final TestMachine machine;
    private final Map<Integer, Node> nodes = new LinkedHashMap<>();
    private final Map<Integer, NativeKernel> natives = new LinkedHashMap<>();
    private final List<Subject> puppets = new ArrayList<>();
    private OsFile hostLock;

    public TestKernels(IpiMode mode) {
        this(mode, KernelHook::none);
    }

    /** A machine each of whose kernels has a hook. */
    public TestKernels(IpiMode mode, KernelHook.Maker hooks) {
        this.hooks = hooks;
        machine = new TestMachine(LAYOUT, mode);
    }

    /** Gives an instance CPUs and an empty pool; it has no IPI area yet. */
    InstanceEntry reserve(int id, int... cpus) {
        return onHostCpus(machine.reserve(id, cpus));
    }

    /** As {@link #reserve}, with an IPI area; loaded. */
    public InstanceEntry load(int id, int... cpus) {
        return onHostCpus(machine.load(id, cpus));
    }

    /* Shared, so that nothing polls: tests run beside other work. */
    private InstanceEntry onHostCpus(InstanceEntry entry) {
        for (int cpu : entry.cpus()) {
            mapped().apic(cpu).configure(hostCpus[cpu % hostCpus.length], true, entry.id(), cpu);
        }
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
        Node node = new Node(MappedMachine.open(machine.ram()), id, cmdline, hooks);
        nodes.put(id, node);
        node.kernel.bringUpCpus();
        List<KernelModule> all = new ArrayList<>(List.of(modules));
        all.add(node);
        node.kernel.start(all);
        node.on(() -> null);
        return node;
    }

    /** Makes an instance whose process is gone ready for its next life, in the same memory: it is loaded then. */
    void reload(int id) {
        InstanceEntry entry = mapped().instances().entry(id);
        for (int cpu : entry.cpus()) {
            mapped().apic(cpu).reset();
        }
        onHostCpus(entry);
        mapped().interconnect().formatArea(entry.ipiArea(), entry.cpus().length);
        entry.newLife(InstanceState.LOADED);
    }

    /** Starts a kernel without a JVM, of an instance that is loaded, and returns at once. */
    public NativeKernel startNative(int id, String cmdline, Path... modules) throws IOException {
        if (hostLock == null) {
            /* When it comes free the host is dead, and each process that is a kernel ends. */
            hostLock = OsFile.create(machine.ram().resolveSibling("host.lock"));
            hostLock.tryLock();
        }
        NativeKernel started = new NativeKernel(machine.ram(), machine.mapped(), id, cmdline, List.of(modules));
        natives.put(id, started);
        return started;
    }

    /** Loads and boots a kernel whose module is in C, the one that does what a test says. */
    Subject puppet(KernelHost host, int id, int... cpus) throws Exception {
        load(id, cpus);
        Path module = CModules.made("instance/src/test/c/puppet.c");
        if (host == KernelHost.NATIVE) {
            startNative(id, "quiet", module).awaitActive();
        } else {
            boot(id, "quiet", ModuleLoader.load(List.of(module.toString())).toArray(KernelModule[]::new));
        }
        Subject puppet = new Puppet(this, id);
        puppets.add(puppet);
        return puppet;
    }

    /** Ends a kernel in order. */
    void shutDown(int id) throws InterruptedException {
        if (nodes.containsKey(id)) {
            nodes.get(id).shutDown();
        } else {
            natives.get(id).shutDown();
        }
    }

    /** A kernel in this JVM. */
    Node node(int id) {
        return nodes.get(id);
    }

    MappedMachine mapped() {
        return machine.mapped();
    }

    public PhysicalMemory memory() {
        return machine.memory();
    }

    IpiAreas areas() {
        return machine.mapped().interconnect().areas();
    }

    Path ram() {
        return machine.ram();
    }

    /** All lines of an instance's kernel log. */
    public List<String> log(int id) {
        return machine.log(id);
    }

    @Override
    public void afterEach(ExtensionContext test) throws Exception {
        close();
    }

    /** Ends the kernels and removes the machine. */
    public void close() throws Exception {
        for (Subject puppet : puppets) {
            puppet.shutDown();
        }
        for (Node node : nodes.values()) {
            node.shutDown();
            node.kernel.close();
            node.mapped.close();
        }
        for (NativeKernel each : natives.values()) {
            each.close();
        }
        if (hostLock != null) {
            hostLock.close();
        }
        machine.close();
    }

    /** A kernel, and the module in it by which a test makes calls. */
    public static final class Node extends Subject implements KernelModule {
        private final MappedMachine mapped;
        final KernelInstance kernel;
        private boolean down;

        private Node(MappedMachine mapped, int id, String cmdline, KernelHook.Maker hooks) {
            this.mapped = mapped;
            this.kernel = new KernelInstance(mapped, id, BootParameters.parse(cmdline),
                mapped.instances().entry(id).ipiArea(), hooks);
        }

        /** Lets the modules exit and parks the CPUs; once, since CPUs that are parked let no module exit. */
        @Override
        public void shutDown() throws InterruptedException {
            if (!down) {
                down = true;
                kernel.shutDown(TimeUnit.SECONDS.toMillis(Await.WATCHDOG_SECONDS));
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

        @Override
        void submit(int logicalCpu, Runnable work) {
            kernel.cpu(logicalCpu).submit(work);
        }

        /* Two whole turns of its loop. */
        @Override
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
                Await.latch(stepped);
            }
        }

        @Override
        boolean waits(int logicalCpu, Thread thread) {
            return thread.getState() == Thread.State.TIMED_WAITING;
        }

        @Override
        LocalApic apic(int logicalCpu) {
            return mapped.apic(kernel.entry().cpus()[logicalCpu]);
        }
    }

    /** A CPU that stands still. */
    public static final class Hold implements AutoCloseable {
        private final CountDownLatch standing = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        void stand() {
            standing.countDown();
            try {
                Await.latch(released);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }

        void awaitStanding() throws InterruptedException {
            Await.latch(standing);
        }

        @Override
        public void close() {
            released.countDown();
        }
    }
}
