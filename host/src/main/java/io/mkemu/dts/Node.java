// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

import java.util.List;
import java.util.Optional;

/**
 * A node of a device tree. Names of properties, and names of children, are unique within it.
 *
 * @param name       its name with the unit address if it has one ({@code name@address}); "/" for the root
 * @param labels     its labels in order
 * @param properties its properties in source order
 * @param children   its children in source order
 * @param position   place of the name
 */
public record Node(String name, List<String> labels, List<Property> properties, List<Node> children,
                   Position position) {

    public Node {
        labels = List.copyOf(labels);
        properties = List.copyOf(properties);
        children = List.copyOf(children);
    }

    /** The property of that name. */
    public Optional<Property> property(String wanted) {
        return properties.stream().filter(p -> p.name().equals(wanted)).findFirst();
    }

    /** The child of that name, unit address included. */
    public Optional<Node> child(String wanted) {
        return children.stream().filter(n -> n.name().equals(wanted)).findFirst();
    }
}
