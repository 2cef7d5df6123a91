// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.kernel.PublishingMachine;
import io.mkemu.kernel.SteppedMachine;
import io.mkemu.module.Check;
import io.mkemu.module.KernelModule;
import io.mkemu.simulate.history.Linearizability.Result;
import io.mkemu.simulate.history.Linearizability.Verdict;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/simulate.md compiles, does what the page says, and its planted bug is found. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class ChecksPageTest {
    private static final int SEEDS = 50;
    private static final int STEPS = 3_000;
    private static final String CONDITION = "boolean free = owner == -1;";
    private static final String PLANTED = "boolean free = true;";
    private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```\n", Pattern.DOTALL);
    private static final Pattern CLASS = Pattern.compile("public final class (\\w+)");

    @TempDir
    private Path directory;
    private final ByteBuffer ram = SteppedMachine.newRam();
    private Result result;

    private static String page() throws IOException {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(at.resolve("common/src/main"))) {
            at = at.getParent();
        }
        return Files.readString(at.resolve("docs/simulate.md"));
    }

    /** Compiles the page's classes as a user would, with all warnings as errors. */
    private void compile(String page) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (Matcher block = BLOCK.matcher(page); block.find();) {
            Matcher name = CLASS.matcher(block.group(1));
            assertTrue(name.find(), block.group(1));
            sources.add(Files.writeString(directory.resolve(name.group(1) + ".java"), block.group(1)));
        }
        assertEquals(2, sources.size());
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of("-Xlint:all,-processing", "-Werror", "-d", directory.toString(), "-cp",
                System.getProperty("java.class.path"));
            assertTrue(compiler.getTask(messages, files, null, options, null,
                files.getJavaFileObjectsFromPaths(sources)).call(), messages::toString);
        }
    }

    private static <T> T make(ClassLoader loader, Class<T> type, String name) throws ReflectiveOperationException {
        return type.cast(loader.loadClass(name).getConstructor().newInstance());
    }

    /** One run of three kernels; what the check saw, or null. */
    private String run(ClassLoader loader, long seed) throws ReflectiveOperationException {
        List<KernelModule> modules = new ArrayList<>();
        for (int instance = 0; instance < 3; instance++) {
            modules.add(make(loader, KernelModule.class, "LockModule"));
        }
        PublishingMachine machine = new PublishingMachine(ram, seed, modules);
        Check check = make(loader, Check.class, "LockCheck");
        String wrong = null;
        while (wrong == null && machine.step() < STEPS) {
            machine.doStep();
            wrong = check.look(machine);
        }
        machine.shutDown();
        assertNull(machine.history().misuse());
        result = new Linearizability(1_000_000).check(machine.history(), check.model());
        return wrong;
    }

    @Test
    void theLockIsRight() throws Exception {
        compile(page());
        try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
            for (long seed = 0; seed < SEEDS; seed++) {
                String what = "seed " + seed;
                assertNull(run(loader, seed), what);
                assertEquals(Verdict.LINEARIZABLE, result.verdict(), what);
                assertTrue(result.operations() >= 20, () -> what + ": both have asked ten times: " + result);
            }
        }
    }

    @Test
    void theBugThatThePagePlantsIsFoundByBothWays() throws Exception {
        String page = page();
        assertTrue(page.contains("write `" + PLANTED + "`") && page.contains(CONDITION), "the page plants it");
        compile(page.replace(CONDITION, PLANTED));
        String wrong = null;
        try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
            for (long seed = 0; seed < SEEDS && wrong == null; seed++) {
                wrong = run(loader, seed);
            }
        }
        assertEquals("n1 and n2 have the lock", wrong);
        assertEquals(Verdict.NOT_LINEARIZABLE, result.verdict(), result::toString);
        String first = result.explanation().getFirst();
        List<String> told = page.substring(page.indexOf(first)).lines().limit(result.explanation().size()).toList();
        assertEquals(shape(told), shape(result.explanation()), result::toString);
    }

    /** A report without what depends on the order in which CPUs came to their turns. */
    private static List<String> shape(List<String> report) {
        return report.stream().map(line -> line.strip().replaceAll("\\d+", "N")).sorted().toList();
    }
}
