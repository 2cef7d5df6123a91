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
import java.util.Optional;
import java.util.Set;

/** Reads the operations of an overlay that move CPUs and memory: all of one instance in a fragment are one change. */
final class UpdateReader {
    static final String MEMORY_REMOVE = "memory-remove";
    static final String MEMORY_ADD = "memory-add";
    static final String CPU_REMOVE = "cpu-remove";
    static final String CPU_ADD = "cpu-add";
    private static final String INSTANCE = "mk,instance";
    private static final String INSTANCE_EXAMPLE = "mk,instance = \"web\";";
    private static final String CPU = "cpu";
    private static final String CPU_EXAMPLE = "reg = <4>;";
    private static final String REGION = "region";
    private static final KeptReader.Known NOT_EMULATED =
            new KeptReader.Known(Set.of("numa-node", "numa-node-id"), Set.of());

    private final CellWidths widths;
    private final KeptReader kept;
    private final Map<String, Overlay.Update> updates = new LinkedHashMap<>();

    UpdateReader(CellWidths widths, KeptReader kept) {
        this.widths = widths;
        this.kept = kept;
    }

    /**
     * Reads them.
     *
     * @param overlay  the node that holds them
     * @param instance the one that the fragment is about; null if each operation has to name its own
     */
    List<Overlay.Update> read(NodeReader overlay, String instance) {
        overlay.child(MEMORY_REMOVE).ifPresent(node -> merge(name(node, instance), none(), none(), 0, bytes(node)));
        overlay.child(MEMORY_ADD).ifPresent(node -> merge(name(node, instance), none(), none(), bytes(node), 0));
        overlay.child(CPU_REMOVE).ifPresent(node -> merge(name(node, instance), none(), cpus(node), 0, 0));
        overlay.child(CPU_ADD).ifPresent(node -> merge(name(node, instance), cpus(node), none(), 0, 0));
        return List.copyOf(updates.values());
    }

    private static List<Integer> none() {
        return List.of();
    }

    /** Each of the four operations is there once at the most: the other one has what this one has not. */
    private void merge(String name, List<Integer> addCpus, List<Integer> removeCpus, long addBytes, long removeBytes) {
        updates.merge(name, new Overlay.Update(name, addCpus, removeCpus, addBytes, removeBytes), (one, other) ->
                new Overlay.Update(name, one.addCpus().isEmpty() ? other.addCpus() : one.addCpus(),
                        one.removeCpus().isEmpty() ? other.removeCpus() : one.removeCpus(),
                        one.addBytes() + other.addBytes(), one.removeBytes() + other.removeBytes()));
    }

    private static String name(NodeReader node, String instance) {
        Optional<Property> named = node.property(INSTANCE);
        if (named.isEmpty() && instance != null) {
            return instance;
        }
        Value.Str name = node.string(node.require(INSTANCE, INSTANCE_EXAMPLE), INSTANCE_EXAMPLE);
        String problem = InstanceSpec.nameProblem(name.text());
        if (problem != null) {
            throw node.error(name.position(), problem);
        }
        if (instance != null && !name.text().equals(instance)) {
            throw node.error(name.position(), "'mk,instance' is " + Text.quote(name.text()) + ", but the fragment's "
                    + "target is instance " + Text.quote(instance));
        }
        return name.text();
    }

    private List<Integer> cpus(NodeReader node) {
        Map<Integer, Position> seen = new LinkedHashMap<>();
        for (NodeReader child : children(node, CPU, CPU + "@4 { " + CPU_EXAMPLE + " };")) {
            Property reg = child.require("reg", CPU_EXAMPLE);
            List<Value.Cell> cells = child.numbers(reg, CPU_EXAMPLE, widths);
            if (cells.size() != 1 || Long.compareUnsigned(cells.getFirst().value(), MachineSpec.MAX_CPUS) >= 0) {
                throw child.error(reg.values().getFirst().position(), "'reg' is no CPU, expected one in 0.."
                        + (MachineSpec.MAX_CPUS - 1) + ": " + CPU_EXAMPLE);
            }
            if (seen.putIfAbsent((int) cells.getFirst().value(), cells.getFirst().position()) != null) {
                throw child.error(cells.getFirst().position(), "CPU " + cells.getFirst().value() + " is named twice in "
                        + Text.quote(node.node().name()) + ": name each CPU once");
            }
        }
        return new ArrayList<>(seen.keySet());
    }

    /** Sizes only: where the memory lies, the machine says. */
    private long bytes(NodeReader node) {
        long bytes = 0;
        for (NodeReader child : children(node, REGION, REGION + "@0 { reg = <0x0 0x0 0x0 0x400000>; };")) {
            ResourceReader.Region region = ResourceReader.region(child, widths);
            if (region.size() <= 0 || region.size() % MachineSpec.PAGE_SIZE != 0
                    || bytes > Long.MAX_VALUE - region.size()) {
                throw child.error(region.position(), "the size of " + Text.quote(child.node().name()) + " is 0x"
                        + Long.toHexString(region.size()) + ", expected a multiple of 4096 (0x1000)");
            }
            bytes += region.size();
        }
        return bytes;
    }

    private List<NodeReader> children(NodeReader node, String name, String example) {
        node.allow(Set.of(INSTANCE), Set.of(name + "@"));
        List<NodeReader> children = node.children(name);
        if (children.isEmpty()) {
            throw node.error(node.node().position(), Text.quote(node.node().name()) + " names nothing: add " + example);
        }
        for (NodeReader child : children) {
            child.allow(name.equals(CPU) ? Set.of("reg") : Set.of("reg", "size"), Set.of(), NOT_EMULATED);
            kept.keep(child, NOT_EMULATED);
        }
        return children;
    }
}
