// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.Similar;
import io.mkemu.dts.DeviceTreeException;
import io.mkemu.dts.Node;
import io.mkemu.dts.Position;
import io.mkemu.dts.Property;
import io.mkemu.dts.RawValue;
import io.mkemu.dts.Text;
import io.mkemu.dts.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Typed access to one node of a binding; every mismatch is an error at the place of the value. */
final class NodeReader {

    private static final Set<String> HANDLES = Set.of("phandle", "linux,phandle");
    private static final KeptReader.Known NOTHING = new KeptReader.Known(Set.of(), Set.of());
    private static final String SYMBOLS = "__symbols__";

    private final String file;
    private final String path;
    private final Node node;
    private final Map<String, List<Position>> places;

    NodeReader(String file, String path, Node node) {
        this(file, path, node, new HashMap<>());
    }

    private NodeReader(String file, String path, Node node, Map<String, List<Position>> places) {
        this.file = file;
        this.path = path;
        this.node = node;
        this.places = places;
    }

    /** Notes where the values of a property stand; a child that was asked for notes them for its parent. */
    void note(String property, List<Position> positions) {
        places.put(property, positions);
    }

    /** What was noted of this node and its children. */
    Places places() {
        return new Places(node.position(), places);
    }

    Node node() {
        return node;
    }

    String path() {
        return path;
    }

    DeviceTreeException error(Position position, String text) {
        return new DeviceTreeException(file, position, text);
    }

    /** Refuses every property and child node that the binding does not know. What dtc adds for labels is no such. */
    void allow(Set<String> properties, Set<String> nodes) {
        allow(properties, nodes, NOTHING);
    }

    /** The same, beside what is kept. */
    void allow(Set<String> properties, Set<String> nodes, KeptReader.Known kept) {
        for (Property property : node.properties()) {
            if (HANDLES.contains(property.name()) || CellWidths.isWidth(property.name())
                    || kept.properties().contains(property.name())) {
                continue;
            }
            if (nodes.contains(property.name())) {
                throw error(property.position(), Text.quote(property.name()) + " is a property here, expected a node: "
                        + property.name() + " { ... };");
            }
            if (!properties.contains(property.name())) {
                throw unknown("property", property.name(), property.position(), properties, nodes);
            }
        }
        for (Node child : node.children()) {
            if (path.equals("/") && SYMBOLS.equals(child.name()) || isOf(child, kept.nodes())) {
                continue;
            }
            if (properties.contains(child.name())) {
                throw error(child.position(), Text.quote(child.name()) + " is a node here, expected a property: "
                        + child.name() + " = ...;");
            }
            if (!isOf(child, nodes)) {
                throw unknown("node", child.name(), child.position(), nodes, properties);
            }
        }
    }

    /** Whether the node's name is one of these, of which one that ends with @ stands for any unit address. */
    static boolean isOf(Node node, Set<String> names) {
        int address = node.name().indexOf('@');
        return names.contains(node.name()) || address > 0 && names.contains(node.name().substring(0, address + 1));
    }

    /** The path of a node or property in this node. */
    String pathOf(String name) {
        return (path.equals("/") ? "" : path) + "/" + name;
    }

    private DeviceTreeException unknown(String what, String name, Position position, Set<String> same,
                                        Set<String> other) {
        Set<String> all = new TreeSet<>(same);
        all.addAll(other);
        String nearest = Similar.nearest(name, all).map(n -> "did you mean " + Text.quote(n) + "? ").orElse("");
        String known = all.isEmpty() ? "nothing" : String.join(", ", all);
        return error(position, "unknown " + what + " " + Text.quote(name) + " in " + Text.printable(path) + ": "
                + nearest + "known here: " + known);
    }

    Optional<NodeReader> child(String name) {
        return node.child(name).map(child ->
                new NodeReader(file, pathOf(name), child, places));
    }

    /** The children of that name with any unit address. */
    List<NodeReader> children(String name) {
        return node.children().stream().filter(child -> child.name().startsWith(name + "@"))
                .map(child -> new NodeReader(file, pathOf(child.name()), child, places)).toList();
    }

    NodeReader requireChild(String name, String example) {
        return child(name).orElseThrow(() -> error(node.position(), "node " + Text.quote(path) + " lacks the node "
                + Text.quote(name) + ": add " + example));
    }

    Optional<Property> property(String name) {
        return node.property(name);
    }

    Property require(String name, String example) {
        return node.property(name).orElseThrow(() -> error(node.position(), "node " + Text.quote(path)
                + " lacks the property " + Text.quote(name) + ": add " + example));
    }

    /** All strings of the property, at least one. */
    List<Value.Str> strings(Property property, String example) {
        List<Value.Str> strings = new ArrayList<>();
        for (Value value : requireValues(property, example)) {
            switch (value) {
                case Value.Str string -> strings.add(string);
                case Value.Raw raw -> strings.addAll(RawValue.strings(raw)
                        .orElseThrow(() -> wrongKind(property, value, "a string", example)));
                default -> throw wrongKind(property, value, "a string", example);
            }
        }
        return strings;
    }

    /** The only string of the property. */
    Value.Str string(Property property, String example) {
        List<Value.Str> strings = strings(property, example);
        if (strings.size() > 1) {
            throw error(strings.get(1).position(), Text.quote(property.name()) + " has " + strings.size()
                    + " strings, expected one: " + example);
        }
        return strings.getFirst();
    }

    /** All cells of the property, each 32 or 64 bits wide, possibly none. */
    List<Value.Cell> cells(Property property, String example) {
        List<Value.Cell> cells = new ArrayList<>();
        for (Value.Cells group : groups(property, example)) {
            cells.addAll(group.cells());
        }
        return cells;
    }

