// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.simulate.run.Failure;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/simulate.md does what the page says: the election, its planted bug, the test that users copy. */
class ElectionExampleTest {
    @TempDir
    private static Path directory;

    @BeforeAll
    static void build() throws IOException {
        Path example = ModuleJar.root().resolve("examples/election");
        List<Path> sources = new ArrayList<>();
        try (Stream<Path> files = Files.list(example)) {
            for (Path file : files.toList()) {
                if (file.toString().endsWith(".java")) {
                    sources.add(file);
                } else if (file.toString().endsWith(".dts")) {
                    Files.copy(file, directory.resolve(file.getFileName().toString()));
                }
            }
        }
        ModuleJar.build(directory.resolve("election.jar"), sources, "Election", "OneLeader");
    }

    @Test
    void theRightOneHasOneLeaderInEachTerm() {
        Simulator.Outcome outcome = Simulator.of(directory.resolve("election.dts"))
            .faults("kill,restart,pause,mid-send").runs(1_000).check();
        assertEquals(1_000, outcome.runs());
        assertTrue(outcome.faults() > 500 && outcome.messages() > 10_000, outcome::toString);
    }

    @Test
    void theBugIsFoundAndMadeSmall() {
        Simulator.Outcome outcome = Simulator.of(directory.resolve("election-bug.dts")).faults("kill,restart")
            .runs(1_000).run();
        assertNotNull(outcome.failure(), outcome::toString);
        assertEquals(Failure.Kind.CHECK, outcome.failure().kind());
        assertTrue(outcome.failure().text().matches("OneLeader: term \\d+ has two leaders: \\w+ and \\w+"),
            outcome::toString);
        assertTrue(outcome.steps() < 50, outcome::toString);
        assertTrue(outcome.report().contains("kill -9 of "), outcome::report);
    }

    @Test
    void withoutFaultsTheBugDoesNothing() {
        assertNull(Simulator.of(directory.resolve("election-bug.dts")).runs(300).run().failure());
    }

    @Test
    void theTestThatUsersCopyRuns() throws Exception {
        ModuleJar.compile(List.of(ModuleJar.root().resolve("examples/election/test/ElectionTest.java")), directory);
        try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()},
            getClass().getClassLoader())) {
            Class<?> copied = loader.loadClass("ElectionTest");
            Constructor<?> constructor = copied.getDeclaredConstructor();
            constructor.setAccessible(true);
            int tests = 0;
            for (Method method : copied.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Test.class)) {
                    method.setAccessible(true);
                    method.invoke(constructor.newInstance());
                    tests++;
                }
            }
            assertEquals(2, tests);
        }
    }
}
