// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

/** Cuts a device tree source into tokens; the parser says which kind of text it stands in. */
final class Lexer {

    /** What may follow; the same characters mean different tokens in names, values and byte strings. */
    enum Mode { NAMES, VALUES, BYTES }

    private static final String SYMBOLS = "{}[]()<>;=:,/&|^~+-*%!";

    private final String file;
    private final String source;
    private int at;
    private int line = 1;
    private int column = 1;
    private Position lastEnd = new Position(1, 1);

    Lexer(String file, String source) {
        this.file = file;
        this.source = source;
        this.at = source.startsWith("\uFEFF") ? 1 : 0;
    }

    Token next(Mode mode) {
        lastEnd = new Position(line, column);
        skipBlanks();
        Position position = new Position(line, column);
        int start = at;
        if (at == source.length()) {
            return new Token(Token.Kind.END, "", position, start, start);
        }
        char c = source.charAt(at);
        if (c == '"') {
            String text = new StringLiteral(this, position).read();
            return new Token(Token.Kind.STRING, text, position, start, at);
        }
        if (mode == Mode.BYTES && isHex(c) && at + 1 < source.length() && isHex(source.charAt(at + 1))) {
            advance();
            advance();
            return token(Token.Kind.BYTE, position, start);
        }
        if (c == '/' && directiveEnd() > 0) {
            int end = directiveEnd();
            while (at < end) {
                advance();
            }
            return token(Token.Kind.DIRECTIVE, position, start);
        }
        if (mode == Mode.NAMES ? isNameChar(c) : isWordChar(c)) {
            Token.Kind kind = mode != Mode.NAMES && c >= '0' && c <= '9' ? Token.Kind.NUMBER : Token.Kind.NAME;
            while (at < source.length() && (kind == Token.Kind.NUMBER ? isWordChar(source.charAt(at))
                    : isNameChar(source.charAt(at)))) {
                advance();
            }
            return token(kind, position, start);
        }
        if (SYMBOLS.indexOf(c) >= 0) {
            advance();
            if ((c == '<' || c == '>') && at < source.length() && source.charAt(at) == c) {
                advance();
            }
            return token(Token.Kind.SYMBOL, position, start);
        }
        throw error(position, c == '\''
                ? "found a character literal, which is not supported: write the number of the character"
                : "found the character " + Text.quote(Character.toString(source.codePointAt(at)))
                        + ", which has no meaning here: remove it, or put text between double quotes");
    }

    /**
     * An error where something was to stand right behind the token before the last one: a token that is found in its
     * place on a later line belongs to what follows.
     */
    DeviceTreeException missing(Token found, String right) {
        boolean later = found.position().line() > lastEnd.line() && found.kind() != Token.Kind.END;
        return later ? error(lastEnd, "expected " + right + " here, found " + found.describe() + " in line "
                + found.position().line())
                : error(found.position(), "found " + found.describe() + ", expected " + right);
    }

    DeviceTreeException error(Position position, String text) {
        return new DeviceTreeException(file, position, text);
    }

    String slice(int start, int end) {
        return source.substring(start, end);
    }

    Position position() {
        return new Position(line, column);
    }

    /** The code point at the cursor, -1 at the end. */
    int peek() {
        return at < source.length() ? source.codePointAt(at) : -1;
    }

    void advance() {
        int c = source.codePointAt(at);
        at += Character.charCount(c);
        if (c == '\n') {
            line++;
            column = 1;
        } else {
            column++;
        }
    }

    static boolean isHex(int c) {
        return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
    }

    private Token token(Token.Kind kind, Position position, int start) {
        return new Token(kind, source.substring(start, at), position, start, at);
    }

    private void skipBlanks() {
        while (at < source.length()) {
            char c = source.charAt(at);
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == 0x0B) {
                advance();
            } else if (source.startsWith("//", at)) {
                while (at < source.length() && source.charAt(at) != '\n') {
                    advance();
                }
            } else if (source.startsWith("/*", at)) {
                skipBlockComment();
            } else {
                return;
            }
        }
    }

    private void skipBlockComment() {
        Position start = position();
        advance();
        advance();
        while (!source.startsWith("*/", at)) {
            if (at == source.length()) {
                throw error(start, "found a comment that never ends: close it with '*/'");
            }
            advance();
        }
        advance();
        advance();
    }

    /** Index past a directive such as {@code /bits/} that begins at the cursor, or 0 if none does. */
    private int directiveEnd() {
        int i = at + 1;
        while (i < source.length() && (source.charAt(i) >= 'a' && source.charAt(i) <= 'z'
                || i > at + 1 && (source.charAt(i) == '-' || source.charAt(i) >= '0' && source.charAt(i) <= '9'))) {
            i++;
        }
        return i > at + 1 && i < source.length() && source.charAt(i) == '/' ? i + 1 : 0;
    }

    private static boolean isWordChar(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
    }

    private static boolean isNameChar(char c) {
        return isWordChar(c) || ",.+*#?@-".indexOf(c) >= 0;
    }
}
