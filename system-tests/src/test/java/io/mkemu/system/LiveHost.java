// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.mkemu.abi.InstanceState;
import io.mkemu.host.Host;
import io.mkemu.host.InstanceStatus;
import io.mkemu.host.life.Boots;
import io.mkemu.host.life.Joining;
import io.mkemu.log.KernelLogReader;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Futex;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.MachineSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * A machine whose host is this very process, so that its threads and descriptors can be counted. All waits are for a
 * condition, looked at whenever something happens in the machine, under a watchdog. For one thread.
 */
final class LiveHost implements AutoCloseable {
    static final long BOOT_MILLIS = TimeUnit.MINUTES.toMillis(3);
    private static final long WATCHDOG_NANOS = TimeUnit.MINUTES.toNanos(3);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private record Log(KernelLogReader reader, List<String> lines) {
    }

    private final Host host;
    private final Path directory;
    private final Futex futex = new Futex();
    private final Map<Integer, Log> logs = new HashMap<>();
    private boolean ended;

    private LiveHost(Host host, Path directory) {
        this.host = host;
        this.directory = directory;
    }

    /** Makes the machine of a tree in a test's own place and boots its host; no instance is executed. */
    static LiveHost boot(Mk mk, TreeSource tree, String machine) throws IOException {
        Path directory = mk.sandbox().resolve(machine);
        MachineSpec spec = MachineSpec.read(tree.write(mk.work(), machine));
        LiveHost made = new LiveHost(Host.init(new MachineDirectory(directory), MachinePlan.of(spec)), directory);
        try {
            made.host.boot();
            return made;
        } catch (RuntimeException | Error fault) {
            made.close();
            throw fault;
        }
    }

    Host host() {
        return host;
    }

    MappedMachine mapped() {
        return host.machine().mapped();
    }

    PhysicalMemory memory() {
        return host.machine().memory();
    }

    /** Where the machine lies. */
    Path directory() {
        return directory;
    }

    /** Boots instances and waits until they are active. */
    void exec(String... names) throws InterruptedException {
        start(names).await(BOOT_MILLIS);
    }

    /** Boots an instance by a process that is started by the command that the host gives for a JVM. */
    MkProcess join(Mk mk, String name) throws InterruptedException {
        List<String> said = new ArrayList<>();
        host.start(List.of(name), true, Joining.byCommand(), said::add);
        MkProcess joined = join(mk, said);
        awaitState(name, InstanceState.ACTIVE);
        return joined;
    }

    /** Starts the process of an instance by the command that the host gave for a JVM. */
    static MkProcess join(Mk mk, List<String> said) {
        String words = ": a JVM joins it by: ";
        String line = said.stream().filter(all -> all.contains(words)).findFirst().orElseThrow();
        try {
            return mk.launch(List.of("sh", "-c", "exec " + line.substring(line.indexOf(words) + words.length())),
                mk.work());
        } catch (IOException refused) {
            throw new UncheckedIOException(refused);
        }
    }

    /** Begins to boot instances. */
    Boots start(String... names) {
        return host.start(List.of(names), false, Joining.byCommand(), line -> { });
    }

    InstanceStatus status(String name) {
        return host.status().instances().stream().filter(status -> status.name().equals(name)).findFirst()
            .orElseThrow(() -> new AssertionError("no instance " + name));
    }

    InstanceState state(String name) {
        return status(name).state();
    }

    InstanceStatus awaitState(String name, InstanceState state) {
        await(() -> name + " is not " + state + ": " + status(name), () -> state(name) == state);
        return status(name);
    }

    /** Waits for a condition. */
    void await(Supplier<String> whatIsMissing, BooleanSupplier condition) {
        long deadline = System.nanoTime() + WATCHDOG_NANOS;
        while (true) {
            int seen = memory().event();
            if (condition.getAsBoolean()) {
                return;
            }
            if (System.nanoTime() - deadline > 0) {
                fail(whatIsMissing.get() + "\n" + describe());
            }
            memory().awaitEvent(futex, seen, LOOK_NANOS);
        }
    }

    /** Everything in an instance's kernel log up to now, of all its lives. */
    List<String> log(String name) {
        Log log = logs.computeIfAbsent(status(name).id(),
            id -> new Log(new KernelLogReader(memory(), id), new ArrayList<>()));
        for (var line = log.reader().poll(); line != null; line = log.reader().poll()) {
            log.lines().add(line.text());
        }
        return log.lines();
    }

    /** The lines of an instance's kernel log that a pattern is found in. */
    List<String> log(String name, String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        return log(name).stream().filter(line -> compiled.matcher(line).find()).toList();
    }

    void awaitLog(String name, int count, String pattern) {
        await(() -> "the log of " + name + " never had " + count + " x " + pattern,
            () -> log(name, pattern).size() >= count);
    }

    /** kill -9, without another process: it is at its target when this returns. */
    static void kill9(long pid) {
        ProcessHandle.of(pid).orElseThrow(() -> new AssertionError("no process " + pid)).destroyForcibly();
    }

    /** Ends the machine in order; a line for each kernel that had to be forced. */
    List<String> shutDown() throws InterruptedException {
        ended = true;
        return host.shutDown(BOOT_MILLIS);
    }

    /** Status and logs, for a failed assertion. */
    String describe() {
        StringBuilder text = new StringBuilder();
        for (InstanceStatus status : host.status().instances()) {
            text.append(status).append('\n');
            log(status.name()).forEach(line -> text.append("  ").append(line).append('\n'));
        }
        return text.toString();
    }

    /** Removes the machine, by force if it has not been ended in order. */
    @Override
    public void close() throws IOException {
        try {
            if (!ended) {
                assertEquals(List.of(), host.shutDown(0), "could not be ended by force");
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } finally {
            host.close();
        }
    }
}
