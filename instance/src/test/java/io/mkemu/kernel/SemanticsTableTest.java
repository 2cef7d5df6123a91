// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Holds docs/semantics.md against the tests it names: every row has one, and every one exists. */
class SemanticsTableTest {
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*(?:Test|Contract|IT|Properties))(?:\\.(\\w+))?`");
    private static final Pattern METHOD = Pattern.compile(
        "@(?:Test|ParameterizedTest|Property|RepeatedTest)\\b(?:(?!\\n    }).)*?\\n    (?:public )?void (\\w+)\\(",
        Pattern.DOTALL);
    private static final int HAZARDS = 15;

    private static Path root() {
        for (Path at = Path.of(System.getProperty("user.dir")); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("docs/semantics.md"))) {
                return at;
            }
        }
        throw new IllegalStateException("no docs/semantics.md above " + System.getProperty("user.dir"));
    }

    /** The test methods of each test class, read from the sources: not all modules are here at run time. */
    private static Map<String, Set<String>> tests(Path root) throws IOException {
        Map<String, Set<String>> tests = new HashMap<>();
        for (String module : List.of("common", "instance", "host", "system-tests")) {
            Path sources = root.resolve(module).resolve("src/test/java");
            if (!Files.exists(sources)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(sources)) {
                for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    Set<String> methods = new HashSet<>();
                    Matcher matcher = METHOD.matcher(Files.readString(file));
                    while (matcher.find()) {
                        methods.add(matcher.group(1));
                    }
                    tests.put(file.getFileName().toString().replace(".java", ""), methods);
                }
            }
        }
        return tests;
    }

    private static List<String> rows(String heading, String end) throws IOException {
        String text = Files.readString(root().resolve("docs/semantics.md"));
        int from = text.indexOf(heading);
        int to = end.isEmpty() ? text.length() : text.indexOf(end);
        assertTrue(from >= 0 && to > from, "docs/semantics.md has no \"" + heading + "\" before \"" + end + "\"");
        return text.substring(from, to).lines()
            .filter(line -> line.startsWith("|") && !line.startsWith("|---") && !line.endsWith("| Test |")).toList();
    }

    @Test
    @DisplayName("each row of docs/semantics.md names a test that exists")
    void everyRowNamesItsTest() throws IOException {
        Map<String, Set<String>> tests = tests(root());
        List<String> wrong = new ArrayList<>();
        List<String> rows = rows("## IPI areas", "## The fifteen hazards");
        for (String row : rows) {
            String[] cells = row.split("\\|");
            Matcher named = NAMED.matcher(cells[cells.length - 1]);
            if (!named.find()) {
                wrong.add("names no test: " + row);
                continue;
            }
            Set<String> methods = tests.get(named.group(1));
            if (methods == null || named.group(2) != null && !methods.contains(named.group(2))) {
                wrong.add("names a test that does not exist: " + row);
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(rows.size() >= 40, "only " + rows.size() + " rows were found");
    }

    @Test
    void allHazardsAreListedInOrder() throws IOException {
        List<String> rows = rows("## The fifteen hazards", "");
        assertEquals(HAZARDS + 1, rows.size());
        for (int hazard = 1; hazard <= HAZARDS; hazard++) {
            String[] cells = rows.get(hazard).split("\\|");
            assertEquals(Integer.toString(hazard), cells[1].strip());
            assertEquals(5, cells.length, rows.get(hazard));
        }
    }
}
