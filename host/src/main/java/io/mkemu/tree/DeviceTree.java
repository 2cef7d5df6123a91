// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

/**
 * Reads device tree source, format version 1, as far as a multikernel tree needs it: nodes, labels, unit addresses,
 * strings, cells of any width with integer expressions, byte strings and comments. References, includes and the
 * preprocessor are refused by name. Unlike dtc, properties may follow child nodes, and nothing is ever merged.
 */
public final class DeviceTree {

    /** Nodes, and parentheses, nest no deeper than this. */
    public static final int MAX_DEPTH = 64;

    private DeviceTree() {
    }

    /**
     * Parses a whole source.
     *
     * @param file   name of the source, for messages
     * @param source its text
     * @return the root node
     * @throws DeviceTreeException at the first syntax error, duplicate property or duplicate node
     */
    public static Node parse(String file, String source) {
        return new Parser(new Lexer(file, source)).parse();
    }
}
