// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import io.mkemu.abi.IpiMode;
import io.mkemu.bench.contender.BootField;
import io.mkemu.bench.contender.CommandLoop;
import io.mkemu.bench.contender.Commands;
import io.mkemu.host.Host;
import io.mkemu.host.InstanceStatus;
import io.mkemu.host.life.Joining;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.plan.MachinePlan;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The host of a machine whose instances boot again and again. They run the echo module and idle as by default. */
public final class BootMain implements Commands, AutoCloseable {
    private static final long BOOT_MILLIS = 60_000;
    private static final long END_MILLIS = 10_000;
    /* What the JIT compiler has left to do is done by then. */
    private static final long SETTLE_MILLIS = 500;

    private final Host host;

    private BootMain(int instances, Path directory) throws IOException {
        host = Host.init(new MachineDirectory(directory),
            MachinePlan.of(BenchTree.of(IpiMode.QUEUED, "echo", "haltpoll", instances + 1, instances)));
        try {
            host.boot();
        } catch (RuntimeException | Error fault) {
            close();
            throw fault;
        }
    }

    /** BootMain INSTANCES DIRECTORY. */
    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        try (BootMain main = new BootMain(Integer.parseInt(args[0]), Path.of(args[1]))) {
            CommandLoop.serve(main, out);
        }
        System.exit(0);
    }

    @Override
    public Boot boot(int instances) throws Exception {
        List<String> names = IntStream.rangeClosed(1, instances).mapToObj(BenchTree::instance).toList();
        long begun = System.nanoTime();
        host.start(names, false, Joining.byCommand(), line -> { }).await(BOOT_MILLIS);
        long nanos = System.nanoTime() - begun;
        Thread.sleep(SETTLE_MILLIS);
        List<List<Long>> all = new ArrayList<>();
        for (InstanceStatus instance : host.status().instances()) {
            if (names.contains(instance.name())) {
                all.add(fields(instance));
            }
        }
        host.kill(names, true, END_MILLIS);
        return new Boot(nanos, medians(all));
    }

    private static List<Long> fields(InstanceStatus instance) throws IOException {
        List<Long> fields = new ArrayList<>();
        Map<String, Long> memory = ProcessMemory.of(instance.pid());
        for (BootField field : BootField.values()) {
            fields.add(field.isMemory() ? memory.get(field.source()) : instance.bootMicros().get(field.source()));
        }
        return fields;
    }

    private static List<Long> medians(List<List<Long>> all) {
        return IntStream.range(0, BootField.values().length).mapToObj(field -> all.stream()
            .map(instance -> instance.get(field)).sorted().toList().get(all.size() / 2)).toList();
    }

    @Override
    public void close() throws IOException {
        host.end();
    }
}
