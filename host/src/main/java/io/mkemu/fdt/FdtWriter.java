// SPDX-License-Identifier: Apache-2.0
package io.mkemu.fdt;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Writes a flattened device tree of version 17, which a reader of version 16 understands too. */
public final class FdtWriter {
    private final ByteArrayOutputStream struct = new ByteArrayOutputStream();
    private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
    private final Map<String, Integer> stringOffsets = new HashMap<>();

    private FdtWriter() {
    }

    /**
     * Writes a tree.
     *
     * @return the bytes of a .dtb file; {@link FdtReader} makes an equal tree of them
     * @throws IllegalArgumentException if a name is none that a tree can have
     */
    public static byte[] write(FlatTree tree) {
        FdtWriter writer = new FdtWriter();
        if (!tree.root().name().isEmpty()) {
            throw new IllegalArgumentException("the root node has the name " + tree.root().name());
        }
        writer.node(tree.root(), 1);
        writer.word(Fdt.FDT_END);
        return writer.file(tree);
    }

    private byte[] file(FlatTree tree) {
        int reservations = Fdt.HEADER_17;
        int structBegin = reservations + (tree.reservations().size() + 1) * Fdt.RESERVATION;
        int stringsBegin = structBegin + struct.size();
        ByteBuffer file = ByteBuffer.allocate(stringsBegin + strings.size());
        file.putInt(Fdt.MAGIC).putInt(file.capacity()).putInt(structBegin).putInt(stringsBegin).putInt(reservations)
            .putInt(Fdt.VERSION).putInt(Fdt.LAST_COMPATIBLE).putInt(tree.bootCpu()).putInt(strings.size())
            .putInt(struct.size());
        tree.reservations().forEach(entry -> file.putLong(entry.address()).putLong(entry.size()));
        file.putLong(0).putLong(0);
        file.put(struct.toByteArray()).put(strings.toByteArray());
        return file.array();
    }

    private void node(FlatNode node, int depth) {
        if (depth > Fdt.MAX_DEPTH) {
            throw new IllegalArgumentException("node " + node.name() + " is nested deeper than " + Fdt.MAX_DEPTH
                + " levels");
        }
        word(Fdt.FDT_BEGIN_NODE);
        terminated(node.name(), struct);
        pad();
        for (FlatProperty property : node.properties()) {
            byte[] value = property.value();
            word(Fdt.FDT_PROP);
            word(value.length);
            word(stringOffsets.computeIfAbsent(property.name(), name -> {
                int offset = strings.size();
                terminated(name, strings);
                return offset;
            }));
            struct.writeBytes(value);
            pad();
        }
        node.children().forEach(child -> node(child, depth + 1));
        word(Fdt.FDT_END_NODE);
    }

    private void word(int value) {
        struct.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
    }

    private void pad() {
        while (struct.size() % Fdt.TOKEN != 0) {
            struct.write(0);
        }
    }

    private static void terminated(String name, ByteArrayOutputStream out) {
        if (!name.chars().allMatch(Fdt::isNameByte)) {
            throw new IllegalArgumentException("a name holds a character that a device tree cannot have: " + name);
        }
        out.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
        out.write(0);
    }
}
