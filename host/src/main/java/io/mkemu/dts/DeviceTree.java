// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads device tree source, format version 1, as far as a multikernel tree needs it: nodes, labels, unit addresses,
 * strings, cells of any width with integer expressions, byte strings and comments. References, includes and the
 * preprocessor are refused by name. Unlike dtc, properties may follow child nodes, and nothing is ever merged. A
 * recursive descent over the tokens of the source.
 */
public final class DeviceTree {

    /** Nodes, and parentheses, nest no deeper than this. */
    public static final int MAX_DEPTH = 64;

    private static final String KERF = "/multikernel-v1/";
    private static final Set<String> PREPROCESSOR = Set.of("#include", "#define", "#undef", "#if", "#ifdef", "#ifndef",
            "#elif", "#else", "#endif", "#error", "#pragma", "#line");

    private final Lexer lexer;
    private ValueParser values;

    private DeviceTree(Lexer lexer) {
        this.lexer = lexer;
    }

    /**
     * Parses a whole source.
     *
     * @param file   name of the source, for messages
     * @param source its text
     * @return the root node
     * @throws DeviceTreeException at the first syntax error, duplicate property or duplicate node
     */
    public static Node parse(String file, String source) {
        return parseTree(file, source).root();
    }

    /**
     * Parses a whole source.
     *
     * @param file   name of the source, for messages
     * @param source its text
     * @return the root node, and whether the source is of kerf's dialect
     * @throws DeviceTreeException at the first syntax error, duplicate property or duplicate node
     */
    public static Tree parseTree(String file, String source) {
        return new DeviceTree(new Lexer(file, source)).parse();
    }

    private Tree parse() {
        Token token = names();
        boolean kerf = token.isDirective(KERF);
        if (!kerf && !token.isDirective("/dts-v1/")) {
            refuseUnsupported(token);
            throw found(token, "'/dts-v1/;', which begins every device tree source");
        }
        values = new ValueParser(lexer, kerf);
        expect(";", "';' after '" + token.text() + "'");
        token = names();
        refuseUnsupported(token);
        if (!token.isSymbol("/")) {
            throw found(token, "the root node: '/ { ... };'");
        }
        expect("{", "'{', which opens the root node");
        Node root = body("/", List.of(), token.position(), 1);
        token = names();
        refuseUnsupported(token);
        if (token.kind() != Token.Kind.END) {
            throw found(token, "the end of the file after the root node; there is one root node, write all in it");
        }
        return new Tree(root, kerf ? Tree.Dialect.KERF : Tree.Dialect.SOURCE);
    }

    private Node body(String name, List<String> labels, Position position, int depth) {
        if (depth > MAX_DEPTH) {
            throw lexer.error(position, "node " + Text.quote(name) + " is nested deeper than " + MAX_DEPTH
                    + " levels: use fewer levels");
        }
        List<Property> properties = new ArrayList<>();
        List<Node> children = new ArrayList<>();
        Map<String, Position> propertyPlaces = new HashMap<>();
        Map<String, Position> childPlaces = new HashMap<>();
        Token token = names();
        while (!token.isSymbol("}")) {
            List<String> ownLabels = new ArrayList<>();
            Token item = name(token, position, name);
            Token next = names();
            while (next.isSymbol(":")) {
                ownLabels.add(label(item));
                item = name(names(), position, name);
                next = names();
            }
            if (next.isSymbol("{")) {
                refuseDuplicate("node", item, childPlaces);
                children.add(body(nodeName(item), ownLabels, item.position(), depth + 1));
            } else {
                refuseDuplicate("property", item, propertyPlaces);
                properties.add(property(item, next));
            }
            token = names();
        }
        expect(";", "';' after the '}' that closes node " + Text.quote(name));
        return new Node(name, labels, properties, children, position);
    }

    private Property property(Token name, Token next) {
        if (name.text().indexOf('@') >= 0) {
            throw lexer.error(name.position(), "property name " + Text.quote(name.text())
                    + " holds '@', which only node names have: remove it, or open a node with '{'");
        }
        if (next.isSymbol(";")) {
            return new Property(name.text(), List.of(), name.position());
        }
        if (!next.isSymbol("=")) {
            throw lexer.missing(next, "'=', ';' or '{' after " + Text.quote(name.text()));
        }
        return new Property(name.text(), values.list(name.text()), name.position());
    }

    private Token name(Token token, Position nodePosition, String node) {
        refuseUnsupported(token);
        if (token.kind() == Token.Kind.END) {
            throw found(token, "'};' to close node " + Text.quote(node) + " of line " + nodePosition.line());
        }
        if (token.kind() != Token.Kind.NAME) {
            throw found(token, "the name of a property or node, or '};' to close node " + Text.quote(node));
        }
        return token;
    }

    private String label(Token token) {
        if (!token.text().matches("[A-Za-z_][A-Za-z0-9_]*")) {
            throw lexer.error(token.position(), "found label " + Text.quote(token.text())
                    + ": a label is made of letters, digits and '_' and does not begin with a digit");
        }
        return token.text();
    }

    private String nodeName(Token token) {
        int at = token.text().indexOf('@');
        boolean good = at < 0 || at > 0 && at < token.text().length() - 1 && token.text().indexOf('@', at + 1) < 0;
        if (!good) {
            throw lexer.error(token.position(), "found node name " + Text.quote(token.text())
                    + ": with a unit address it is written name@address");
        }
        return token.text();
    }

    private void refuseDuplicate(String what, Token item, Map<String, Position> places) {
        Position first = places.putIfAbsent(item.text(), item.position());
        if (first != null) {
            throw lexer.error(item.position(), "duplicate " + what + " " + Text.quote(item.text())
                    + ": it is already at line " + first.line() + "; rename or remove one");
        }
    }

    private void refuseUnsupported(Token token) {
        if (token.kind() == Token.Kind.NAME && PREPROCESSOR.contains(token.text())) {
            throw lexer.error(token.position(), Text.quote(token.text())
                    + " is not supported: there is no preprocessor, write everything in this file");
        }
        if (token.isDirective("/include/")) {
            throw lexer.error(token.position(), "'/include/' is not supported: write everything in this file");
        }
        if (token.isDirective("/dts-v1/") || token.isDirective(KERF)) {
            throw lexer.error(token.position(), "found a second " + Text.quote(token.text())
                    + ": one of /dts-v1/ and " + KERF + " stands once, at the beginning");
        }
        if (token.kind() == Token.Kind.DIRECTIVE) {
            throw lexer.error(token.position(), Text.quote(token.text())
                    + " is not supported here: write nodes and properties out in full");
        }
        if (token.isSymbol("&")) {
            throw lexer.error(token.position(),
                    "a reference (&label) is not supported: write the node itself where it belongs");
        }
    }

    private void expect(String symbol, String right) {
        Token token = names();
        if (!token.isSymbol(symbol)) {
            throw lexer.missing(token, right);
        }
    }

    private Token names() {
        return lexer.next(Lexer.Mode.NAMES);
    }

    private DeviceTreeException found(Token token, String right) {
        return lexer.error(token.position(), "found " + token.describe() + ", expected " + right);
    }
}
