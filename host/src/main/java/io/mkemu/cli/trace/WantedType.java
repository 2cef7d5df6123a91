// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.cli.type.Converter;
import io.mkemu.table.TypeNames;

/**
 * A type that a user asks for.
 *
 * @param number 32 bits, if it was given as a number
 * @param name   as a module has named it, null for a number
 */
record WantedType(int number, String name) {
    /** Types of IPIs: a name, or 32 bits, decimal or 0x. No name begins with a digit. */
    static final class Reader extends Converter<WantedType> {
        private static final int HEX = 16;

        @Override
        protected WantedType read(String text) {
            if (TypeNames.isName(text)) {
                return new WantedType(0, text);
            }
            try {
                return new WantedType(text.regionMatches(true, 0, "0x", 0, 2)
                    ? Integer.parseUnsignedInt(text.substring(2), HEX) : Integer.parseUnsignedInt(text), null);
            } catch (NumberFormatException none) {
                throw new IllegalArgumentException("'" + text + "' is no IPI type: expected 32 bits, as 101 or 0x65, "
                    + "or the name that a module gave", none);
            }
        }
    }
}
