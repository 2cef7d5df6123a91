// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot;

/** Sizes and addresses as boot parameters spell them; stands for the kernel's {@code memparse()}, but strict. */
public final class MemParse {

    private static final String SUFFIXES = "KMGTPE";

    private MemParse() {
    }

    /**
     * Parses a whole text: decimal, hex with 0x or octal with a leading 0, then at most one of the suffixes
     * K M G T P E (powers of 1024, either case).
     *
     * @param text for example {@code 64M}, {@code 0x1000}
     * @return the value in bytes, 0..2^63-1
     * @throws IllegalArgumentException with one line if the text is not such a number, has anything after it, or
     *                                  does not fit
     */
    public static long parse(String text) {
        boolean hex = text.startsWith("0x") || text.startsWith("0X");
        int radix = hex ? 16 : text.startsWith("0") ? 8 : 10;
        int start = hex ? 2 : 0;
        int end = start;
        while (end < text.length() && text.charAt(end) < 0x80 && Character.digit(text.charAt(end), radix) >= 0) {
            end++;
        }
        int suffix = end < text.length() ? SUFFIXES.indexOf(Character.toUpperCase(text.charAt(end))) : -1;
        boolean whole = end == text.length() || end == text.length() - 1 && suffix >= 0 && text.charAt(end) < 0x80;
        if (end == start || !whole) {
            throw new IllegalArgumentException(BootParameters.quote(text) + " is not a size or address: expected "
                    + "decimal, 0x hex or 0 octal digits and at most one suffix of K M G T P E, as 64M or 0x1000");
        }
        try {
            long value = Long.parseLong(text.substring(start, end), radix);
            return Math.multiplyExact(value, 1L << 10 * (suffix + 1));
        } catch (NumberFormatException | ArithmeticException e) {
            throw new IllegalArgumentException(BootParameters.quote(text)
                    + " is too large: expected at most 0x7fffffffffffffff", e);
        }
    }
}
