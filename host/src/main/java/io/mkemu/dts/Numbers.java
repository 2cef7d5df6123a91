// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

/** Integer literals, and the C expressions in parentheses that may stand for one; arithmetic is 64-bit unsigned. */
final class Numbers {

    private static final String[][] LEVELS = {{"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"}};

    private final Lexer lexer;
    private Token token;

    Numbers(Lexer lexer) {
        this.lexer = lexer;
    }

    /** Reads the cell that begins with the token: a literal, or an expression whose '(' it is. */
    Value.Cell cell(Token first, int bits) {
        int end = first.end();
        long value;
        if (first.kind() == Token.Kind.NUMBER) {
            value = literal(first);
        } else {
            token = lexer.next(Lexer.Mode.VALUES);
            value = binary(0, 1);
            if (!token.isSymbol(")")) {
                throw unexpected("an operator (+ - * / % << >> & ^ |) or ')'");
            }
            end = token.end();
        }
        String text = lexer.slice(first.start(), end);
        long mask = bits == 64 ? -1L : (1L << bits) - 1;
        boolean negativeOfWidth = first.kind() == Token.Kind.SYMBOL && (value | mask >>> 1) == -1L;
        if ((value & ~mask) != 0 && !negativeOfWidth) {
            throw lexer.error(first.position(), Text.quote(text) + " does not fit a cell of " + bits
                    + " bits: at most 0x" + Long.toHexString(mask) + ", or use a wider cell, as in /bits/ 64 <"
                    + Text.printable(text) + ">");
        }
        return new Value.Cell(value & mask, text, first.position());
    }

    long literal(Token number) {
        String text = number.text();
        int end = text.length();
        while (end > 0 && "uUlL".indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        boolean hex = text.startsWith("0x") || text.startsWith("0X");
        boolean octal = !hex && text.startsWith("0") && end > 1;
        int radix = hex ? 16 : octal ? 8 : 10;
        String digits = text.substring(hex ? 2 : 0, Math.max(end, hex ? 2 : 0));
        boolean good = !digits.isEmpty() && digits.chars().allMatch(c -> Character.digit(c, radix) >= 0)
                && text.substring(end).matches("[uU]?([lL]|ll|LL)?");
        if (!good) {
            throw lexer.error(number.position(), "found " + Text.quote(text) + ", which is not a number: write decimal "
                    + "(10), hex (0xa) or, with a leading 0, octal (012)");
        }
        try {
            return Long.parseUnsignedLong(digits, radix);
        } catch (NumberFormatException tooLong) {
            throw lexer.error(number.position(), "found " + Text.quote(text)
                    + ", which does not fit 64 bits: at most 0xffffffffffffffff");
        }
    }

    private long binary(int level, int depth) {
        if (level == LEVELS.length) {
            return unary(depth);
        }
        long left = binary(level + 1, depth);
        while (isOperatorOf(level)) {
            Token operator = token;
            token = lexer.next(Lexer.Mode.VALUES);
            left = apply(operator, left, binary(level + 1, depth));
        }
        return left;
    }

    private boolean isOperatorOf(int level) {
        for (String operator : LEVELS[level]) {
            if (token.isSymbol(operator)) {
                return true;
            }
        }
        return false;
    }

    private long apply(Token operator, long left, long right) {
        boolean divides = operator.text().equals("/") || operator.text().equals("%");
        if (divides && right == 0) {
            throw lexer.error(operator.position(), "found a division by zero: use a divisor other than 0");
        }
        return switch (operator.text()) {
            case "|" -> left | right;
            case "^" -> left ^ right;
            case "&" -> left & right;
            case "<<" -> Long.compareUnsigned(right, 63) > 0 ? 0 : left << right;
            case ">>" -> Long.compareUnsigned(right, 63) > 0 ? 0 : left >>> right;
            case "+" -> left + right;
            case "-" -> left - right;
            case "*" -> left * right;
            case "/" -> Long.divideUnsigned(left, right);
            case "%" -> Long.remainderUnsigned(left, right);
            default -> throw new IllegalStateException("no such operator: " + operator.text());
        };
    }

    private long unary(int depth) {
        Token first = token;
        if (first.kind() == Token.Kind.NUMBER) {
            token = lexer.next(Lexer.Mode.VALUES);
            return literal(first);
        }
        if (first.kind() == Token.Kind.SYMBOL && depth >= DeviceTree.MAX_DEPTH) {
            throw lexer.error(first.position(), "expression is nested deeper than " + DeviceTree.MAX_DEPTH
                    + " levels: simplify it");
        }
        if (first.isSymbol("-") || first.isSymbol("~")) {
            token = lexer.next(Lexer.Mode.VALUES);
            long operand = unary(depth + 1);
            return first.isSymbol("-") ? -operand : ~operand;
        }
        if (!first.isSymbol("(")) {
            throw unexpected("a number, '-', '~' or '('");
        }
        token = lexer.next(Lexer.Mode.VALUES);
        long value = binary(0, depth + 1);
        if (!token.isSymbol(")")) {
            throw unexpected("an operator (+ - * / % << >> & ^ |) or ')'");
        }
        token = lexer.next(Lexer.Mode.VALUES);
        return value;
    }

    private DeviceTreeException unexpected(String right) {
        return lexer.error(token.position(), "found " + token.describe() + " in an expression, expected " + right);
    }
}
