// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

/**
 * A place in a device tree: in a source by line and column, in a compiled tree by its offset. Columns count Unicode
 * code points; a tab counts one.
 *
 * @param line   1-based line, or 0 in a compiled tree, or if the place is unknown or the whole file is meant
 * @param column 1-based column, or 0 with line 0
 * @param offset of the byte in a compiled tree, else -1
 */
public record Position(int line, int column, int offset) {

    /** No place: the value was not read from a source. */
    public static final Position NONE = new Position(0, 0);

    /** A place in a source. */
    public Position(int line, int column) {
        this(line, column, -1);
    }

    /** A place in a compiled tree. */
    public static Position ofOffset(int offset) {
        return new Position(0, 0, offset);
    }

    /** This place or, in a compiled tree, the one so many bytes behind it. */
    public Position plus(int bytes) {
        return offset < 0 ? this : ofOffset(offset + bytes);
    }

    /** The place as a message names it that is about another one: {@code line 9} or {@code offset 0x48}. */
    public String name() {
        return offset < 0 ? "line " + line : hex();
    }

    /** The same with the column: {@code line 9, column 5}. */
    public String fullName() {
        return offset < 0 ? name() + ", column " + column : name();
    }

    private String hex() {
        return "offset 0x" + Integer.toHexString(offset);
    }

    /** What stands in a message between the file and the text. */
    String inMessage() {
        return offset >= 0 ? ": " + hex() : line == 0 ? "" : ":" + this;
    }

    @Override
    public String toString() {
        return offset >= 0 ? hex() : line + ":" + column;
    }
}
