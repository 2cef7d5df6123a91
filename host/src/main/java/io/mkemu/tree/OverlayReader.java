// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.dts.Node;
import io.mkemu.dts.Property;
import io.mkemu.dts.Text;
import io.mkemu.dts.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads overlays of the kernel's binding and of kerf's: fragments with operations on a target. */
final class OverlayReader {

    static final String FRAGMENT = "fragment";
    private static final String COMPATIBLE = "linux,multikernel-overlay";
    private static final String COMPATIBLE_EXAMPLE = "compatible = \"" + COMPATIBLE + "\";";
    private static final String TARGET_EXAMPLE = "target-path = \"/instances\";";
    private static final String NAME = "instance-name";
    private static final String NAME_EXAMPLE = "instance-name = \"web\";";
    private static final String CREATE = "instance-create";
    private static final String REMOVE = "instance-remove";
    private static final String INSTANCES = "/instances";
    private static final Set<String> DEVICES = Set.of("device-add", "device-remove");
    private static final Set<String> OPERATIONS = Set.of(CREATE, REMOVE, UpdateReader.MEMORY_REMOVE,
            UpdateReader.MEMORY_ADD, UpdateReader.CPU_REMOVE, UpdateReader.CPU_ADD, "device-add", "device-remove");
    /** What dtc adds for labels. */
    private static final Set<String> OF_DTC = Set.of("__symbols__", "__local_fixups__");
    private static final KeptReader.Known NOT_EMULATED = new KeptReader.Known(Set.of(), Set.of("options"));
    /** CPUs have 64 bits. */
    private static final CellWidths WIDTHS = new CellWidths(OptionalInt.empty(), OptionalInt.empty(), true);

    private final String file;
    private final KeptReader kept = new KeptReader();

    OverlayReader(String file) {
        this.file = file;
    }

    Overlay read(Node tree) {
        NodeReader root = new NodeReader(file, "/", tree);
        tree.child("__fixups__").ifPresent(fixups -> {
            throw root.error(fixups.position(), "the overlay refers to labels of another tree (__fixups__), which "
                    + "nobody has here: write " + TARGET_EXAMPLE);
        });
        root.allow(Set.of("compatible", "mk,resources"), Set.of(FRAGMENT + "@"),
                new KeptReader.Known(Set.of(), OF_DTC));
        checkCompatible(root);
        List<NodeReader> fragments = new ArrayList<>(root.children(FRAGMENT));
        if (fragments.isEmpty()) {
            throw root.error(tree.position(), "the overlay has no fragment: add fragment@0 { " + TARGET_EXAMPLE
                    + " __overlay__ { ... }; };");
        }
        Map<NodeReader, Long> order = new HashMap<>();
        fragments.forEach(fragment -> order.put(fragment, address(fragment)));
        fragments.sort(Comparator.comparing(order::get));
        List<Overlay.Change> changes = new ArrayList<>();
        fragments.forEach(fragment -> fragment(fragment, changes));
        return new Overlay(changes, kept.kept("").says(), Overlay.oneLine(tree));
    }

    private static void checkCompatible(NodeReader root) {
        Optional<Property> property = root.property("compatible");
        if (property.isPresent()) {
            List<Value.Str> strings = root.strings(property.get(), COMPATIBLE_EXAMPLE);
            if (strings.stream().noneMatch(string -> string.text().equals(COMPATIBLE))) {
                throw root.error(strings.getFirst().position(), "'compatible' is \""
                        + Text.printable(strings.getFirst().text()) + "\", expected \"" + COMPATIBLE
                        + "\" of an overlay");
            }
        }
    }

    private static long address(NodeReader fragment) {
        String name = fragment.node().name();
        try {
            return Long.parseLong(name.substring(name.indexOf('@') + 1), 16);
        } catch (NumberFormatException noNumber) {
            throw fragment.error(fragment.node().position(), "the address of " + Text.quote(name)
                    + " is no hexadecimal number, which tells the order of the fragments: name it fragment@0");
        }
    }

    private void fragment(NodeReader fragment, List<Overlay.Change> changes) {
        fragment.property("target").ifPresent(target -> {
            throw fragment.error(target.position(), "'target' is the label of a node of another tree, which nobody has "
                    + "here: write " + TARGET_EXAMPLE);
        });
        fragment.allow(Set.of("target-path"), Set.of("__overlay__"));
        NodeReader overlay = fragment.requireChild("__overlay__", "__overlay__ { ... };");
        overlay.allow(Set.of(), OPERATIONS);
        String target = target(fragment);
        for (Node operation : overlay.node().children()) {
            if (DEVICES.contains(operation.name())) {
                throw overlay.error(operation.position(), Text.quote(operation.name()) + " moves a device, and mkemu "
                        + "emulates none: remove the node");
            }
            if (isOfInstances(operation) && !target.equals(INSTANCES)) {
                throw overlay.error(operation.position(), Text.quote(operation.name()) + " of target "
                        + Text.quote(target) + ": instances are made and removed in " + INSTANCES + ": "
                        + TARGET_EXAMPLE);
            }
        }
        overlay.child(CREATE).ifPresent(create -> changes.add(create(create)));
        overlay.child(REMOVE).ifPresent(remove -> changes.add(remove(remove)));
        changes.addAll(new UpdateReader(WIDTHS, kept).read(overlay, target.startsWith(INSTANCES + "/")
                ? target.substring(INSTANCES.length() + 1) : null));
    }

    private static boolean isOfInstances(Node operation) {
        return operation.name().equals(CREATE) || operation.name().equals(REMOVE);
    }

    /** kerf's overlays have none: what they make and remove are instances. */
    private static String target(NodeReader fragment) {
        Optional<Property> property = fragment.property("target-path");
        if (property.isEmpty()) {
            return INSTANCES;
        }
        Value.Str target = fragment.string(property.get(), TARGET_EXAMPLE);
        if (!target.text().equals("/resources") && !target.text().matches(INSTANCES + "(/[^/]+)?")) {
            throw fragment.error(target.position(), "'target-path' is " + Text.quote(target.text()) + ", expected \""
                    + INSTANCES + "\", \"" + INSTANCES + "/NAME\" or \"/resources\"");
        }
        return target.text();
    }

    private Overlay.Create create(NodeReader node) {
        node.allow(Set.of(NAME, InstanceReader.ID), Set.of("resources"), NOT_EMULATED);
        kept.keep(node, NOT_EMULATED);
        ResourceReader.Resources resources = ResourceReader.read(node, false, WIDTHS, kept);
        int id = node.property(InstanceReader.ID).isPresent() ? InstanceReader.id(node) : 0;
        return new Overlay.Create(new InstanceSpec(id, name(node), resources.cpus(), resources.memoryBytes(), "",
                List.of()));
    }

    private static Overlay.Remove remove(NodeReader node) {
        node.allow(Set.of(NAME), Set.of());
        return new Overlay.Remove(name(node));
    }

    private static String name(NodeReader node) {
        Value.Str name = node.string(node.require(NAME, NAME_EXAMPLE), NAME_EXAMPLE);
        String problem = InstanceSpec.nameProblem(name.text());
        if (problem != null) {
            throw node.error(name.position(), problem);
        }
        return name.text();
    }
}
