// SPDX-License-Identifier: Apache-2.0
package io.mkemu.fdt;

import java.util.Arrays;

/**
 * A property: bytes, which only a binding gives a type. Two are equal if they say the same.
 *
 * @param name   its name
 * @param value  its bytes, possibly none
 * @param offset of its FDT_PROP in the file that it was read from, 0 if it was read from none
 */
public record FlatProperty(String name, byte[] value, int offset) {
    /** Bytes from a FDT_PROP to the value: the token, the length and the offset of the name. */
    private static final int VALUE = 12;

    public FlatProperty {
        value = value.clone();
    }

    @Override
    public byte[] value() {
        return value.clone();
    }

    /** Offset of the first byte of the value in the file. */
    public int valueOffset() {
        return offset + VALUE;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FlatProperty that && name.equals(that.name) && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return name + " of " + value.length + " bytes";
    }
}
