// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.decode;

import java.util.Locale;

/** Text of somebody else's, so that it is one line and steers neither a terminal nor the order of what is around it. */
final class SafeText {
    private SafeText() {
    }

    /** What is not to be seen, or moves what is: as {@code \\xNN}, what is above that as {@code \\uNNNN}. */
    static String of(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (!isUnsafe(c)) {
                safe.appendCodePoint(c);
            } else {
                safe.append(String.format(Locale.ROOT, c <= 0xff ? "\\x%02x" : "\\u%04x", c));
            }
        });
        return safe.toString();
    }

    private static boolean isUnsafe(int c) {
        return switch (Character.getType(c)) {
            /* Of the formats, those that turn the direction of what follows among them. */
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE,
                Character.UNASSIGNED, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
