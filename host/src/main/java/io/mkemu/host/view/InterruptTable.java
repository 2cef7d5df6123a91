// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cpu.LocalApic;
import io.mkemu.machine.MappedMachine;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
     */
    public record Cpu(int physicalCpu, int number, int hostCpu, int instanceId, String instance,
                      Map<Counter, Long> counters) {
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
            owner < 0 ? "" : machine.instances().entry(owner).name(), counters);
    }

    /** The table, each line with its end. */
    public static String text(List<Cpu> cpus) {
        StringBuilder text = new StringBuilder();
        row(text, "", cpus, cpu -> "CPU" + cpu.physicalCpu(), "");
        row(text, "", cpus, Cpu::instance, "");
        for (Counter counter : Counter.values()) {
            row(text, label(counter) + ":", cpus, cpu -> cpu.counters().get(counter).toString(),
                "  " + description(counter));
        }
        return text.toString();
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

    private static String label(Counter counter) {
        return switch (counter) {
            case SENT -> "SND";
            case FULL -> "FUL";
            case RUNG -> "RNG";
            case ELIDED -> "ELI";
            case WOKEN -> "WOK";
            case INTERRUPTS -> "INT";
            case SPURIOUS -> "SPU";
            case RECEIVED -> "RCV";
            case CALLBACKS -> "CBK";
            case FAULTS -> "FLT";
            case UNHANDLED -> "UNH";
            case ANOMALIES -> "ANO";
            case HALTS -> "HLT";
        };
    }

    private static String description(Counter counter) {
        return switch (counter) {
            case SENT -> "IPI messages sent";
            case FULL -> "Sends refused, lane full";
            case RUNG -> "Doorbells rung";
            case ELIDED -> "Doorbells left out, target looks by itself";
            case WOKEN -> "Halted CPUs woken";
            case INTERRUPTS -> "Interrupts taken";
            case SPURIOUS -> "Spurious multikernel interrupts";
            case RECEIVED -> "IPI messages received";
            case CALLBACKS -> "Callbacks run";
            case FAULTS -> "Callbacks that threw, and other faults";
            case UNHANDLED -> "IPI messages without a handler";
            case ANOMALIES -> "Damaged words of shared memory";
            case HALTS -> "Halts";
        };
    }
}
