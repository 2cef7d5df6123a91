// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.TraceMode;
import io.mkemu.cpu.LocalApic;
import io.mkemu.host.life.Boots;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.life.Joining;
import io.mkemu.host.life.Machine;
import io.mkemu.host.life.States;
import io.mkemu.journal.JournalLimits;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.plan.JournalOptions;
import io.mkemu.plan.MachinePlan;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.MachineSpec;
import io.mkemu.tree.Places;
import io.mkemu.tree.RestartPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.function.Executable;

/** A host on a directory of its own. No kernel runs: its own is not booted, and no test starts a process. */
public final class TestHost implements AfterEachCallback, AutoCloseable {
    public static final int PAGE = 4096;
    public static final long POOL = 8 << 20;
    /** CPU 0 is the host's own. */
    static final String TREE = """
        /dts-v1/;
        / { compatible = "multikernel-v1"; mkemu,ipi-slots = <2>;
          resources { cpus = <0 1 2 3 4 5 6 7>; memory-bytes = <0x800000>; };
          instances {
            web { id = <1>; resources { cpus = <1 2>; memory-bytes = <0x100000>; };
              mkemu,modules = "echo"; chosen { bootargs = "idle=halt echo.type=7"; };
            };
            db { id = <2>; resources { cpus = <3>; memory-bytes = <0x200000>; }; };
          };
        };
        """;

    static {
        /* What the command line names that an external instance is joined by; nobody runs it here. */
        System.setProperty("mkemu.home", ChildJvm.script("jvm.options").getParent().toString());
    }

    private final Path base;
    private final Host host;

    private TestHost(Path base, Host host) {
        this.base = base;
        this.host = host;
    }

    /** A machine of {@link #TREE}. */
    public static TestHost make() {
        return make(TREE);
    }

    /** A machine of {@link #TREE}'s CPUs and memory, without instances. */
    public static TestHost empty() {
        return make(TREE.substring(0, TREE.indexOf("instances")) + "};");
    }

    /** A machine of {@link #TREE} that is recorded. */
    public static TestHost record(Path journal, TraceMode mode) {
        return make(TREE, new JournalOptions(journal, JournalLimits.DEFAULT, mode));
    }

    public static TestHost make(String tree) {
        return make(tree, null);
    }

    private static TestHost make(String tree, JournalOptions journal) {
        try {
            Path base = Files.createTempDirectory(Path.of("/dev/shm"), "mkemu-host-");
            try {
                return new TestHost(base, Host.init(directory(base),
                    MachinePlan.of(MachineSpec.parse("box.dts", tree, Path.of("/"))).recorded(journal)));
            } catch (IOException | RuntimeException | Error fault) {
                Files.delete(base);
                throw fault;
            }
        } catch (IOException refused) {
            throw new UncheckedIOException(refused);
        }
    }

    private static MachineDirectory directory(Path base) {
        return new MachineDirectory(base.resolve("box"));
    }

    public Host host() {
        return host;
    }

    public Machine machine() {
        return host.machine();
    }

    public MappedMachine mapped() {
        return host.machine().mapped();
    }

    public PhysicalMemory memory() {
        return host.machine().memory();
    }

    public InstanceEntry entry(int id) {
        return mapped().instances().entry(id);
    }

    public LocalApic apic(int physicalCpu) {
        return mapped().apic(physicalCpu);
    }

    public HostedInstance instance(String name) {
        return States.find(name, host.instances());
    }

    public InstanceStatus status(String name) {
        return host.status().instances().stream().filter(instance -> instance.name().equals(name)).findFirst()
            .orElseThrow(() -> new AssertionError("no instance " + name + " in " + host.status()));
    }

    /** Bytes of the multikernel pool that nobody has. */
    public long free() {
        return host.status().freeBytes();
    }

    /** The owner of each physical CPU as its local APIC says, -1 for none. */
    public List<Integer> owners() {
        return IntStream.range(0, memory().layout().nrCpus()).mapToObj(cpu -> apic(cpu).instanceId()).toList();
    }

    /** An instance without anything to run. */
    public static InstanceSpec spec(int id, String name, long bytes, Integer... cpus) {
        return new InstanceSpec(id, name, List.of(cpus), bytes, "", List.of());
    }

    /** What is to be loaded into an instance of that name. */
    public static InstanceSpec kernel(String name, String bootargs, String... modules) {
        return kernel(name, bootargs, RestartPolicy.NEVER, modules);
    }

    public static InstanceSpec kernel(String name, String bootargs, RestartPolicy restart, String... modules) {
        return new InstanceSpec(0, name, List.of(), 0, bootargs, List.of(modules), false, restart, List.of(),
            Places.NONE);
    }

    public InstanceSpec create(InstanceSpec wanted, boolean dryRun) {
        return host.create(wanted, 0, dryRun);
    }

    public void load(InstanceSpec kernel) {
        host.load(kernel.name(), kernel.modules(), kernel.bootargs(), kernel.restart());
    }

    /** Begins lives that wait to be joined. */
    public Boots start(List<String> names, Consumer<String> say) {
        return host.start(names, true, Joining.byCommand(), say);
    }

    /** The same, and waits until they are active. */
    public void exec(List<String> names, long timeoutMillis, Consumer<String> say) throws InterruptedException {
        start(names, say).await(timeoutMillis);
    }

    /** The action is refused with this code and this line, and nothing is changed by it. */
    public void refuses(ExitCode code, String message, Executable action) {
        Snapshot before = Snapshot.of(host);
        MachineException refused = assertThrows(MachineException.class, action);
        assertEquals(message, refused.getMessage());
        assertEquals(code, refused.exitCode(), message);
        assertUnchanged(before);
    }

    /** Everything is as it was. */
    public void assertUnchanged(Snapshot before) {
        Snapshot now = Snapshot.of(host);
        assertEquals(before.iomem(), now.iomem());
        assertEquals(before.entries(), now.entries());
        assertEquals(before, now);
    }

    @Override
    public void afterEach(ExtensionContext test) throws IOException {
        close();
    }

    /** Ends the machine and sees that nothing of it is left. */
    @Override
    public void close() throws IOException {
        try {
            assertEquals(List.of(), host.shutDown(0));
        } catch (InterruptedException stop) {
            throw new AssertionError("interrupted while the machine was shut down", stop);
        } finally {
            host.close();
            host.machine().multikernelPool().close();
            memory().close();
            Files.delete(base);
        }
    }
}
