// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot;

/**
 * Sizes and addresses as boot parameters spell them. {@link #parse} is strict; {@link #parsePrefix} is the kernel's
 * {@code memparse(text, NULL)}.
 */
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
        while (end < text.length() && digit(text.charAt(end), radix) >= 0) {
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

    /**
     * The number that a text begins with, as {@code memparse(text, NULL)} takes it: what follows is ignored, and of a
     * number that does not fit the low 64 bits stay.
     *
     * @param text for example {@code 0x1000,lab}
     * @return 64 bits, unsigned; 0 also for a text that begins with no number
     */
    public static long parsePrefix(String text) {
        boolean hex = text.length() > 2 && text.charAt(0) == '0' && (text.charAt(1) | 0x20) == 'x'
            && digit(text.charAt(2), 16) >= 0;
        int radix = hex ? 16 : text.startsWith("0") ? 8 : 10;
        long value = 0;
        int at = hex ? 2 : 0;
        while (at < text.length() && digit(text.charAt(at), radix) >= 0) {
            value = value * radix + digit(text.charAt(at), radix);
            at++;
        }
        int suffix = at < text.length() && text.charAt(at) < 0x80
            ? SUFFIXES.indexOf(Character.toUpperCase(text.charAt(at))) : -1;
        return value << 10 * (suffix + 1);
    }

    private static int digit(char c, int radix) {
        return c < 0x80 ? Character.digit(c, radix) : -1;
    }
}
