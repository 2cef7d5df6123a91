// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/** Reads a resources node, of the machine or of an instance, and checks each value by itself. */
final class ResourceReader {

    static final String CPUS = "cpus";
    static final String APIC_IDS = "apic-ids";
    static final String MEMORY = "memory-bytes";
    static final String BASE = "memory-base";
    private static final String CPUS_EXAMPLE = "cpus = <0 1 2>;";
    private static final String APIC_IDS_EXAMPLE = "apic-ids = <0 4 2>;";
    private static final String MEMORY_EXAMPLE = "memory-bytes = <0x4000000>;";

    /** Values of one resources node. */
    record Resources(List<Integer> cpus, List<Integer> apicIds, long memoryBytes, OptionalLong memoryBase) {
    }

    private ResourceReader() {
    }

    /** Reads the node and adds the places of its values. */
    static Resources read(NodeReader owner, boolean machine) {
        NodeReader node = owner.requireChild("resources",
                "resources { cpus = <0 1 2>; memory-bytes = <0x4000000>; };");
        node.allow(machine ? Set.of(CPUS, APIC_IDS, MEMORY, BASE) : Set.of(CPUS, MEMORY), Set.of());
        List<Integer> cpus = cpus(node);
        List<Integer> apicIds = machine ? apicIds(node, cpus) : List.of();
        long memory = memory(node);
        return new Resources(cpus, apicIds, memory, machine ? base(node) : OptionalLong.empty());
    }

    private static List<Integer> cpus(NodeReader node) {
        Property property = node.require(CPUS, CPUS_EXAMPLE);
        List<Value.Cell> cells = node.numbers(property, CPUS_EXAMPLE);
        if (cells.isEmpty()) {
            throw node.error(property.values().getFirst().position(),
                    "'cpus' of " + Text.quote(node.path()) + " names no CPU, expected at least one: " + CPUS_EXAMPLE);
        }
        return distinct(node, CPUS, "CPU", cells);
    }

    private static List<Integer> apicIds(NodeReader node, List<Integer> cpus) {
        if (node.property(APIC_IDS).isEmpty()) {
            return List.of();
        }
        Property property = node.property(APIC_IDS).get();
        List<Value.Cell> cells = node.numbers(property, APIC_IDS_EXAMPLE);
        if (cells.size() != cpus.size()) {
            Position place = cells.size() > cpus.size() ? cells.get(cpus.size()).position()
                    : property.values().getFirst().position();
            throw node.error(place, "'apic-ids' has " + cells.size() + " cells and 'cpus' has " + cpus.size()
                    + ": give the physical id of each CPU of 'cpus', in the same order");
        }
        return distinct(node, APIC_IDS, "physical id", cells);
    }

    private static List<Integer> distinct(NodeReader node, String property, String what, List<Value.Cell> cells) {
        Map<Integer, Position> seen = new LinkedHashMap<>();
        for (Value.Cell cell : cells) {
            if (Long.compareUnsigned(cell.value(), MachineSpec.MAX_CPUS) >= 0) {
                throw node.error(cell.position(), "'" + property + "' names " + what + " "
                        + Text.printable(cell.text()) + ", expected a physical id in 0.."
                        + (MachineSpec.MAX_CPUS - 1));
            }
            Position first = seen.putIfAbsent((int) cell.value(), cell.position());
            if (first != null) {
                throw node.error(cell.position(), "'" + property + "' lists " + what + " " + cell.value()
                        + " twice, first at " + first.fullName() + ": list each "
                        + what + " once");
            }
        }
        node.note(property, new ArrayList<>(seen.values()));
        return new ArrayList<>(seen.keySet());
    }

    private static long memory(NodeReader node) {
        Value.Cell cell = node.quantity(node.require(MEMORY, MEMORY_EXAMPLE), MEMORY_EXAMPLE);
        long bytes = cell.value();
        if (bytes <= 0 || bytes % MachineSpec.PAGE_SIZE != 0) {
            String right = bytes > 0 && bytes <= Long.MAX_VALUE - MachineSpec.PAGE_SIZE
                    ? "expected a multiple of 4096 (0x1000), the next is 0x" + Long.toHexString(
                            (bytes | MachineSpec.PAGE_SIZE - 1) + 1)
                    : "expected a multiple of 4096 (0x1000) from 0x1000 to 0x7ffffffffffff000";
            throw node.error(cell.position(), "'memory-bytes' is " + Text.printable(cell.text()) + ", " + right);
        }
        node.note(MEMORY, List.of(cell.position()));
        return bytes;
    }

    private static OptionalLong base(NodeReader node) {
        if (node.property(BASE).isEmpty()) {
            return OptionalLong.empty();
        }
        Value.Cell cell = node.quantity(node.property(BASE).get(), "memory-base = <0x80000000>;");
        if (cell.value() % MachineSpec.PAGE_SIZE != 0) {
            throw node.error(cell.position(), "'memory-base' is " + Text.printable(cell.text())
                    + ", which is not page aligned: expected a multiple of 4096 (0x1000), as 0x"
                    + Long.toHexString(cell.value() & -MachineSpec.PAGE_SIZE));
        }
        node.note(BASE, List.of(cell.position()));
        return OptionalLong.of(cell.value());
    }
}
