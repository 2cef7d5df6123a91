// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.DeviceTree;
import io.mkemu.dts.Node;
import io.mkemu.dts.Position;
import io.mkemu.dts.Property;
import io.mkemu.dts.Value;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceTreeTest {

    private static Node root(String body) {
        return DeviceTree.parse("t.dts", "/dts-v1/;\n/ {" + body + "};");
    }

    private static Property only(String body) {
        return root(body).properties().getFirst();
    }

    private static List<Long> cells(String value) {
        return ((Value.Cells) only("p = " + value + ";").values().getFirst()).cells().stream()
                .map(Value.Cell::value).toList();
    }

    @Test
    void readsNodesLabelsAndUnitAddressesWithTheirPlaces() {
        Node root = root("\n  a: b: node@1f { inner { }; };\n  #size-cells;");
        Node node = root.child("node@1f").orElseThrow();
        assertEquals(List.of("a", "b"), node.labels());
        assertEquals(new Position(3, 9), node.position());
        assertEquals(new Position(3, 19), node.child("inner").orElseThrow().position());
        assertEquals(List.of(), root.property("#size-cells").orElseThrow().values());
        assertEquals(new Position(4, 3), root.property("#size-cells").orElseThrow().position());
    }

    @Test
    void readsStringListsAndEscapes() {
        Property property = only("p = \"a\\n\\x41\\102\\\\\\\"\", \"é\";");
        assertEquals(List.of(new Value.Str("a\nAB\\\"", new Position(2, 8)),
                new Value.Str("é", new Position(2, 27))), property.values());
    }

    @ParameterizedTest
    @CsvSource({"10, 10", "0x1F, 31", "010, 8", "0, 0", "4294967295, 4294967295", "5UL, 5", "(1+2*3), 7",
        "((1 + 2) * 3), 9", "(1 << 20 | 1), 1048577", "(7 & 3 ^ 1), 2", "(-1), 4294967295", "(~0), 4294967295",
        "(100 / 7 % 5), 4", "(1 << 64), 0", "(0x100 >> 4), 16", "(10 - 2 - 3), 5"})
    void evaluatesCells(String text, long value) {
        assertEquals(List.of(value), cells("<" + text + ">"));
    }

    @Test
    void readsCellsOfEveryWidth() {
        assertEquals(List.of(255L, 1L), cells("/bits/ 8 <0xff 1>"));
        assertEquals(List.of(65535L), cells("/bits/ 16 <(-1)>"));
        assertEquals(List.of(-1L), cells("/bits/ 64 <0xffffffffffffffff>"));
        assertEquals(List.of(), cells("<>"));
    }

    @Test
    void readsByteStringsAndMixedLists() {
        Property property = only("p = [0a 0Bff], <1>, \"x\";");
        assertEquals(3, property.values().size());
        assertEquals(List.of(10, 11, 255), ((Value.Bytes) property.values().getFirst()).bytes());
        assertEquals(32, ((Value.Cells) property.values().get(1)).bits());
    }

    @Test
    void keepsTheSpellingAndPlaceOfACell() {
        Value.Cells group = (Value.Cells) only("p = <1 /* one */ (2 + 0x3)>;").values().getFirst();
        assertEquals(new Value.Cell(5, "(2 + 0x3)", new Position(2, 21)), group.cells().get(1));
    }

    @Test
    void countsColumnsInCodePointsAndSkipsAByteOrderMark() {
        Node root = DeviceTree.parse("t.dts", "\uFEFF/dts-v1/; /* 😀 */ / { };");
        assertEquals(new Position(1, 19), root.position());
    }

    @Test
    void acceptsNestingUpToTheLimit() {
        int children = DeviceTree.MAX_DEPTH - 1;
        Node root = root("n {".repeat(children) + "};".repeat(children));
        assertTrue(root.child("n").isPresent());
    }
}
