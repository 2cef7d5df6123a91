// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import io.mkemu.host.view.LogText;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/**
 * Text for a terminal. What kernels wrote, names, reasons and log lines, can be anything: nothing of it may steer the
 * terminal, nor change the order of what stands beside it. All lines are made here. Stateless; any thread.
 */
final class Plain {
    private static final char UNSHOWN = '?';

    private Plain() {
    }

    /** A text without a character that is not one column or two of a line: control, format and lone surrogates. */
    static String text(String any) {
        StringBuilder plain = new StringBuilder(any.length());
        LogText.printable(any).codePoints().forEach(c -> {
            switch (Character.getType(c)) {
                case Character.CONTROL -> plain.append(' ');
                case Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE,
                    Character.UNASSIGNED, Character.PRIVATE_USE -> plain.append(UNSHOWN);
                default -> plain.appendCodePoint(c);
            }
        });
        return plain.toString();
    }

    /** A line in a style. */
    static AttributedString line(String any, AttributedStyle style) {
        return new AttributedString(text(any), style);
    }

    /** A line. */
    static AttributedString line(String any) {
        return line(any, AttributedStyle.DEFAULT);
    }

    /**
     * Cut, or filled with blanks, to so many columns of a terminal.
     *
     * @param right whether the blanks stand before it
     */
    static String fit(String any, int columns, boolean right) {
        AttributedString whole = new AttributedString(text(any));
        AttributedString cut = whole.columnLength() > columns ? whole.columnSubSequence(0, columns) : whole;
        String blanks = " ".repeat(Math.max(0, columns - cut.columnLength()));
        return right ? blanks + cut : cut + blanks;
    }

    /** A line of exactly so many columns, its style to the end. */
    static AttributedString fill(AttributedString line, int columns, AttributedStyle style) {
        AttributedString cut = line.columnLength() > columns ? line.columnSubSequence(0, columns) : line;
        return new AttributedStringBuilder().append(cut)
            .append(" ".repeat(Math.max(0, columns - cut.columnLength())), style).toAttributedString();
    }
}
