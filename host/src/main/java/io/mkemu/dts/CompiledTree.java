// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

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
public final class CompiledTree {

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
    public static Node read(String file, byte[] bytes) {
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
                : List.of(raw(value, Position.ofOffset(flat.valueOffset()))), Position.ofOffset(flat.offset()));
    }

    static Value.Raw raw(byte[] bytes, Position position) {
        return new Value.Raw(ByteBuffer.wrap(bytes).asReadOnlyBuffer(), position);
    }

    /** The tree whose root this node is, as dtc would compile it. Its labels are lost. */
    public static FlatTree flatten(Node root) {
        return new FlatTree(flatten("", root));
    }

    private static FlatNode flatten(String name, Node node) {
        return new FlatNode(name, node.properties().stream()
                .map(property -> new FlatProperty(property.name(), bytes(property), 0)).toList(),
                node.children().stream().map(child -> flatten(child.name(), child)).toList(), 0);
    }

    /** The cells of 32 bits that a property's value is, or could be if it has no type; none if it cannot. */
    public static List<Value.Cell> cells(Property property) {
        byte[] bytes = bytes(property);
        return bytes.length == 0 ? List.of()
                : RawValue.cells(raw(bytes, Position.NONE)).map(Value.Cells::cells).orElse(List.of());
    }

    /** The bytes of a property's value. */
    public static byte[] bytes(Property property) {
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
