// SPDX-License-Identifier: Apache-2.0
package io.mkemu.fdt;

import java.util.List;

/**
 * A node. Its properties have different names, and so have its children. Two are equal if they say the same.
 *
 * @param name       with its unit address; empty for the root
 * @param properties in the order of the file
 * @param children   in the order of the file
 * @param offset     of its FDT_BEGIN_NODE in the file that it was read from, 0 if it was read from none
 */
public record FlatNode(String name, List<FlatProperty> properties, List<FlatNode> children, int offset) {
    public FlatNode {
        properties = List.copyOf(properties);
        children = List.copyOf(children);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FlatNode that && name.equals(that.name) && properties.equals(that.properties)
            && children.equals(that.children);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * name.hashCode() + properties.hashCode()) + children.hashCode();
    }
}
