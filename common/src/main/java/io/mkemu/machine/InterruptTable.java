// SPDX-License-Identifier: Apache-2.0
package io.mkemu.machine;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.table.TypeNames.TypeName;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What the CPUs of a machine count, as the table that /proc/interrupts is. */
public final class InterruptTable {
    private static final int LEAST_WIDTH = 10;

    /**
     * A CPU that an instance owns.
     *
     * @param physicalCpu physical id
     * @param number      the number that the tree has for it
     * @param hostCpu     host CPU its thread is pinned to
     * @param instanceId  its owner
     * @param instance    the owner's name
     * @param counters    all of them
     * @param types       what its owner's modules have named
     */
    public record Cpu(int physicalCpu, int number, int hostCpu, int instanceId, String instance,
                      Map<Counter, Long> counters, List<TypeName> types) {
    }

    private InterruptTable() {
    }

    /** Reads the counters of all CPUs that somebody owns, by ascending physical id. */
    public static List<Cpu> read(MappedMachine machine) {
        return IntStream.range(0, machine.layout().nrCpus())
            .filter(cpu -> machine.instances().ownerOf(cpu) >= 0)
            .mapToObj(cpu -> read(machine, machine.apic(cpu))).toList();
    }

    private static Cpu read(MappedMachine machine, LocalApic apic) {
        Map<Counter, Long> counters = new EnumMap<>(Counter.class);
        for (Counter counter : Counter.values()) {
            counters.put(counter, apic.counter(counter));
        }
        int owner = machine.instances().ownerOf(apic.physicalCpu());
        return new Cpu(apic.physicalCpu(), apic.cpuNumber(), apic.hostCpu(), owner,
            owner < 0 ? "" : machine.instances().entry(owner).name(), counters,
            owner < 0 ? List.of() : machine.instances().entry(owner).typeNames().all());
    }

    /** The table, each line with its end. */
    public static String text(List<Cpu> cpus) {
        StringBuilder text = new StringBuilder();
        row(text, "", cpus, cpu -> "CPU" + cpu.physicalCpu(), "");
        row(text, "", cpus, Cpu::instance, "");
        for (Counter counter : Counter.values()) {
            row(text, row(counter).label() + ":", cpus, cpu -> cpu.counters().get(counter).toString(),
                "  " + row(counter).description());
        }
        types(text, cpus);
        return text.toString();
    }

    /** A line for each type that has a name, with the kernels that call it so. */
    private static void types(StringBuilder text, List<Cpu> cpus) {
        Map<TypeName, Set<String>> types = new TreeMap<>(Comparator.comparing(TypeName::type,
            Integer::compareUnsigned).thenComparing(TypeName::name));
        for (Cpu cpu : cpus) {
            cpu.types().forEach(type -> types.computeIfAbsent(type, each -> new LinkedHashSet<>()).add(cpu.instance()));
        }
        types.forEach((type, names) -> text.append("type ").append(type).append(": ").append(String.join(", ", names))
            .append('\n'));
    }

    private static void row(StringBuilder text, String label, List<Cpu> cpus, Function<Cpu, String> cell,
        String description) {
        text.append(String.format(Locale.ROOT, "%4s", label)).append(cpus.stream()
            .map(cpu -> String.format(Locale.ROOT, " %" + width(cpu) + "s", cell.apply(cpu)))
            .collect(Collectors.joining())).append(description).append('\n');
    }

    private static int width(Cpu cpu) {
        int widest = cpu.counters().values().stream().mapToInt(count -> count.toString().length()).max().orElse(0);
        return Math.max(LEAST_WIDTH, Math.max(widest, cpu.instance().length()));
    }

    /** What a row is called, and what it counts. */
    private record Row(String label, String description) {
    }

    private static Row row(Counter counter) {
        return switch (counter) {
            case SENT -> new Row("SND", "IPI messages sent");
            case FULL -> new Row("FUL", "Sends refused, lane full");
            case RUNG -> new Row("RNG", "Doorbells rung");
            case ELIDED -> new Row("ELI", "Doorbells left out, target looks by itself");
            case WOKEN -> new Row("WOK", "Halted CPUs woken");
            case INTERRUPTS -> new Row("INT", "Interrupts taken");
            case SPURIOUS -> new Row("SPU", "Spurious multikernel interrupts");
            case RECEIVED -> new Row("RCV", "IPI messages received");
            case CALLBACKS -> new Row("CBK", "Callbacks run");
            case FAULTS -> new Row("FLT", "Callbacks that threw, and other faults");
            case UNHANDLED -> new Row("UNH", "IPI messages without a handler");
            case ANOMALIES -> new Row("ANO", "Damaged words of shared memory");
            case HALTS -> new Row("HLT", "Halts");
        };
    }
}
