// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static io.mkemu.tree.Marked.assertError;
import static io.mkemu.tree.Marked.assertErrorAt;

import io.mkemu.dts.DeviceTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SyntaxErrorTest {

    @Test
    void countsLinesAndColumnsFromOne() {
        assertErrorAt("", 1, 1, "found the end of the file", "'/dts-v1/;'");
        assertErrorAt("/dts-v1/;\r\n/ {\r\n\tp = 4;\r\n};", 3, 6, "found '4'", "<4>");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "§/ { };                       | '/dts-v1/;'",
        "/dts-v1/ §/ { };              | expected ';'",
        "/dts-v1/; §                   | expected the root node",
        "/dts-v1/; §foo { };           | found 'foo', expected the root node",
        "/dts-v1/; / §;                | expected '{'",
        "/dts-v1/; / { }§              | found the end of the file, expected ';'",
        "/dts-v1/; / { }; §/ { };      | one root node",
        "/dts-v1/; §/dts-v1/; / { };   | second '/dts-v1/'",
        "/dts-v1/; §#include           | '#include' is not supported",
        "§#include                     | '#include' is not supported",
        "/dts-v1/; §/include/ \"a\"    | '/include/' is not supported",
        "/dts-v1/; §/memreserve/ 0 0;  | '/memreserve/' is not supported",
        "/dts-v1/; §&cpu { };          | reference (&label) is not supported",
        "/dts-v1/; / { §               | expected '};' to close node '/' of line 1",
        "/dts-v1/; §/* / { };          | comment that never ends",
    })
    void outsideNodes(String marked, String words) {
        assertError(marked.replace("§ ", "§"), words);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "§;                       | found ';', expected the name of a property or node",
        "§= <1>;                  | found '=', expected the name",
        "§\"x\";                  | found the string \"x\", expected the name",
        "p = <1> §q = <2>;        | found 'q', expected ',' or ';' after the value of 'p'",
        "p §q;                    | found 'q', expected '=', ';' or '{' after 'p'",
        "p = §;                   | expected a value",
        "p = §foo;                | found 'foo', expected a value",
        "p = §12;                 | angle brackets: <12>",
        "p = \"a\", §;            | found ';', expected a value",
        "p = <1 2§;               | found ';', expected a number, '(' or, to close the cells, '>'",
        "p = <1§, 2>;             | separated by blanks",
        "p = <§-1>;               | in parentheses",
        "p = <§\"x\">;            | found the string \"x\"",
        "p = <§x>;                | found 'x', expected a number",
        "p = <§08>;               | '08', which is not a number",
        "p = <§0x>;               | not a number",
        "p = <§0xfg>;             | '0xfg'",
        "p = <§12UUL>;            | not a number",
        "p = <§0x100000000>;      | does not fit a cell of 32 bits",
        "p = /bits/ 8 <§256>;     | does not fit a cell of 8 bits",
        "p = <§0x10000000000000000>; | does not fit 64 bits",
        "p = /bits/ §12 <1>;      | 8, 16, 32 or 64",
        "p = /bits/ §<1>;         | 8, 16, 32 or 64",
        "p = /bits/ 8 §1;         | expected '<'",
        "p = <(1 + §)>;           | in an expression, expected a number",
        "p = <(1 §2)>;            | expected an operator",
        "p = <((1) §;             | expected an operator",
        "p = <(1 §/ 0)>;          | division by zero",
        "p = <(1 §% 0)>;          | division by zero",
        "p = <(§&x)>;             | found '&' in an expression",
        "p = <§&x>;               | reference (&label) is not supported",
        "p = §&x;                 | reference (&label) is not supported",
        "§&x { };                 | reference (&label) is not supported",
        "p = §/incbin/(\"f\");    | '/incbin/' is not supported",
        "§/delete-node/ x;        | '/delete-node/' is not supported",
        "§/include/ \"x\"         | '/include/' is not supported",
        "§#define X 1             | '#define' is not supported",
        "p = [0a §b];             | found 'b', expected a byte of two hex digits",
        "p = [0a §zz];            | found 'zz', expected a byte",
        "p = [0a§;                | found ';', expected a byte",
        "p = §\"abc;              | does not end on its line",
        "p = \"a§\\q\";           | unknown escape",
        "p = \"a§\\x\";           | without a hex digit",
        "p = \"a§\\0\";           | escapes reach from 1 to 127",
        "p = \"a§\\xff\";         | escapes reach from 1 to 127",
        "p = <§'a'>;              | character literal",
        "p = §$;                  | found the character '$'",
        "§é;                      | found the character 'é'",
        "§p@1 = <1>;              | property name 'p@1' holds '@'",
        "§n@ { };                 | name@address",
        "§9a: n { };              | label '9a'",
        "n { } §p;                | expected ';' after the '}' that closes node 'n'",
        "n { p; }; §n { };        | duplicate node 'n': it is already at line 2",
        "p; §p = <1>;             | duplicate property 'p': it is already at line 2",
        "n { §                    | expected '};' to close node 'n' of line 2",
    })
    void insideTheRootNode(String marked, String words) {
        assertError("/dts-v1/; / {\n" + marked.replace("{ §", "{§").replaceFirst("§ *$", "§"), words);
    }

    @Test
    void aMissingSemicolonIsReportedWhereItIsMissing() {
        assertErrorAt("/dts-v1/;\n/ {\n    p = <1>\n    q = <2>;\n};", 3, 12,
            "expected ',' or ';' after the value of 'p' here, found 'q' in line 4");
        assertErrorAt("/dts-v1/;\n/ {\n    n { } // end\n    q;\n};", 3, 10, "expected ';' after the '}'", "line 4");
        assertErrorAt("/dts-v1/;\n/ {\n    p\n    q;\n};", 3, 6, "expected '=', ';' or '{' after 'p' here");
        assertErrorAt("/dts-v1/\n\n/ { };", 1, 9, "expected ';' after '/dts-v1/' here, found '/' in line 3");
    }

    @Test
    void namesUnprintableCharactersByTheirNumber() {
        assertError("/dts-v1/; §\u0001", "<U+0001>");
        assertError("/dts-v1/; §\u2028", "<U+2028>");
        assertError("/dts-v1/; / { p = \"a§\u0000b\"; };", "NUL");
    }

    @Test
    void cutsLongValues() {
        assertError("/dts-v1/; / { p = §" + "x".repeat(5000) + "; };", "xxx...'");
    }

    @Test
    void limitsTheDepthOfNodes() {
        String nest = "n {".repeat(DeviceTree.MAX_DEPTH - 1);
        assertError("/dts-v1/; / {" + nest + "§" + "n {".repeat(100_000), "deeper than 64 levels");
    }

    @Test
    void limitsTheDepthOfExpressions() {
        assertError("/dts-v1/; / { p = <" + "(".repeat(DeviceTree.MAX_DEPTH) + "§" + "(".repeat(100_000),
                "deeper than 64 levels");
        assertError("/dts-v1/; / { p = <(" + "-".repeat(DeviceTree.MAX_DEPTH - 1) + "§" + "~".repeat(100_000),
                "deeper than 64 levels");
    }

    @Test
    void reportsOnlyTheFirstOfSeveral() {
        assertError("/dts-v1/; / { p = §; q = ; cpus = 4 };", "expected a value");
    }
}
