// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An IPI type on the command line: 32 bits, decimal or 0x. */
public final class TypeNumber implements ITypeConverter<Integer> {
    private static final int HEX = 16;

    @Override
    public Integer convert(String text) {
        try {
            return text.regionMatches(true, 0, "0x", 0, 2) ? Integer.parseUnsignedInt(text.substring(2), HEX)
                : Integer.parseUnsignedInt(text);
        } catch (NumberFormatException none) {
            throw new TypeConversionException("'" + text + "' is no IPI type: expected 32 bits, as 101 or 0x65");
        }
    }
}
