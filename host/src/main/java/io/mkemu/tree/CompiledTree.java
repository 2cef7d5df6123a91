// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.fdt.FdtException;
import io.mkemu.fdt.FdtReader;
import io.mkemu.fdt.FlatNode;
import io.mkemu.fdt.FlatProperty;
import io.mkemu.fdt.FlatTree;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Compiled trees (.dtb) as the nodes that a source has, and the way back. A property of a compiled tree is bytes
 * ({@link Value.Raw}); who asks for strings or cells gets them.
 */
final class CompiledTree {

    private CompiledTree() {
    }

    /**
     * Reads a compiled tree.
     *
     * @param file  its name, for messages
     * @param bytes the whole file
     * @return the root node; its places are offsets
     * @throws DeviceTreeException at the first thing that is wrong
     */
    static Node read(String file, byte[] bytes) {
        try {
            return node("/", FdtReader.read(bytes).root());
        } catch (FdtException wrong) {
            throw new DeviceTreeException(file, Position.ofOffset(wrong.offset()), wrong.getMessage(), wrong);
        }
    }

    private static Node node(String name, FlatNode flat) {
        return new Node(name, List.of(), flat.properties().stream().map(CompiledTree::property).toList(),
                flat.children().stream().map(child -> node(child.name(), child)).toList(),
                Position.ofOffset(flat.offset()));
    }

    private static Property property(FlatProperty flat) {
        byte[] value = flat.value();
        return new Property(flat.name(), value.length == 0 ? List.of()
                : List.of(new Value.Raw(ByteBuffer.wrap(value).asReadOnlyBuffer(),
                        Position.ofOffset(flat.valueOffset()))), Position.ofOffset(flat.offset()));
    }

    /** The tree whose root this node is, as dtc would compile it. Its labels are lost. */
    static FlatTree flatten(Node root) {
        return new FlatTree(flatten("", root));
    }

    private static FlatNode flatten(String name, Node node) {
        return new FlatNode(name, node.properties().stream()
                .map(property -> new FlatProperty(property.name(), bytes(property), 0)).toList(),
                node.children().stream().map(child -> flatten(child.name(), child)).toList(), 0);
    }

    /** The bytes of a property's value. */
    static byte[] bytes(Property property) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Value value : property.values()) {
            switch (value) {
                case Value.Str string -> {
                    out.writeBytes(string.text().getBytes(StandardCharsets.UTF_8));
                    out.write(0);
                }
                case Value.Cells cells -> {
                    for (Value.Cell cell : cells.cells()) {
                        for (int shift = cells.bits() - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
                            out.write((int) (cell.value() >>> shift));
                        }
                    }
                }
                case Value.Bytes bytes -> bytes.bytes().forEach(out::write);
                case Value.Raw raw -> out.writeBytes(raw.copy());
            }
        }
        return out.toByteArray();
    }
}
