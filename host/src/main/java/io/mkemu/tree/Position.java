// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

/**
 * A place in a device tree source. Columns count Unicode code points; a tab counts one.
 *
 * @param line   1-based line, or 0 if the place is unknown or the whole file is meant
 * @param column 1-based column, or 0 with line 0
 */
public record Position(int line, int column) {

    /** No place: the value was not read from a source. */
    public static final Position NONE = new Position(0, 0);

    @Override
    public String toString() {
        return line + ":" + column;
    }
}
