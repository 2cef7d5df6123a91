// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Nodes and properties as source, for those whose binding nobody knows here: what they say is taken as bytes, so that a
 * tree and what dtc has made of it become the same text. As dtc does, bytes that look like strings are written so, else
 * as cells. Labels are lost.
 */
public final class SourceText {

    private SourceText() {
    }

    /** A property as a line without its end. */
    public static String of(Property property) {
        byte[] bytes = CompiledTree.bytes(property);
        if (bytes.length == 0) {
            return property.name() + ";";
        }
        Value.Raw raw = CompiledTree.raw(bytes, Position.NONE);
        Optional<String> strings = RawValue.strings(raw).filter(RawValue::looksLikeStrings)
                .map(all -> all.stream().map(string -> quote(string.text())).collect(Collectors.joining(", ")));
        return property.name() + " = " + strings.or(() -> RawValue.cells(raw).map(SourceText::cells))
                .orElseGet(() -> bytes(bytes)) + ";";
    }

    /** A node and all in it, each line with a tab for each level below it. */
    public static String of(Node node) {
        StringBuilder text = new StringBuilder();
        write(node, 0, text);
        return text.toString().stripTrailing();
    }

    private static void write(Node node, int depth, StringBuilder text) {
        String indent = "\t".repeat(depth);
        text.append(indent).append(node.name()).append(" {\n");
        node.properties().forEach(property -> text.append(indent).append('\t').append(of(property)).append('\n'));
        node.children().forEach(child -> write(child, depth + 1, text));
        text.append(indent).append("};\n");
    }

    private static String cells(Value.Cells cells) {
        return cells.cells().stream().map(Value.Cell::text).collect(Collectors.joining(" ", "<", ">"));
    }

    private static String bytes(byte[] bytes) {
        List<String> hex = new ArrayList<>();
        for (byte one : bytes) {
            hex.add(String.format(Locale.ROOT, "%02x", one));
        }
        return "[" + String.join(" ", hex) + "]";
    }

    /**
     * A string between double quotes.
     *
     * @throws IllegalArgumentException if it holds a NUL
     */
    public static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == 0) {
                throw new IllegalArgumentException("a device tree string cannot hold NUL: " + Text.quote(text));
            }
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || c == 0x7F) {
                quoted.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
