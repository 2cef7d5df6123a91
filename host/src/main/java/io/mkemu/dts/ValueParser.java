// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

import java.util.ArrayList;
import java.util.List;

/** Parses what stands between the '=' and the ';' of a property. */
final class ValueParser {

    private final Lexer lexer;
    private final Numbers numbers;
    private final boolean wide;

    /** With wide cells, as kerf writes them: one that does not fit 32 bits is read as two, the high one first. */
    ValueParser(Lexer lexer, boolean wide) {
        this.lexer = lexer;
        this.wide = wide;
        this.numbers = new Numbers(lexer);
    }

    /** Reads the comma-separated list up to and with its ';'. */
    List<Value> list(String property) {
        List<Value> list = new ArrayList<>();
        Token token;
        do {
            list.add(value(next()));
            token = next();
        } while (token.isSymbol(","));
        if (!token.isSymbol(";")) {
            throw lexer.missing(token, "',' or ';' after the value of " + Text.quote(property));
        }
        return list;
    }

    private Value value(Token token) {
        if (token.kind() == Token.Kind.STRING) {
            return new Value.Str(token.text(), token.position());
        }
        if (token.isSymbol("<")) {
            return cells(32, token.position());
        }
        if (token.isSymbol("[")) {
            return bytes(token.position());
        }
        if (token.isDirective("/bits/")) {
            return sizedCells();
        }
        if (token.kind() == Token.Kind.DIRECTIVE) {
            throw lexer.error(token.position(), Text.quote(token.text())
                    + " is not supported: write the value itself, as \"string\", <cells> or [bytes]");
        }
        refuseReference(token);
        String hint = token.kind() == Token.Kind.NUMBER ? "; numbers stand in angle brackets: <" + token.text() + ">"
                : "";
        throw found(token, "a value: \"string\", <cells> or [bytes]" + hint);
    }

    private Value.Cells sizedCells() {
        Token width = next();
        if (width.kind() != Token.Kind.NUMBER) {
            throw found(width, "the width of the cells after '/bits/': 8, 16, 32 or 64");
        }
        long bits = numbers.literal(width);
        if (bits != 8 && bits != 16 && bits != 32 && bits != 64) {
            throw found(width, "the width of the cells after '/bits/': 8, 16, 32 or 64");
        }
        Token open = next();
        if (!open.isSymbol("<")) {
            throw found(open, "'<', which opens the cells after '/bits/ " + bits + "'");
        }
        return cells((int) bits, open.position());
    }

    private Value.Cells cells(int bits, Position position) {
        List<Value.Cell> cells = new ArrayList<>();
        for (Token token = next(); !token.isSymbol(">"); token = next()) {
            refuseReference(token);
            if (token.isSymbol(",")) {
                throw found(token, "a number or '>'; cells are separated by blanks");
            }
            if (token.isSymbol("-") || token.isSymbol("~")) {
                throw found(token, "a number or '>'; expressions stand in parentheses, as in <(-1)>");
            }
            if (token.kind() != Token.Kind.NUMBER && !token.isSymbol("(")) {
                throw found(token, "a number, '(' or, to close the cells, '>'");
            }
            Value.Cell cell = numbers.cell(token, wide && bits == 32 ? 64 : bits);
            if (bits == 32 && cell.value() >>> 32 != 0) {
                split(cell, cells);
            } else {
                cells.add(cell);
            }
        }
        return new Value.Cells(bits, cells, position);
    }

    /** A 0 before the wide cell was to be its high half: {@code <0x0 0x380000000>} are 14 GiB. */
    private static void split(Value.Cell cell, List<Value.Cell> cells) {
        if (!cells.isEmpty() && cells.getLast().value() == 0 && cells.size() % 2 == 1) {
            cells.removeLast();
        }
        cells.add(new Value.Cell(cell.value() >>> 32, cell.text(), cell.position()));
        cells.add(new Value.Cell(cell.value() & 0xffffffffL, cell.text(), cell.position()));
    }

    private Value.Bytes bytes(Position position) {
        List<Integer> bytes = new ArrayList<>();
        Token token = lexer.next(Lexer.Mode.BYTES);
        while (!token.isSymbol("]")) {
            if (token.kind() != Token.Kind.BYTE) {
                throw found(token, "a byte of two hex digits or, to close the bytes, ']'");
            }
            bytes.add(Integer.parseInt(token.text(), 16));
            token = lexer.next(Lexer.Mode.BYTES);
        }
        return new Value.Bytes(bytes, position);
    }

    private void refuseReference(Token token) {
        if (token.isSymbol("&")) {
            throw lexer.error(token.position(),
                    "a reference (&label) is not supported: write the number or name itself");
        }
    }

    private Token next() {
        return lexer.next(Lexer.Mode.VALUES);
    }

    private DeviceTreeException found(Token token, String right) {
        return lexer.error(token.position(), "found " + token.describe() + ", expected " + right);
    }
}
