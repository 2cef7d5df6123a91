// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

/**
 * One token of a device tree source.
 *
 * @param kind     what it is
 * @param text     its spelling; for a string the characters it stands for
 * @param position where it begins
 * @param start    index of its first char in the source
 * @param end      index past its last char
 */
record Token(Kind kind, String text, Position position, int start, int end) {

    enum Kind { NAME, DIRECTIVE, STRING, NUMBER, BYTE, SYMBOL, END }

    boolean isSymbol(String symbol) {
        return kind == Kind.SYMBOL && text.equals(symbol);
    }

    boolean isDirective(String directive) {
        return kind == Kind.DIRECTIVE && text.equals(directive);
    }

    /** The token as a message names it. */
    String describe() {
        return switch (kind) {
            case END -> "the end of the file";
            case STRING -> "the string \"" + Text.printable(text) + "\"";
            default -> Text.quote(text);
        };
    }
}
