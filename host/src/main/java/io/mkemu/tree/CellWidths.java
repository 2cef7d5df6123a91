// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.dts.Property;
import io.mkemu.dts.Text;
import io.mkemu.dts.Value;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How many 32-bit cells an address and a size have.
 *
 * @param address  #address-cells, 1 or 2, if the tree has it; CPUs have as many cells as addresses
 * @param size     #size-cells, 1 or 2, if the tree has it
 * @param cpusWide without #address-cells: whether two cells of which the first is 0 are one CPU, as in the trees of the
 *                 kernel, where CPUs have 64 bits
 */
record CellWidths(OptionalInt address, OptionalInt size, boolean cpusWide) {

    private static final String ADDRESS_CELLS = "#address-cells";
    private static final String SIZE_CELLS = "#size-cells";

    /** Reads them from the root node; those of the resources node go before. */
    static CellWidths read(NodeReader root, boolean cpusWide) {
        Optional<NodeReader> resources = root.child("resources");
        return new CellWidths(width(root, resources, ADDRESS_CELLS), width(root, resources, SIZE_CELLS), cpusWide);
    }

    static boolean isWidth(String property) {
        return property.equals(ADDRESS_CELLS) || property.equals(SIZE_CELLS);
    }

    private static OptionalInt width(NodeReader root, Optional<NodeReader> resources, String name) {
        NodeReader owner = resources.filter(node -> node.property(name).isPresent()).orElse(root);
        Optional<Property> property = owner.property(name);
        if (property.isEmpty()) {
            return OptionalInt.empty();
        }
        Value.Cell cell = owner.cell(property.get(), name + " = <2>;");
        if (cell.value() != 1 && cell.value() != 2) {
            throw owner.error(cell.position(), Text.quote(name) + " is " + Text.printable(cell.text())
                    + ", expected 1 or 2 cells of 32 bits");
        }
        return OptionalInt.of((int) cell.value());
    }
}
