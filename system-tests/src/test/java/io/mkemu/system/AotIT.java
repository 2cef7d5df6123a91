// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** AOT caches: they are made, they are used, and nothing depends on them. */
class AotIT {
    private static final Path JDK = Path.of(System.getProperty("java.home"));
    private static final String FLAG = "-XX:AOTCache=";
    private static final String ENDLESS = "no module runs a task; Ctrl-C ends this run";

    /** What may have become of a cache, and whether a JVM is still started with it. */
    private enum Harm {
        GONE(false), EMPTY(true), CUT_OFF(true), NO_CACHE_AT_ALL(true), A_HOLE(true), OF_OTHER_FILES(false);

        private final boolean tried;

        Harm(boolean tried) {
            this.tried = tried;
        }
    }

    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void hostAndInstancesStartFromTheCachesOfTheBuild() throws Exception {
        MkProcess run = mk.script(mk.work(), "run", idleTree());
        run.awaitOut(1, ENDLESS);
        Path caches = caches(Distribution.home());
        assertTrue(maps(run.pid(), caches.resolve("host.aot")), () -> "the host does not\n" + run.describe());
        for (long pid : Procs.instances(mk.machine("idle")).values()) {
            assertTrue(maps(pid, caches.resolve("instance.aot")), () -> Procs.commandLine(pid) + " does not");
        }
        MkProcess verb = mk.script(mk.work(), "dmesg", "--follow", "--machine", "idle");
        verb.awaitOut(1, "");
        assertTrue(maps(verb.pid(), caches.resolve("verbs.aot")), () -> "the verb does not\n" + verb.describe());
        verb.signal("INT");
        verb.ends(130);
        endIdle(run);
    }

