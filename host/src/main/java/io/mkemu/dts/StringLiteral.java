// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

/** Reads one string with the escapes of C, the lexer standing at its opening quote. */
final class StringLiteral {

    private static final String ESCAPES = "abtnvfr\\\"'";
    private static final String MEANINGS = "\u0007\b\t\n\u000B\f\r\\\"'";

    private final Lexer lexer;
    private final Position start;
    private final StringBuilder text = new StringBuilder();

    StringLiteral(Lexer lexer, Position start) {
        this.lexer = lexer;
        this.start = start;
    }

    String read() {
        lexer.advance();
        while (true) {
            int c = lexer.peek();
            if (c < 0 || c == '\n') {
                throw lexer.error(start, "found a string that does not end on its line: close it with '\"'");
            }
            Position position = lexer.position();
            lexer.advance();
            if (c == '"') {
                return text.toString();
            }
            if (c == '\\') {
                escape(position);
            } else if (c == 0) {
                throw lexer.error(position, "found a NUL character in a string: remove it");
            } else {
                text.appendCodePoint(c);
            }
        }
    }

    private void escape(Position position) {
        int c = lexer.peek();
        int meaning = c < 0 ? -1 : ESCAPES.indexOf(c);
        if (meaning >= 0) {
            lexer.advance();
            text.append(MEANINGS.charAt(meaning));
        } else if (c == 'x') {
            lexer.advance();
            number(position, 16, 2);
        } else if (c >= '0' && c <= '7') {
            number(position, 8, 3);
        } else {
            throw lexer.error(position, "found an unknown escape in a string: legal are "
                    + "\\a \\b \\t \\n \\v \\f \\r \\\\ \\\" \\' \\xHH and \\OOO");
        }
    }

    private void number(Position position, int radix, int most) {
        int value = 0;
        int digits = 0;
        while (digits < most && lexer.peek() < 0x80 && Character.digit(lexer.peek(), radix) >= 0) {
            value = value * radix + Character.digit(lexer.peek(), radix);
            lexer.advance();
            digits++;
        }
        if (digits == 0) {
            throw lexer.error(position, "found '\\x' without a hex digit in a string: write \\xHH");
        }
        if (value == 0 || value > 0x7F) {
            throw lexer.error(position, "found an escape for character " + value + " in a string: escapes reach from "
                    + "1 to 127 (0x7f); write other characters as they are, in UTF-8");
        }
        text.append((char) value);
    }
}
