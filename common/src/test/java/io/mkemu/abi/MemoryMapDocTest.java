// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The tables of docs/memory-map.md say what the *Descriptor classes say. A row begins {@code | `NAME` | value |}
 * below a line {@code <!-- abi: ClassName -->}, with the name as the class has it and the value in decimal or hex.
 */
class MemoryMapDocTest {
    private static final String DOCUMENT = "docs/memory-map.md";
    private static final Pattern PART = Pattern.compile("<!-- abi: (\\w+) -->\n\n?((?:\\|.*\n)+)");
    private static final Pattern ROW = Pattern.compile("^\\| `([A-Z][A-Z0-9_]*)` \\| (0x[0-9a-f]+|[0-9]+) \\|",
        Pattern.MULTILINE);

    private static Map<String, Map<String, Long>> tables() throws IOException {
        Map<String, Map<String, Long>> tables = new LinkedHashMap<>();
        for (MatchResult part : PART.matcher(Abi.read(DOCUMENT)).results().toList()) {
            Map<String, Long> rows = tables.computeIfAbsent(part.group(1), name -> new LinkedHashMap<>());
            for (MatchResult row : ROW.matcher(part.group(2)).results().toList()) {
                String number = row.group(2);
                rows.put(row.group(1), number.startsWith("0x") ? Long.parseUnsignedLong(number.substring(2), 16)
                    : Long.parseLong(number));
            }
        }
        return tables;
    }

    private static String row(String name, long value) {
        return "| `" + name + "` | "
            + (value < 0 || value > Integer.MAX_VALUE ? "0x" + Long.toHexString(value) : Long.toString(value)) + " |";
    }

    /** What the tables must hold: class name, and name of an enum inside it, to constants under their own names. */
    private static Map<String, Map<String, Long>> expected() {
        Map<String, Map<String, Long>> expected = new LinkedHashMap<>();
        for (Class<?> type : Abi.classes()) {
            Map<String, Long> own = Abi.own(type);
            if (!own.isEmpty()) {
                expected.put(type.getSimpleName(), own);
            }
            for (Class<?> nested : type.getDeclaredClasses()) {
                if (nested.isEnum()) {
                    expected.put(nested.getSimpleName(), Abi.own(nested));
                }
            }
        }
        return expected;
    }

    @Test
    void everyFieldStandsInItsTableWithItsValue() throws IOException {
        Map<String, Map<String, Long>> tables = tables();
        List<String> changes = new ArrayList<>();
        expected().forEach((type, constants) -> {
            Map<String, Long> table = tables.getOrDefault(type, Map.of());
            constants.forEach((name, value) -> {
                if (!table.containsKey(name)) {
                    changes.add("below <!-- abi: " + type + " --> add:     " + row(name, value));
                } else if (!table.get(name).equals(value)) {
                    changes.add("below <!-- abi: " + type + " --> change:  " + row(name, table.get(name)) + "  to:  "
                        + row(name, value));
                }
            });
        });
        tables.forEach((type, table) -> table.keySet().forEach(name -> {
            if (!expected().getOrDefault(type, Map.of()).containsKey(name)) {
                changes.add("below <!-- abi: " + type + " --> remove:  " + name + ", which the class has not");
            }
        }));
        assertEquals(List.of(), changes,
            DOCUMENT + " differs from the *Descriptor classes\n" + String.join("\n", changes) + "\n");
    }

    @Test
    void noRowOfATableIsOverlooked() throws IOException {
        for (MatchResult part : PART.matcher(Abi.read(DOCUMENT)).results().toList()) {
            long rows = part.group(2).lines().count() - 2;
            assertEquals(rows, ROW.matcher(part.group(2)).results().count(),
                DOCUMENT + ", table " + part.group(1) + ": a row is not | `NAME` | value | ...");
        }
    }
}
