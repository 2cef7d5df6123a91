// SPDX-License-Identifier: Apache-2.0
package io.mkemu.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The order of the rooms: imports run one way. It reads the sources of all modules, so that what a compiler would allow
 * within a module is seen too.
 */
class ImportsTest {
    /** A package may import what stands before it. A line break has no meaning; docs/architecture.md draws the same. */
    private static final List<String> ORDER = List.of(
        "", "os", "abi", "memory", "cpu", "table", "trace", "boot", "log", "tty", "ipi", "machine",
        "console", "module", "message", "test", "shell", "builtin", "cmodule", "event", "proc", "hotplug", "kernel",
        "record", "replay",
        "decode", "simulate.history", "json", "doctor", "fdt", "dts", "tree", "journal", "journal.event", "plan",
        "host.control", "host.tx", "host.view", "host.snapshot", "host.report", "host.plug", "host.life", "host",
        "host.client", "host.decode", "host.replay", "cli.type", "cli.trace", "cli.demo", "cli.tree", "cli.tx",
        "cli.module", "cli.console", "cli.look", "cli",
        "live.metrics", "live.web", "live.top",
        "simulate.strategy", "simulate.fault", "simulate.run", "simulate.shard", "simulate",
        "hazards.module", "hazards",
        "bench.contender", "bench.mkemu", "bench.peer", "bench.run", "bench.report", "bench.micro", "bench.cli");
    /** Neighbours that know nothing of each other, although the order has one of them first. */
    private static final Map<String, List<String>> STRANGERS = Map.ofEntries(
        Map.entry("ipi", List.of("log", "boot")),
        Map.entry("json", List.of("")),
        Map.entry("fdt", List.of("", "os", "abi", "memory", "cpu", "table", "trace", "boot", "log", "ipi",
            "machine", "module", "message", "builtin", "kernel", "record", "replay", "json", "doctor")),
        Map.entry("dts", List.of("kernel", "builtin", "record", "replay", "machine", "ipi", "table", "memory", "json")),
        Map.entry("tree", List.of("kernel", "builtin", "record", "replay", "machine", "ipi", "table", "memory")),
        Map.entry("journal", List.of("kernel", "builtin", "record", "replay", "tree", "ipi")),
        Map.entry("hotplug", List.of("cmodule", "builtin", "machine", "ipi")),
        Map.entry("kernel", List.of("record", "replay")),
        Map.entry("message", List.of("machine", "table", "cpu", "memory", "log")),
        Map.entry("builtin", List.of("kernel", "machine", "table")),
        Map.entry("cmodule", List.of("builtin", "machine", "table")),
        Map.entry("simulate.history", List.of("", "os", "abi", "memory", "cpu", "table", "trace", "boot", "log",
            "ipi", "machine", "builtin", "kernel", "record", "replay")));
    /** What only these rooms may use. */
    private static final Map<Set<String>, Pattern> ONLY = Map.of(
        Set.of("journal"), Pattern.compile("^import (?:static )?net\\.openhft\\..*", Pattern.MULTILINE),
        Set.of("os", "cmodule"),
        Pattern.compile("^import (?:static )?java\\.lang\\.foreign\\.(?:Linker|SymbolLookup).*", Pattern.MULTILINE));
    /** An instance's class path has Agrona and the JDK. */
    private static final Pattern FOREIGN =
        Pattern.compile("^import (?:static )?+(?!java\\.|javax\\.|org\\.agrona\\.|io\\.mkemu\\.).*", Pattern.MULTILINE);
    private static final List<String> OF_INSTANCES = List.of("common", "module", "instance", "record");
    private static final int MOST_FILES = 28;
    private static final Pattern PACKAGE = Pattern.compile("^package io\\.mkemu\\.?([\\w.]*);", Pattern.MULTILINE);
    private static final Pattern IMPORT =
        Pattern.compile("^import (?:static )?io\\.mkemu((?:\\.[a-z]\\w*)*)\\.([A-Z]\\w*)", Pattern.MULTILINE);

    /** A source file: its module, its package below io.mkemu, its name, its text. */
    private record Source(String module, String room, String name, String text) {
    }

    private static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(at.resolve("common/src/main"))) {
            at = at.getParent();
        }
        return at;
    }

    private static List<Source> sources() throws IOException {
        Path root = root();
        List<Source> sources = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path module : modules.filter(at -> Files.isDirectory(at.resolve("src/main/java"))).toList()) {
                try (Stream<Path> files = Files.walk(module.resolve("src/main/java"))) {
                    files.filter(file -> file.toString().endsWith(".java"))
                        .forEach(file -> sources.add(source(module.getFileName().toString(), file)));
                }
            }
        }
        assertTrue(sources.size() > 300, "only " + sources.size() + " source files below " + root);
        return sources;
    }

    private static Source source(String module, Path file) {
        try {
            String text = Files.readString(file);
            var room = PACKAGE.matcher(text);
            assertTrue(room.find(), file + " has no package below io.mkemu");
            return new Source(module, room.group(1), file.getFileName().toString(), text);
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }

    @Test
    void importsRunOneWay() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Source source : sources()) {
            for (MatchResult found : IMPORT.matcher(source.text()).results().toList()) {
                String from = found.group(1).isEmpty() ? "" : found.group(1).substring(1);
                boolean before = ORDER.indexOf(from) >= 0 && ORDER.indexOf(from) < ORDER.indexOf(source.room());
                if (!from.equals(source.room())
                    && (!before || STRANGERS.getOrDefault(source.room(), List.of()).contains(from))) {
                    wrong.add(source.room() + "/" + source.name() + " imports " + from + "." + found.group(2));
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void everyRoomHasItsPlaceAndIsNoHall() throws IOException {
        assertEquals(new TreeSet<>(), sources().stream().map(Source::room).filter(room -> !ORDER.contains(room))
            .collect(Collectors.toCollection(TreeSet::new)), "rooms that stand nowhere in the order");
        /* The bench has a file in a room of another module: its folder is another one. */
        Map<String, Long> files = sources().stream().collect(Collectors.groupingBy(
            source -> source.module() + "/" + source.room(), TreeMap::new, Collectors.counting()));
        assertEquals(Map.of(), files.entrySet().stream().filter(room -> room.getValue() > MOST_FILES)
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)), "halls, by files");
    }

    @Test
    void whatOnlySomeRoomsUseIsUsedThere() throws IOException {
        Map<String, List<String>> elsewhere = new HashMap<>();
        for (Source source : sources()) {
            ONLY.forEach((rooms, what) -> {
                if (!source.module().equals("bench") && !rooms.contains(source.room())) {
                    what.matcher(source.text()).results().forEach(
                        use -> elsewhere.computeIfAbsent(source.name(), name -> new ArrayList<>()).add(use.group()));
                }
            });
        }
        assertEquals(Map.of(), elsewhere);
    }

    @Test
    void anInstanceKnowsAgronaAndTheJdkAlone() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Source source : sources()) {
            if (OF_INSTANCES.contains(source.module())) {
                FOREIGN.matcher(source.text()).results()
                    .forEach(use -> wrong.add(source.name() + ": " + use.group()));
            }
        }
        assertEquals(List.of(), wrong);
    }
}
