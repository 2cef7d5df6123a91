// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.boot.MemParse;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes of memory on the command line: as boot parameters spell them, with or without a B behind the unit. */
public final class MemorySize extends Converter<Long> {
    /** In a hex number a B is a digit unless a unit that is none stands before it. */
    private static final Pattern WITH_B =
        Pattern.compile("(0[xX][0-9a-fA-F]+[kKmMgGtTpP]|[0-9]+[kKmMgGtTpPeE])[iI]?[bB]|([0-9]+)[bB]");
    private static final String UNITS = "KMGTPE";

    @Override
    protected Long read(String text) {
        return parse(text);
    }

    /**
     * Reads a size: 64M, 64MB, 64MiB, 67108864, 0x4000000. All units are powers of 1024.
     *
     * @return bytes, a positive multiple of a page
     * @throws IllegalArgumentException with one line if it is none
     */
    static long parse(String text) {
        Matcher withB = WITH_B.matcher(text);
        long bytes = MemParse.parse(!withB.matches() ? text
            : withB.group(1) != null ? withB.group(1) : withB.group(2));
        if (bytes == 0 || bytes % Pages.PAGE_SIZE != 0 || bytes > RamLayout.MAX_BYTES) {
            throw new IllegalArgumentException("size '" + text + "': expected a multiple of " + Pages.PAGE_SIZE
                + " bytes of at most " + text(RamLayout.MAX_BYTES) + ", as 64M or 2GB");
        }
        return bytes;
    }

    /** A size for people: in the largest unit that leaves no fraction, or with one digit of it. */
    public static String text(long bytes) {
        int unit = 0;
        while (unit < UNITS.length() && bytes >> 10 * (unit + 1) > 0) {
            unit++;
        }
        if (unit == 0) {
            return bytes + " B";
        }
        String name = " " + UNITS.charAt(unit - 1) + "iB";
        long one = 1L << 10 * unit;
        return bytes % one == 0 ? bytes / one + name : String.format(Locale.ROOT, "%.1f%s", (double) bytes / one, name);
    }
}
