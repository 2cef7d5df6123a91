// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

import io.mkemu.os.Affinity;
import java.util.BitSet;
import java.util.Collection;
import java.util.Locale;

/** Wording shared by all messages: whatever a source holds, a message stays one short printable line. */
public final class Text {

    private static final int LONGEST = 60;
    private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Text() {
    }

    /** The text between single quotes, unprintable characters escaped, cut if long. */
    public static String quote(String text) {
        return "'" + printable(text) + "'";
    }

    public static String printable(String text) {
        StringBuilder out = new StringBuilder();
        int count = 0;
        for (int i = 0; i < text.length() && count < LONGEST; count++) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (isPrintable(c)) {
                out.appendCodePoint(c);
            } else {
                out.append(String.format(Locale.ROOT, "<U+%04X>", c));
            }
            if (count == LONGEST - 1 && i < text.length()) {
                out.append("...");
            }
        }
        return out.toString();
    }

    public static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE,
                 Character.UNASSIGNED, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    /** CPU ids as Linux writes a CPU list: {@code 0-3,8}; "none" if empty. */
    public static String cpuList(Collection<Integer> cpus) {
        BitSet set = new BitSet();
        cpus.forEach(set::set);
        return cpus.isEmpty() ? "none" : Affinity.list(set);
    }

    /** A size as hex bytes, with the binary unit if it is a whole number of one: {@code 0x4000000 (64 MiB)}. */
    public static String size(long bytes) {
        long amount = bytes;
        int unit = -1;
        while (amount != 0 && amount % 1024 == 0 && unit < UNITS.length - 1) {
            amount /= 1024;
            unit++;
        }
        return "0x" + Long.toHexString(bytes) + (unit < 0 ? "" : " (" + amount + " " + UNITS[unit] + ")");
    }
}
