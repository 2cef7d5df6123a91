// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.dts.CompiledTree;
import io.mkemu.dts.Node;
import io.mkemu.dts.Property;
import io.mkemu.dts.SourceText;
import io.mkemu.dts.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Takes down what a tree says and a machine has no use for. */
final class KeptReader {

    static final String DEVICE = "device ";
    static final String NUMA_NODE = "NUMA ";
    private static final Set<String> NOTHING = Set.of();
    private static final String DEVICES = "devices";
    private static final String TOPOLOGY = "topology";
    private static final String NUMA_NODES = "numa-nodes";

    /** What the root node may have beside what its binding knows: as the pool tree of a kernel has it. */
    static final Known ROOT = new Known(Set.of("model", "id"), Set.of("aliases", "pci@"));
    static final Known RESOURCES = new Known(NOTHING, Set.of(DEVICES, TOPOLOGY, NUMA_NODES));
    static final Known INSTANCE = new Known(Set.of("model"), Set.of("options", "aliases", "pci@"));
    static final Known INSTANCE_RESOURCES = new Known(
            Set.of(DEVICES, "device-names", NUMA_NODES, "cpu-affinity", "memory-policy"), Set.of(DEVICES));

    private final List<Kept.Item> items = new ArrayList<>();

    /**
     * What is kept of a kind of node.
     *
     * @param properties names
     * @param nodes      names; one that ends with @ stands for those with any unit address
     */
    record Known(Set<String> properties, Set<String> nodes) {
    }

    /** Takes down what of these the node has. */
    void keep(NodeReader owner, Known known) {
        for (Property property : owner.node().properties()) {
            if (known.properties().contains(property.name())) {
                items.add(new Kept.Item(owner.path(), false, SourceText.of(property),
                        List.of(owner.pathOf(property.name()))));
            }
        }
        for (Node child : owner.node().children()) {
            if (NodeReader.isOf(child, known.nodes())) {
                items.add(new Kept.Item(owner.path(), true, SourceText.of(child),
                        says(owner.pathOf(child.name()), child)));
            }
        }
    }

    Kept kept(String dialect) {
        return new Kept(items, dialect);
    }

    private static List<String> says(String path, Node node) {
        return switch (node.name()) {
            case DEVICES -> node.children().isEmpty() ? List.of(path)
                    : node.children().stream().map(KeptReader::device).toList();
            case NUMA_NODES -> node.children().isEmpty() ? List.of(path)
                    : node.children().stream().map(KeptReader::numaNode).toList();
            case TOPOLOGY -> node.child(NUMA_NODES).map(nodes -> says(path + "/" + NUMA_NODES, nodes))
                    .orElse(List.of(path));
            default -> List.of(path);
        };
    }

    private static String device(Node device) {
        String what = Stream.of("compatible", "device-name", "acpi-hid", "pci-id").map(device::property)
                .flatMap(Optional::stream).map(property -> text(SourceText.of(property)))
                .reduce((one, other) -> one + ", " + other).orElse("");
        return DEVICE + device.name() + (what.isEmpty() ? "" : ": " + what);
    }

    private static String numaNode(Node node) {
        String cpus = node.property("cpus").map(KeptReader::cpus).orElse("");
        return NUMA_NODE + node.name() + (cpus.isEmpty() ? "" : ": cpus " + cpus);
    }

    /** CPUs as Linux writes a list, if these are numbers of CPUs, in one or two cells each. */
    private static String cpus(Property property) {
        List<Integer> cells = CompiledTree.cells(property).stream().map(cell -> (int) Math.min(cell.value(),
                MachineSpec.MAX_CPUS)).toList();
        List<Integer> low = IntStream.range(0, cells.size()).filter(at -> at % 2 == 1).mapToObj(cells::get).toList();
        boolean halves = cells.size() > 2 && cells.size() % 2 == 0
                && IntStream.range(0, cells.size()).filter(at -> at % 2 == 0).allMatch(at -> cells.get(at) == 0);
        boolean isList = !cells.isEmpty() && cells.stream().allMatch(cpu -> cpu < MachineSpec.MAX_CPUS);
        return isList ? Text.cpuList(halves ? low : cells) : text(SourceText.of(property));
    }

    /** The value in a line of source. */
    private static String text(String line) {
        int value = line.indexOf(" = ");
        return value < 0 ? "" : Text.printable(line.substring(value + 3, line.length() - 1).replace("\"", ""));
    }
}