    /**
     * All cells of a list of different CPUs, possibly none. With #address-cells they have as many cells as that. Else
     * four or more plain cells of which every second one, from the first on, is 0 can only be the high and low halves
     * of 64-bit cells, because 0 would be listed twice: so dtc writes them when it reads a tree that is compiled. In a
     * tree of the kernel's shape two such cells are one CPU too.
     */
    List<Value.Cell> numbers(Property property, String example, CellWidths widths) {
        List<Value.Cell> cells = cells(property, example);
        boolean narrow = groups(property, example).stream().allMatch(group -> group.bits() == 32);
        boolean halves = narrow && cells.size() >= (widths.cpusWide() ? 2 : 4) && cells.size() % 2 == 0;
        for (int high = 0; halves && high < cells.size(); high += 2) {
            halves = cells.get(high).value() == 0;
        }
        boolean wide = widths.address().orElse(0) == 2;
        if (wide && narrow && cells.size() % 2 != 0) {
            throw error(cells.getLast().position(), Text.quote(property.name()) + " has " + cells.size()
                    + " cells, but by #address-cells = <2> two for each CPU, the high one first: <0 1 0 2>");
        }
        if (!narrow || !wide && (widths.address().isPresent() || !halves)) {
            return cells;
        }
        List<Value.Cell> whole = new ArrayList<>();
        for (int at = 0; at < cells.size(); at += 2) {
            whole.add(pair(cells.get(at), cells.get(at + 1)));
        }
        return whole;
    }

    /** Two cells as one of 64 bits, which has the place of the high one if that is not 0. */
    static Value.Cell pair(Value.Cell high, Value.Cell low) {
        return high.value() == 0 ? low : new Value.Cell(high.value() << 32 | low.value(),
                high.text() + " " + low.text(), high.position());
    }

    /** One cell of 32 or 64 bits. */
    Value.Cell cell(Property property, String example) {
        List<Value.Cell> cells = cells(property, example);
        if (cells.size() != 1) {
            throw error(countPosition(property, cells, 1), Text.quote(property.name()) + " has " + cells.size()
                    + " cells, expected one: " + example);
        }
        return cells.getFirst();
    }

    /** All cells of the property as such of 32 bits. */
    List<Value.Cell> halves(Property property, String example) {
        List<Value.Cell> halves = new ArrayList<>();
        for (Value.Cells group : groups(property, example)) {
            for (Value.Cell cell : group.cells()) {
                if (group.bits() == 64) {
                    halves.add(new Value.Cell(cell.value() >>> 32, cell.text(), cell.position()));
                }
                halves.add(new Value.Cell(cell.value() & 0xffffffffL, cell.text(), cell.position()));
            }
        }
        return halves;
    }

    /** A 64-bit quantity: one cell of 32 or 64 bits, or two of 32 bits, the high one first. */
    Value.Cell quantity(Property property, String example) {
        List<Value.Cells> groups = groups(property, example);
        List<Value.Cell> cells = cells(property, example);
        boolean narrow = groups.stream().noneMatch(g -> g.bits() == 64 && !g.cells().isEmpty());
        if (cells.size() == 1) {
            return cells.getFirst();
        }
        if (cells.size() == 2 && narrow) {
            Value.Cell high = cells.get(0);
            Value.Cell low = cells.get(1);
            return new Value.Cell(high.value() << 32 | low.value(), high.text() + " " + low.text(), high.position());
        }
        throw error(countPosition(property, cells, narrow ? 2 : 1), Text.quote(property.name()) + " has "
                + cells.size() + " cells" + (narrow ? "" : ", one of 64 bits among them")
                + ", expected one of 32 bits, one of 64 bits or two of 32 bits (high low): " + example);
    }

    private static Position countPosition(Property property, List<Value.Cell> cells, int legal) {
        return cells.size() > legal ? cells.get(legal).position() : property.values().getFirst().position();
    }

    private List<Value.Cells> groups(Property property, String example) {
        List<Value.Cells> groups = new ArrayList<>();
        for (Value value : requireValues(property, example)) {
            Value.Cells group = switch (value) {
                case Value.Cells cells -> cells;
                case Value.Raw raw -> RawValue.cells(raw)
                        .orElseThrow(() -> wrongKind(property, value, "cells", example));
                default -> throw wrongKind(property, value, "cells", example);
            };
            if (group.bits() < 32) {
                throw error(group.position(), "cells of " + Text.quote(property.name()) + " are " + group.bits()
                        + " bits wide, expected 32 (plain <...>) or 64 (/bits/ 64 <...>): " + example);
            }
            groups.add(group);
        }
        return groups;
    }

    private List<Value> requireValues(Property property, String example) {
        if (property.values().isEmpty()) {
            throw error(property.position(), Text.quote(property.name()) + " has no value, expected " + example);
        }
        return property.values();
    }

    private DeviceTreeException wrongKind(Property property, Value value, String right, String example) {
        String is = switch (value) {
            case Value.Str string -> "the string \"" + Text.printable(string.text()) + "\"";
            case Value.Cells cells -> "cells <" + Text.printable(String.join(" ", cells.cells().stream()
                    .map(Value.Cell::text).toList())) + ">";
            case Value.Bytes bytes -> "a byte string of " + bytes.bytes().size() + " bytes";
            case Value.Raw raw -> RawValue.describe(raw);
        };
        return error(value.position(), Text.quote(property.name()) + " is " + is + ", expected " + right + ": "
                + example);
    }
}
