// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

import java.nio.ByteBuffer;
import java.util.List;

/** One element of a property's comma-separated value. */
public sealed interface Value {

    /** Where the element begins. */
    Position position();

    /**
     * A string.
     *
     * @param text     its characters, escapes resolved; never holds NUL
     * @param position place of the opening quote
     */
    record Str(String text, Position position) implements Value {
    }

    /**
     * A group of cells between angle brackets.
     *
     * @param bits     width of each cell: 8, 16, 32 or 64
     * @param cells    the cells in order, possibly none
     * @param position place of the opening bracket
     */
    record Cells(int bits, List<Cell> cells, Position position) implements Value {
        public Cells {
            cells = List.copyOf(cells);
        }
    }

    /**
     * One cell.
     *
     * @param value    unsigned value, not wider than its group
     * @param text     how the source spells it
     * @param position where it begins
     */
    record Cell(long value, String text, Position position) {
    }

    /**
     * A byte string between square brackets.
     *
     * @param bytes    each 0..255
     * @param position place of the opening bracket
     */
    record Bytes(List<Integer> bytes, Position position) implements Value {
        public Bytes {
            bytes = List.copyOf(bytes);
        }
    }

    /**
     * The value of a property of a compiled tree, which has no type: strings if strings are asked for, else cells.
     *
     * @param bytes    the value, at least one byte; read only, its position stays 0
     * @param position place of the first byte
     */
    record Raw(ByteBuffer bytes, Position position) implements Value {

        /** The bytes. */
        byte[] copy() {
            byte[] copy = new byte[bytes.capacity()];
            bytes.get(0, copy);
            return copy;
        }
    }
}
