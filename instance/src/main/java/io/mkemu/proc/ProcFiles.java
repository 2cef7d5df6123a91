// SPDX-License-Identifier: Apache-2.0
package io.mkemu.proc;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.cpu.LocalApic;
import io.mkemu.log.KernelLogReader;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.machine.InterruptTable;
import io.mkemu.machine.Iomem;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.InstanceEntry;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The files of a kernel's /proc. A look at what goes on meanwhile. Any thread.
 *
 * @param machine  the machine
 * @param entry    the kernel's own
 * @param modules  a line for each of its modules
 * @param tasks    a line for each task
 * @param handlers a line for each handler
 */
public record ProcFiles(MappedMachine machine, InstanceEntry entry, Supplier<List<String>> modules,
                        Supplier<List<String>> tasks, Supplier<List<String>> handlers) {
    private static final long MICROS = 1_000_000;

    /**
     * A file.
     *
     * @param name below /proc
     * @return its lines, each with its end; null if there is none
     */
    public String read(String name) {
        return switch (name) {
            case "cmdline" -> entry.cmdline() + "\n";
            case "cpus" -> lines(IntStream.of(entry.cpus()).mapToObj(this::cpu).toList());
            case "handlers" -> lines(handlers.get());
            case "instances" -> lines(IntStream.range(0, InstanceDescriptor.MAX_INSTANCES)
                .mapToObj(machine.instances()::find).filter(Objects::nonNull).map(ProcFiles::instance).toList());
            case "interrupts" -> InterruptTable.text(InterruptTable.read(machine).stream()
                .filter(cpu -> cpu.instanceId() == entry.id()).toList());
            case "iomem" -> iomem();
            case "kmsg" -> kmsg();
            case "modules" -> lines(modules.get());
            case "tasks" -> lines(tasks.get());
            default -> null;
        };
    }

    private static String lines(List<String> lines) {
        return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    private String cpu(int physicalCpu) {
        LocalApic apic = machine.apic(physicalCpu);
        return String.format(Locale.ROOT, "cpu %d: host CPU %d, tree's number %d", physicalCpu, apic.hostCpu(),
            apic.cpuNumber());
    }

    private static String instance(InstanceEntry each) {
        long word = each.lifeWord();
        return String.format(Locale.ROOT, "%d %s: %s, life %d, CPUs %s", each.id(), each.name(),
            InstanceEntry.stateOf(word).toString().toLowerCase(Locale.ROOT), InstanceEntry.lifeOf(word),
            IntStream.of(each.cpus()).mapToObj(Integer::toString).collect(Collectors.joining(",")));
    }

    private String iomem() {
        Iomem map = Iomem.of(machine);
        return map.tree() + lines(map.problems().stream().map(problem -> "damaged: " + problem).toList());
    }

    private String kmsg() {
        KernelLogReader log = new KernelLogReader(machine.memory(), entry.id());
        StringBuilder text = new StringBuilder();
        for (Line line = log.poll(); line != null; line = log.poll()) {
            long micros = TimeUnit.NANOSECONDS.toMicros(line.nanos());
            text.append(String.format(Locale.ROOT, "<%d>[%5d.%06d] %s%n", line.level(), micros / MICROS,
                micros % MICROS, line.text()));
        }
        return text.toString();
    }
}
