// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

/**
 * A device tree with what it was read from.
 *
 * @param root    its root node
 * @param dialect how it was written
 */
public record Tree(Node root, Dialect dialect) {

    /** How a tree was written. */
    public enum Dialect {
        /** A source that begins with {@code /dts-v1/;}. */
        SOURCE,
        /** A source that begins with {@code /multikernel-v1/;}, as kerf has it: its cells may be wide. */
        KERF,
        /** Flattened. */
        COMPILED
    }
}