    @ParameterizedTest
    @EnumSource
    void aCacheThatCannotBeUsedIsNotUsedAndNotMentioned(Harm harm) throws Exception {
        Path home = copyOfDistribution();
        Path caches = caches(home);
        Path cache = caches.resolve("instance.aot");
        String madeOf = Files.readString(caches(Distribution.home()).resolve("made-of"))
            .replace(Distribution.home().toString(), home.toString());
        Files.createDirectories(caches);
        Files.copy(caches(Distribution.home()).resolve("instance.aot"), cache);
        Files.writeString(caches.resolve("made-of"), harm == Harm.OF_OTHER_FILES ? madeOf.replace(".jar ", ".jar 1")
            : madeOf);
        try (FileChannel bytes = FileChannel.open(cache, StandardOpenOption.WRITE)) {
            switch (harm) {
                case GONE -> Files.delete(cache);
                case EMPTY -> bytes.truncate(0);
                case CUT_OFF -> bytes.truncate(bytes.size() / 2);
                case NO_CACHE_AT_ALL -> bytes.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), 0);
                case A_HOLE -> bytes.write(ByteBuffer.allocate(64 << 10), bytes.size() / 4);
                case OF_OTHER_FILES -> { }
            }
        }
        MkProcess run = mk.launch(Distribution.command(home), mk.work(), "run", idleTree());
        run.awaitOut(1, ENDLESS);
        long pid = Procs.instances(mk.machine("idle")).get(1);
        assertEquals(harm.tried, Procs.commandLine(pid).contains(FLAG + cache), () -> "" + Procs.commandLine(pid));
        assertFalse(maps(pid, cache), "mapped all the same");
        endIdle(run);
    }

    @Test
    void whereNoCacheCanBeMadeOneLineSaysSoAndMkemuWorks() throws Exception {
        Path home = copyOfDistribution();
        Path good = mk.base();
        mk.base(Files.writeString(mk.work().resolve("file"), ""));
        MkProcess made = mk.launch(makes(home), mk.work()).ends(0);
        assertEquals(1, made.out("^mkemu: no AOT caches, processes start slower: mk: .*file").size(), made::describe);
        assertTrue(made.err().isEmpty(), made::describe);
        assertEquals(List.of("made-of"), names(caches(home)));
        mk.base(good);
        demoIsVerified(mk.launch(Distribution.command(home), mk.work(), "demo", "--instances", 1, "--messages", 10,
            "--json"));
    }

    /** By the script that the build runs too: what it says is in the log of builds. */
    @Test
    void theCommandMakesWhatItsJdkHasNoneOf() throws Exception {
        Path root = Files.createDirectory(mk.work().resolve("root")).toRealPath();
        Trees.copy(Mk.root().resolve("scripts"), root.resolve("scripts"));
        for (String source : List.of("pom.xml", "config/dist.xml", "examples/demo.dts", ".mvn/maven.config")) {
            Files.createDirectories(root.resolve(source).getParent());
            Files.copy(Mk.root().resolve(source), root.resolve(source));
        }
        Files.createDirectories(root.resolve("any/src/main"));
        Files.copy(root.resolve("pom.xml"), root.resolve("any/pom.xml"));
        Path home = root.resolve("target/dist");
        Distribution.copy(home);
        Files.writeString(root.resolve("target/mk.stamp"), "");

        String command = root.resolve("scripts/mk").toString();
        MkProcess asItIs = mk.launch(List.of(command), mk.work(), "--version").ends(0);
        assertTrue(asItIs.err().isEmpty(), asItIs::describe);
        assertTrue(Files.notExists(home.resolve("aot")), "MKEMU_NO_BUILD was set");

        List<String> building = List.of("env", "-u", "MKEMU_NO_BUILD", command);
        MkProcess first = mk.launch(building, mk.work(), "--version").ends(0);
        assertEquals(List.of("mkemu: preparing for the JDK in " + JDK + " (once, some seconds) ..."), first.err());
        assertEquals(1, first.out().size(), first::describe);
        assertEquals(List.of("host.aot", "instance.aot", "made-of", "verbs.aot"), names(caches(home)));
        MkProcess second = mk.launch(building, mk.work(), "--version").ends(0);
        assertTrue(second.err().isEmpty(), second::describe);
        List<String> log = Files.readAllLines(root.resolve("target/mk-build.log"));
        assertEquals(1, log.stream().filter(line -> line.matches("mkemu: AOT caches made in \\d+ s.*")).count(),
            log::toString);

        MkProcess run = mk.launch(Distribution.command(home), mk.work(), "run", idleTree());
        run.awaitOut(1, ENDLESS);
        long pid = Procs.instances(mk.machine("idle")).get(1);
        assertTrue(maps(pid, caches(home).resolve("instance.aot")), () -> "" + Procs.commandLine(pid));
        endIdle(run);
    }

    /** Each would keep a JVM from starting if it were given beside a cache. */
    @ParameterizedTest
    @ValueSource(strings = {"MKEMU_JAVA_OPTS=-Xshare:auto", "JAVA_TOOL_OPTIONS=-Xshare:auto",
        "MKEMU_JAVA_OPTS=-XX:SharedArchiveFile=none.jsa -Xlog:disable",
        "MKEMU_JAVA_OPTS=-XX:-UseSerialGC -XX:+UseParallelGC -Xmx64m",
        "MKEMU_JAVA_OPTS=--add-opens=java.base/java.lang=ALL-UNNAMED"})
    void theUsersOwnOptionsGoBeforeTheCache(String setting) throws Exception {
        demoIsVerified(mk.launch(List.of("env", setting, Mk.root().resolve("scripts/mk").toString()), mk.work(), "demo",
            "--instances", 1, "--messages", 10, "--json"));
    }

    private static void demoIsVerified(MkProcess demo) throws Exception {
        demo.ends(0);
        assertEquals(1, demo.out().size(), demo::describe);
        assertTrue(demo.out().getFirst().startsWith("{\"ok\":true,"), demo::describe);
        demo.err().forEach(line -> assertTrue(line.startsWith("Picked up JAVA_TOOL_OPTIONS"), demo::describe));
    }

    private Path idleTree() throws IOException {
        return new TreeSource().instance("echoes", "echo").write(mk.work(), "idle");
    }

    /** Ends it; no JVM, of host or instance, may have said anything. */
    private static void endIdle(MkProcess run) throws Exception {
        run.signal("INT");
        run.ends(130);
        assertTrue(run.err().isEmpty(), run::describe);
        assertEquals(List.of(), run.out("\\]\\[(info|warning|error)|(?i:aot|shared spaces|java|jvm|cache)"),
            run::describe);
        assertEquals(1, run.out("^ +1 +echoes +active ").size(), run::describe);
    }

    private static boolean maps(long pid, Path file) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/maps")).stream()
            .anyMatch(line -> line.endsWith(" " + file));
    }

    private static Path caches(Path home) {
        return home.resolve("aot").resolve(JDK.toString().substring(1).replace('/', '-'));
    }

    private static List<String> makes(Path home) {
        return List.of("bash", Mk.root().resolve("scripts/lib/aot.sh").toString(), JDK.toString(), home.toString());
    }

    /** A distribution without caches, for this test alone. */
    private Path copyOfDistribution() throws IOException {
        return Distribution.copy(mk.work().toRealPath().resolve("dist"));
    }

    private static List<String> names(Path directory) throws IOException {
        return Trees.below(directory).stream().map(file -> file.getFileName().toString()).toList();
    }
}
