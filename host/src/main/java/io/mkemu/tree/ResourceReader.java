// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.dts.Position;
import io.mkemu.dts.Property;
import io.mkemu.dts.Text;
import io.mkemu.dts.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/** Reads a resources node, of the machine or of an instance, and checks each value by itself. */
final class ResourceReader {

    static final String CPUS = "cpus";
    /** Of the pool tree of a kernel: those that no instance has. Computed here, so it says nothing. */
    private static final String CPUS_FREE = "cpus-available";
    static final String APIC_IDS = "apic-ids";
    static final String MEMORY = "memory-bytes";
    static final String BASE = "memory-base";
    private static final String CPUS_EXAMPLE = "cpus = <0 1 2>;";
    private static final String APIC_IDS_EXAMPLE = "apic-ids = <0 4 2>;";
    private static final String MEMORY_EXAMPLE = "memory-bytes = <0x4000000>;";

    /** A part of the pool, in a tree of the kernel's shape. */
    static final String CHUNK = "memory";
    private static final Set<String> CHUNK_PROPERTIES = Set.of("size", "reg", "numa-node-id", "device_type");
    private static final String SIZE_EXAMPLE = "size = <0x0 0x4000000>;";
    private static final String CHUNK_EXAMPLE = "reg = <0x0 0x40000000 0x0 0x4000000>;";

    /** Values of one resources node. */
    record Resources(List<Integer> cpus, List<Integer> apicIds, long memoryBytes, OptionalLong memoryBase) {
    }

    private ResourceReader() {
    }

    /** Reads the node and adds the places of its values. */
    static Resources read(NodeReader owner, boolean machine, CellWidths widths, KeptReader kept) {
        NodeReader node = owner.requireChild("resources",
                "resources { cpus = <0 1 2>; memory-bytes = <0x4000000>; };");
        KeptReader.Known known = machine ? KeptReader.RESOURCES : KeptReader.INSTANCE_RESOURCES;
        node.allow(machine ? Set.of(CPUS, CPUS_FREE, APIC_IDS, MEMORY, BASE) : Set.of(CPUS, MEMORY, BASE),
                machine ? Set.of(CHUNK + "@") : Set.of(), known);
        kept.keep(node, known);
        List<Integer> cpus = cpus(node, widths);
        List<Integer> apicIds = machine ? apicIds(node, cpus, widths) : List.of();
        List<NodeReader> chunks = machine ? node.children(CHUNK) : List.of();
        if (!chunks.isEmpty()) {
            return chunks(node, chunks, widths, cpus, apicIds);
        }
        OptionalLong base = base(node);
        return new Resources(cpus, apicIds, memory(node), machine ? base : OptionalLong.empty());
    }

    /** The pool as the kernel's trees have it: a node for each part of it. */
    private static Resources chunks(NodeReader node, List<NodeReader> chunks, CellWidths widths, List<Integer> cpus,
                                    List<Integer> apicIds) {
        for (String twice : List.of(MEMORY, BASE)) {
            node.property(twice).ifPresent(property -> {
                throw node.error(property.position(), Text.quote(twice) + " and the node "
                        + Text.quote(chunks.getFirst().node().name()) + " both say what the pool is: remove one");
            });
        }
        long bytes = 0;
        OptionalLong base = OptionalLong.empty();
        List<Position> places = new ArrayList<>();
        for (NodeReader chunk : chunks) {
            chunk.allow(CHUNK_PROPERTIES, Set.of());
            Region region = region(chunk, widths);
            if (region.size() <= 0 || region.size() % MachineSpec.PAGE_SIZE != 0
                    || bytes > Long.MAX_VALUE - region.size()) {
                throw node.error(region.position(), "the size of " + Text.quote(chunk.node().name()) + " is 0x"
                        + Long.toHexString(region.size()) + ", expected a multiple of 4096 (0x1000), in all at most "
                        + "0x7ffffffffffff000");
            }
            bytes += region.size();
            base = base.isPresent() ? base : region.address();
            places.add(region.position());
        }
        node.note(MEMORY, places);
        return new Resources(cpus, apicIds, bytes, base);
    }

    record Region(OptionalLong address, long size, Position position) {
    }

    /** A stretch of memory, by {@code reg}, or its {@code size} alone. */
    static Region region(NodeReader chunk, CellWidths widths) {
        if (chunk.property("reg").isEmpty()) {
            Value.Cell size = chunk.quantity(chunk.require("size", SIZE_EXAMPLE), SIZE_EXAMPLE);
            return new Region(OptionalLong.empty(), size.value(), size.position());
        }
        Property property = chunk.property("reg").get();
        List<Value.Cell> cells = chunk.halves(property, CHUNK_EXAMPLE);
        int address = widths.address().orElse(cells.size() > 2 ? 2 : 1);
        int size = widths.size().orElse(cells.size() > 3 ? 2 : 1);
        if (cells.size() != address + size) {
            throw chunk.error(property.position(), "'reg' has " + cells.size() + " cells, expected " + address
                    + " for the address and " + size + " for the size: " + CHUNK_EXAMPLE);
        }
        Value.Cell begin = address == 2 ? NodeReader.pair(cells.get(0), cells.get(1)) : cells.get(0);
        Value.Cell length = size == 2 ? NodeReader.pair(cells.get(address), cells.get(address + 1))
                : cells.get(address);
        return new Region(OptionalLong.of(aligned(chunk, "reg", begin)), length.value(), length.position());
    }

    private static List<Integer> cpus(NodeReader node, CellWidths widths) {
        Property property = node.require(CPUS, CPUS_EXAMPLE);
        List<Value.Cell> cells = node.numbers(property, CPUS_EXAMPLE, widths);
        if (cells.isEmpty()) {
            throw node.error(property.values().getFirst().position(),
                    "'cpus' of " + Text.quote(node.path()) + " names no CPU, expected at least one: " + CPUS_EXAMPLE);
        }
        return distinct(node, CPUS, "CPU", cells);
    }

    private static List<Integer> apicIds(NodeReader node, List<Integer> cpus, CellWidths widths) {
        if (node.property(APIC_IDS).isEmpty()) {
            return List.of();
        }
        Property property = node.property(APIC_IDS).get();
        List<Value.Cell> cells = node.numbers(property, APIC_IDS_EXAMPLE, widths);
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
        node.note(BASE, List.of(cell.position()));
        return OptionalLong.of(aligned(node, BASE, cell));
    }

    private static long aligned(NodeReader node, String property, Value.Cell cell) {
        if (cell.value() % MachineSpec.PAGE_SIZE != 0) {
            throw node.error(cell.position(), "'" + property + "' is " + Text.printable(cell.text())
                    + ", which is not page aligned: expected a multiple of 4096 (0x1000), as 0x"
                    + Long.toHexString(cell.value() & -MachineSpec.PAGE_SIZE));
        }
        return cell.value();
    }
}
