// SPDX-License-Identifier: Apache-2.0
package io.mkemu.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The documents name only what exists: classes and their members, packages, and each other. It reads documents and
 * sources as text, those of all modules, main and test.
 */
class DocsTest {
    /**
     * An entry of docs/decisions.md that has this line may name classes that are gone. What the line itself names must
     * exist, as everywhere.
     */
    private static final String GONE = "**No longer holds:**";
    private static final Pattern CODE = Pattern.compile("`([^`\n]+(?:\n[^`\n]+)?)`");
    /** A class, with or without its package and a member; an option of a JVM or a module (Name=value) is none. */
    private static final Pattern NAME = Pattern.compile(
        "(?<![\\w.+:=$*-])((?:[a-z]\\w*\\.)*)([A-Z][a-z0-9]++(?:[A-Z][A-Za-z0-9]*)*+)(?:\\.(\\w++))?+(?!=)");
    private static final Pattern PACKAGE = Pattern.compile("\\bio\\.mkemu((?:\\.[a-z]\\w*)*)");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]+)(?:#[^)]*)?\\)");
    private static final Pattern DOCUMENT = Pattern.compile("\\bdocs/[\\w-]+\\.md\\b");
    private static final Pattern ROOM = Pattern.compile("^\\| ((?:`[\\w.]+`(?:, )?)+) \\|", Pattern.MULTILINE);
    private static final Pattern HUMPS = Pattern.compile("[A-Z][a-z0-9]+[A-Z].*");
    /** Files, not classes with a member. */
    private static final Set<String> ENDINGS = Set.of("java", "md", "dts");
    /** Names that are not this project's: JDK, Agrona, the JVM's options, /proc, and what a document invents. */
    private static final Set<String> FOREIGN = Set.of(
        "HashSet", "InternalError", "Locale", "Random", "System", "Thread", "IllegalStateException", "MethodHandle",
        "ManyToOneRingBuffer", "OneToOneRingBuffer", "UnsafeApi", "UnsafeBuffer",
        "ArchiveRelocationMode", "CompileCommand", "CompileThresholdScaling", "ReservedCodeCacheSize",
        "Tier3LoadFeedback", "UseCompactObjectHeaders", "VerifySharedSpaces",
        "Pss", "RssAnon", "RssFile", "RssShmem", "VmRSS", "Dockerfile");

    /** A source file: its package below io.mkemu, its text, whether it is part of the product. */
    private record Source(String room, String text, boolean main) {
    }

    private static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(at.resolve("common/src/main"))) {
            at = at.getParent();
        }
        return at;
    }

    private static List<Path> list(Path directory, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    /** All classes that have a file, by their simple name. */
    private static Map<String, List<Source>> sources() throws IOException {
        Map<String, List<Source>> sources = new TreeMap<>();
        List<Path> roots = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root())) {
            for (Path module : modules.toList()) {
                roots.add(module.resolve("src/main/java"));
                roots.add(module.resolve("src/test/java"));
            }
        }
        roots.add(root().resolve("examples"));
        roots.add(root().resolve("testkit/common"));
        roots.add(root().resolve("testkit/kernel"));
        for (Path sourceRoot : roots.stream().filter(Files::isDirectory).toList()) {
            for (Path file : list(sourceRoot, ".java")) {
                String text = Files.readString(file);
                Matcher room = Pattern.compile("^package io\\.mkemu((?:\\.\\w+)*);", Pattern.MULTILINE).matcher(text);
                String name = file.getFileName().toString().replace(".java", "");
                sources.computeIfAbsent(name, same -> new ArrayList<>())
                    .add(new Source(room.find() ? room.group(1) : "none", text, sourceRoot.endsWith("src/main/java")));
            }
        }
        assertTrue(sources.size() > 500, "only " + sources.size() + " classes below " + root());
        return sources;
    }

    /** What a name says that is not so, or null. */
    private static String wrong(MatchResult name, Map<String, List<Source>> sources) {
        List<Source> classes = sources.getOrDefault(name.group(2), List.of());
        String room = name.group(1).startsWith("io.mkemu.")
            ? name.group(1).substring("io.mkemu".length(), name.group(1).length() - 1) : "";
        String member = name.group(3);
        if (classes.isEmpty()) {
            return "there is no class " + name.group(2);
        }
        if (!room.isEmpty() && classes.stream().noneMatch(source -> source.room().equals(room))) {
            return "it lies in io.mkemu" + classes.getFirst().room();
        }
        Pattern word = Pattern.compile("\\b" + member + "\\b");
        if (member != null && classes.stream().noneMatch(source -> word.matcher(source.text()).find())) {
            return "it has no " + member;
        }
        return null;
    }

    /** The documents by their path below the root. */
    private static Map<String, String> documents() throws IOException {
        Map<String, String> documents = new TreeMap<>();
        for (String place : List.of("README.md", "docs", "examples")) {
            for (Path file : list(root().resolve(place), ".md")) {
                documents.put(root().relativize(file).toString(), Files.readString(file));
            }
        }
        assertTrue(documents.size() > 10, documents.keySet()::toString);
        return documents;
    }

    /** A document without what it says of former times. */
    private static String present(String text) {
        StringBuilder present = new StringBuilder();
        for (String entry : text.split("(?m)^(?=#{2,3} )")) {
            int gone = entry.indexOf(GONE);
            present.append(gone < 0 ? entry : entry.substring(gone).split("\n\n|\n(?:- )?\\*\\*")[0]).append("\n\n");
        }
        return present.toString();
    }

    @Test
    void classesExist() throws IOException {
        Map<String, List<Source>> sources = sources();
        List<String> wrong = new ArrayList<>();
        int seen = 0;
        for (Map.Entry<String, String> document : documents().entrySet()) {
            for (MatchResult code : CODE.matcher(present(document.getValue())).results().toList()) {
                boolean alone = !code.group(1).contains(" ");
                for (MatchResult name : NAME.matcher(code.group(1)).results().toList()) {
                    boolean named = HUMPS.matcher(name.group(2)).matches() || alone;
                    boolean file = name.group(3) != null && ENDINGS.contains(name.group(3));
                    if (!named || file || FOREIGN.contains(name.group(2)) || code.group(1).startsWith("-")) {
                        continue;
                    }
                    seen++;
                    String why = wrong(name, sources);
                    if (why != null) {
                        wrong.add(document.getKey() + ": `" + name.group() + "`: " + why);
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(seen > 100, "only " + seen + " names seen");
    }

    @Test
    void packagesExist() throws IOException {
        Set<String> rooms = new TreeSet<>();
        sources().values().forEach(classes -> classes.forEach(source -> rooms.add(source.room())));
        List<String> wrong = new ArrayList<>();
        for (Map.Entry<String, String> document : documents().entrySet()) {
            PACKAGE.matcher(present(document.getValue())).results()
                .filter(name -> !rooms.contains(name.group(1)))
                .forEach(name -> wrong.add(document.getKey() + ": " + name.group()));
        }
        assertEquals(List.of(), wrong);
    }

    /** A room that is not in the table of the architecture is one that a newcomer does not find. */
    @Test
    void theArchitectureNamesEveryRoom() throws IOException {
        Set<String> rooms = new TreeSet<>();
        sources().values().forEach(classes -> classes.stream().filter(Source::main)
            .forEach(source -> rooms.add(source.room().replaceFirst("\\.", ""))));
        Set<String> told = new TreeSet<>();
        ROOM.matcher(documents().get("docs/architecture.md").split("(?m)^## ")[1]).results()
            .forEach(row -> told.addAll(List.of(row.group(1).replaceAll("[` ]", "").split(","))));
        assertTrue(told.remove("io.mkemu"), "the root package has a row of its own");
        rooms.remove("");
        assertEquals(rooms, told);
    }

    @Test
    void linksLeadSomewhere() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Map.Entry<String, String> document : documents().entrySet()) {
            Path from = root().resolve(document.getKey());
            LINK.matcher(document.getValue()).results()
                .filter(link -> !Files.exists(from.resolveSibling(link.group(1))))
                .forEach(link -> wrong.add(document.getKey() + ": " + link.group(1)));
            DOCUMENT.matcher(document.getValue()).results()
                .filter(named -> !Files.exists(root().resolve(named.group())))
                .forEach(named -> wrong.add(document.getKey() + ": " + named.group()));
        }
        assertEquals(List.of(), wrong);
    }
}
