// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A user's day: mkemu's artifacts are installed, a project is made, it builds, tests and runs. */
@Timeout(600)
class ModuleProjectIT {
    @RegisterExtension
    final Mk mk = new Mk();

    /** What scripts/install needs of a checkout: it must not write into the one under test. */
    private Path checkout() throws IOException {
        Path copy = mk.work().resolve("mkemu");
        for (String part : List.of("pom.xml", ".mvn", "mvnw", "scripts", "config", "common/src/main", "module/src/main",
            "kit/src/main")) {
            Trees.copy(Mk.root().resolve(part), copy.resolve(part));
        }
        try (Stream<Path> modules = Files.list(Mk.root())) {
            for (Path pom : modules.map(module -> module.resolve("pom.xml")).filter(Files::exists).toList()) {
                Trees.copy(pom, copy.resolve(Mk.root().relativize(pom)));
            }
        }
        Files.createDirectories(copy.resolve("target"));
        Files.createSymbolicLink(copy.resolve("target/dist"), Distribution.home());
        return copy;
    }

    private Object[] repository(String goal) {
        return new Object[] {goal, "-B", "-ntp", "-Dmaven.repo.local=" + mk.work().resolve("repository"),
            "-Dmaven.repo.local.tail=" + System.getProperty("mkemu.repository")};
    }

    @Test
    void aMavenProjectTestsWithWhatInstallPutThere() throws Exception {
        Path checkout = checkout();
        /* Whether the javadoc can be made is seen at each compilation. */
        MkProcess install = succeeds(checkout.resolve("scripts/install"), mk.work(),
            repository("-Dmaven.javadoc.skip"));
        for (String artifact : List.of("mkemu-bom/V/mkemu-bom-V.pom", "mkemu/V/mkemu-V.pom",
            "mkemu-common/V/mkemu-common-V.jar", "mkemu-module/V/mkemu-module-V.jar",
            "mkemu-module/V/mkemu-module-V-sources.jar", "mkemu-test/V/mkemu-test-V.jar")) {
            String regex = Pattern.quote("/io/mkemu/" + artifact).replace("V", "\\E\\d[\\w.]*(-SNAPSHOT)?\\Q");
            install.awaitOut(1, "^mkemu: installed .*" + regex + "$");
        }
        mk.run("module", "new", "my-lock").ends(0);
        Path project = mk.work().resolve("my-lock");
        MkProcess test = succeeds(project.resolve("mvnw"), project, repository("test"));
        test.awaitOut(1, "Tests run: 1, .* in mylock.MyLockMachineTest$");
        test.awaitOut(1, "Tests run: 3, Failures: 0, Errors: 0, Skipped: 0$");
        assertTrue(Files.exists(project.resolve("target/my-lock.jar")));
        assertEquals(List.of(), Trees.below(Files.createDirectories(project.resolve("target/mkemu-test"))),
            "journals of tests that passed");

        Path example = mk.work().resolve("tested-module");
        Trees.copy(Mk.root().resolve("examples/tested-module/pom.xml"), example.resolve("pom.xml"));
        Trees.copy(Mk.root().resolve("examples/tested-module/src"), example.resolve("src"));
        for (String tree : List.of("lock.dts", "stuck.dts")) {
            Trees.copy(Mk.root().resolve("examples/tested-module").resolve(tree), example.resolve(tree));
        }
        succeeds(project.resolve("mvnw"), example, repository("test")).awaitOut(1,
            "Tests run: 5, Failures: 0, Errors: 0, Skipped: 0$");
    }

    /* Maven says on stderr what it likes. */
    private MkProcess succeeds(Path program, Path directory, Object... args) throws Exception {
        MkProcess process = mk.launch(List.of(program.toString()), directory, args);
        assertEquals(0, process.awaitExit(), process::describe);
        return process;
    }

    @Test
    void aPlainProjectIsBuiltByMkAndRuns() throws Exception {
        mk.run("module", "new", "two-words", "--plain").ends(0);
        mk.run("module", "new", "two-words").refuses(2, "two-words is there already");
        Path project = mk.work().resolve("two-words");
        assertEquals(List.of("built two-words/target/two-words.jar"),
            mk.run("module", "build", "two-words").ends(0).out());
        Path jar = project.resolve("target/two-words.jar");
        byte[] first = Files.readAllBytes(jar);
        try (JarFile file = new JarFile(jar.toFile())) {
            String code = new String(file.getInputStream(file.getEntry("twowords/TwoWords.class")).readAllBytes(),
                StandardCharsets.ISO_8859_1);
            assertTrue(code.contains("LocalVariableTable"), "names for a debugger");
        }
        mk.run("module", "build", "two-words").ends(0);
        assertArrayEquals(first, Files.readAllBytes(jar), "the same sources make the same jar");
        mk.start("run", project.resolve("two-words.dts")).ends(0).awaitOut(2, "two-words: 1 of 1 have answered$");
        mk.start("simulate", project.resolve("two-words.dts"), "--runs", "20", "--seed", "1").ends(0);

        Path source = project.resolve("src/main/java/twowords/TwoWords.java");
        Files.writeString(source, Files.readString(source).replace("Task.DONE", "Task.GONE"));
        Ended wrong = mk.run("module", "build", "two-words");
        assertEquals(6, wrong.awaitExit(), wrong::describe);
        assertTrue(wrong.err().stream().anyMatch(line -> line.matches(".*TwoWords\\.java:\\d+: error: .*")),
            wrong::describe);
        assertArrayEquals(first, Files.readAllBytes(jar), "the former jar stays");
        assertEquals(List.of(jar), Trees.below(project.resolve("target")));
        mk.run("module", "build", mk.work()).refuses(6, "has no sources");
    }
}
