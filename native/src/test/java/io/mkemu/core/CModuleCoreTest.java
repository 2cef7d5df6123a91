// SPDX-License-Identifier: Apache-2.0
package io.mkemu.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compiles the core, a kernel of arrays and modules that test themselves, and runs these. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CModuleCoreTest {
    private static final List<String> WARNINGS = List.of("-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fPIC",
        "-fno-strict-aliasing");
    private static final List<String> OS_UNITS = List.of("os.c", "catch.c", "context.c", "object.c", "overflow.c",
        "thread.c");

    private final Path root = Path.of("").toAbsolutePath();
    private final Path main = root.resolve("src/main/c");
    private final Path tests = root.resolve("src/test/c");
    @TempDir
    private static Path out;

    private record Result(int exit, String output) { }

    private static Result run(List<String> command) throws IOException, InterruptedException {
        Path log = Files.createTempFile(out, "log", "");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            assertTrue(process.waitFor(4, TimeUnit.MINUTES), () -> "hangs: " + command);
        } finally {
            process.destroyForcibly();
        }
        return new Result(process.exitValue(), Files.readString(log));
    }

    private static void compile(List<String> command) throws IOException, InterruptedException {
        Result result = run(command);
        assertEquals(0, result.exit, () -> String.join(" ", command) + "\n" + result.output);
    }

    private static List<String> join(List<?>... parts) {
        List<String> all = new ArrayList<>();
        for (List<?> part : parts) {
            part.forEach(one -> all.add(one.toString()));
        }
        return all;
    }

    private static boolean has(String compiler) throws InterruptedException {
        try {
            return new ProcessBuilder(compiler, "--version").redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException absent) {
            return false;
        }
    }

    private List<Path> sources(Path directory, String end) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
        }
    }

    /** A module's shared object; made once, for it takes a second. */
    private Path module(Path source, String... options) throws IOException, InterruptedException {
        String name = source.getFileName().toString().replace(".c", "");
        Path so = out.resolve(name + ".so");
        if (Files.exists(so)) {
            return so;
        }
        compile(join(List.of("cc", "-std=gnu11"), WARNINGS, List.of("-Wno-unused-parameter", "-Wno-format-truncation",
            "-shared", "-nostdlib", "-Wl,-z,defs", "-I" + main.resolve("include"),
            "-DKBUILD_MODNAME=\"" + name + "\""), System.getProperty("os.arch").equals("aarch64")
            ? List.of("-mno-outline-atomics") : List.of(), List.of(options),
            List.of(source, main.resolve("include/mkemu_kmod.c"), "-o", so, "-lgcc")));
        return so;
    }

    @BeforeAll
    void compileAll() throws IOException, InterruptedException {
        assumeTrue(has("cc"), "THE CORE OF MODULES IN C IS NOT TESTED: there is no C compiler \"cc\"; install one "
            + "(apt-get install gcc libc6-dev)");
        compileCore(out, "cc");
    }

    /** The core with its programs. */
    private void compileCore(Path into, String cc, String... options) throws IOException, InterruptedException {
        Files.createDirectories(into);
        for (Path source : sources(main.resolve("core"), ".c")) {
            List<String> include = OS_UNITS.contains(source.getFileName().toString()) ? List.of()
                : List.of("-I" + main.resolve("include"));
            compile(join(List.of(cc, "-std=gnu11"), WARNINGS, List.of(options), include,
                List.of("-c", source, "-o", into.resolve(source.getFileName() + ".o"))));
        }
        for (String program : List.of("run", "pair", "events")) {
            compile(join(List.of(cc, "-std=gnu11"), WARNINGS, List.of(options), List.of("-I" + main.resolve("core"),
                tests.resolve(program + ".c"), tests.resolve("host.c")), sources(into, ".o"),
                List.of("-o", into.resolve(program), "-pthread", "-ldl")));
        }
    }

    private Result load(String contexts, int cpus, Path module, String... parameters)
        throws IOException, InterruptedException {
        return loadOn(out, contexts, cpus, module, parameters);
    }

    private Result loadOn(Path core, String contexts, int cpus, Path module, String... parameters)
        throws IOException, InterruptedException {
        return run(join(List.of(core.resolve("run"), contexts, cpus, module), List.of(parameters)));
    }

    @ParameterizedTest
    @CsvSource({"coroutines, 1", "coroutines, 2", "threads, 1", "threads, 2"})
    void whatNeedsNoOtherTask(String contexts, int cpus) throws Exception {
        Result result = load(contexts, cpus, module(tests.resolve("basic.c")), "basic.number=-12", "basic.flag",
            "basic.text=hello", "basic.list_of=10,20,30", "basic.room=fits");
        assertEquals(0, result.exit, result.output);
        assertTrue(result.output.contains("<6>one line\n<4>two\n<4>lines\n"), result.output);
        assertTrue(result.output.contains("basic/shown: number -12"), result.output);
        assertTrue(!result.output.contains("limited 10"), result.output);
    }

    @ParameterizedTest
    @CsvSource({"coroutines, 1", "coroutines, 2", "threads, 1", "threads, 2"})
    void tasksWaitsLocksTimersAndWork(String contexts, int cpus) throws Exception {
        Result result = load(contexts, cpus, module(tests.resolve("sync.c")));
        assertEquals(0, result.exit, result.output);
        assertTrue(result.output.contains("all done"), result.output);
    }

    @ParameterizedTest
    @ValueSource(strings = {"coroutines", "threads"})
    void noWakeUpIsLostAndWhatIsCancelledRunsNoMore(String contexts) throws Exception {
        Result result = load(contexts, 2, module(tests.resolve("stress.c")));
        assertEquals(0, result.exit, result.output);
        assertTrue(result.output.contains("25000 wake-ups each way"), result.output);
        assertTrue(result.output.contains("500 cancellations on CPU 1"), result.output);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "bug      | 99 | PANIC: kernel BUG at ",
        "warn     | 0  | WARNING: CPU: 0 PID: 2 at ",
        "work     | 0  | Comm: kworker/0:0: warns [wrong]",
        "bug      | 99 | Comm: insmod",
        "lock     | 99 | PANIC: BUG: scheduling while atomic: insmod/2/0x00000001",
        "twice    | 99 | PANIC: BUG: spinlock recursion on CPU#0, insmod/2, owner insmod/2",
        "callback | 99 | in in_callback [wrong]",
        "panic    | 99 | Kernel panic - not syncing: out of luck",
        "free     | 0  | BUG: kfree of what is not allocated",
        "fails    | 1  | init returned -19",
        "positive | 0  | init suspiciously returned 3",
        "leaves   | 0  | wrong: left kthread sleeper",
        "leaves   | 0  | wrong: left a timer armed (nothing [wrong])",
        "leaves   | 0  | wrong: left 100 bytes allocated",
        "leaves   | 0  | wrong: left workqueue mine",
        "leaves   | 0  | wrong: left a handler of IPI type 0x6",
        "warn     | 0  | wrong_init+0x"
    })
    void whatAModuleMustNotDo(String kind, int exit, String line) throws Exception {
        Path module = module(tests.resolve("wrong.c"));
        for (String contexts : List.of("coroutines", "threads")) {
            Result result = load(contexts, 1, module, "wrong.kind=" + kind);
            assertEquals(exit, result.exit, result.output);
            assertTrue(result.output.contains(line), result.output);
            assertTrue(!result.output.contains(" mkemu_"), result.output); /* functions that are not the module's */
        }
    }

    @Test
    void whatIsNoModuleIsRefusedInALine() throws Exception {
        Path text = Files.writeString(out.resolve("text.so"), "no ELF");
        assertEquals(new Result(3, "is no ELF file: build it with mk cc\n"), load("coroutines", 1, text));
        Path plain = Files.writeString(out.resolve("plain.c"), "int x;\n");
        compile(List.of("cc", "-shared", "-fPIC", plain.toString(), "-o", out.resolve("plain.so").toString()));
        Result noModule = load("coroutines", 1, out.resolve("plain.so"));
        assertEquals(3, noModule.exit);
        assertTrue(noModule.output.startsWith("is no mkemu module: it has no symbol mkemu_kmod"), noModule.output);
        Path empty = Files.writeString(out.resolve("empty.c"), "#include <linux/module.h>\nMODULE_LICENSE(\"x\");\n");
        assertEquals(new Result(3, "has no module_init\n"), load("coroutines", 1, module(empty)));
        byte[] other = Files.readAllBytes(out.resolve("plain.so"));
        other[18] = (byte) (other[18] == 62 ? 183 : 62);
        Files.write(out.resolve("other.so"), other);
        assertTrue(load("coroutines", 1, out.resolve("other.so")).output.startsWith("is built for "));
        Path version = Files.writeString(out.resolve("version.h"), "#include <mkemu_kmod.h>\n"
            + "#undef MKEMU_KMOD_VERSION\n"
            + "#define MKEMU_KMOD_VERSION 99u\n");
        Path newer = Files.writeString(out.resolve("newer.c"), "#include <linux/module.h>\n"
            + "static int f(void) { return 0; }\nmodule_init(f);\n");
        Result result = load("coroutines", 1, module(newer, "-include", version.toString()));
        assertTrue(result.output.startsWith("is built for version 99 of the table of calls"), result.output);
    }

    @Test
    void aParameterThatIsNoneIsRefused() throws Exception {
        Path module = module(tests.resolve("basic.c"));
        assertEquals(new Result(3, "parameter basic.number=x1: is not an int\n"),
            load("coroutines", 1, module, "basic.number=x1"));
        assertEquals(new Result(3, "parameter basic.list_of=1,2,3,4,5: has more than 4 values\n"),
            load("coroutines", 1, module, "basic.list_of=1,2,3,4,5"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"coroutines", "threads"})
    void twoKernelsOfAProcessLoadTheSameModule(String contexts) throws Exception {
        Path module = module(root.resolve("../examples/c-module/pagebell.c"));
        Result result = run(join(List.of(out.resolve("pair"), contexts, module, "pagebell.peer=1 pagebell.rounds=100",
            "")));
        assertEquals(0, result.exit, result.output);
        assertTrue(result.output.contains("rang 100 times"), result.output);
    }

    /** Written in the manner of Linux, and of nothing else: RCU, hash tables, fifos, rings, krefs, works, timers. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "peers    | peers.limit=4                    | peers.limit=0x10   | 10 events, sum 45, locks left",
        "ring     | ring.peer=1                      |                    | consumed 1000, sum 500500",
        "pingpong | pingpong.peer=1                  | pingpong.rounds=20 | 20 calls, 0 wrong, in time"})
    void modulesThatWereWrittenForLinux(String name, String one, String other, String line) throws Exception {
        for (String contexts : List.of("coroutines", "threads")) {
            Result result = run(join(List.of(out.resolve("pair"), contexts, module(tests.resolve(name + ".c")), one,
                other == null ? "" : other)));
            assertEquals(0, result.exit, result.output);
            assertTrue(result.output.contains(line), result.output);
        }
    }

    /** Calls end in any case, and none is handled twice: also where each third message is lost. */
    @ParameterizedTest
    @CsvSource({"coroutines, 0", "threads, 0", "coroutines, 3", "threads, 3"})
    void messagesWithAnswers(String contexts, int loses) throws Exception {
        Result result = run(join(List.of("env", "TEST_LOSES=" + loses, out.resolve("pair"), contexts,
            module(tests.resolve("ask.c")), "ask.peer=1 ask.rounds=" + (loses == 0 ? 2000 : 10), "")));
        assertEquals(0, result.exit, result.output);
        assertTrue(result.output.contains(" 0 twice, ") && result.output.contains(", 0 wrong\n"), result.output);
        assertTrue(!result.output.contains("FAIL"), result.output);
        assertTrue(result.output.contains("ask: left a handler of messages of type 0x4000 registered"), result.output);
    }

    @Test
    void aParameterThatTheModuleItselfRefuses() throws Exception {
        assertEquals(new Result(3, "parameter peers.limit=65: is not what the module takes\n"),
            load("coroutines", 1, module(tests.resolve("peers.c")), "peers.limit=65"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"flush_work", "flush_again", "flush_delayed", "flush_workqueue", "cancel_work",
        "kthread_stop", "kthread_park", "tasklet_kill"})
    void whoWaitsForAnotherSleepsUntilThatHasHappened(String call) throws Exception {
        for (String contexts : List.of("coroutines", "threads")) {
            Result result = run(join(List.of(out.resolve("events"), contexts, module(tests.resolve("waits.c")), call)));
            assertEquals(0, result.exit, result.output);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"flush_work", "cancel_work", "kthread_stop", "kthread_park", "tasklet_kill"})
    void whoseKernelDiesWhileItWaitsIsFreedWithoutACallOfTheHost(String call) throws Exception {
        Result result = run(join(List.of(out.resolve("events"), "threads", module(tests.resolve("waits.c")), call,
            "abandoned")));
        assertEquals(0, result.exit, result.output);
    }

    @Test
    void clangMakesTheSameOfIt() throws Exception {
        assumeTrue(has("clang"), "there is no clang");
        Path core = out.resolve("clang");
        compileCore(core, "clang");
        for (String contexts : List.of("coroutines", "threads")) {
            Result result = loadOn(core, contexts, 2, module(tests.resolve("sync.c")));
            assertEquals(0, result.exit, result.output);
        }
    }

    @Test
    void sanitizersFindNothing() throws Exception {
        assumeTrue(sanitizes("address,undefined"), "this cc has no sanitizers");
        Path core = out.resolve("asan");
        compileCore(core, "cc", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined");
        for (String contexts : List.of("coroutines", "threads")) {
            Result result = loadOn(core, contexts, 2, module(tests.resolve("sync.c")));
            assertEquals(0, result.exit, result.output);
            result = run(join(List.of(core.resolve("events"), contexts, module(tests.resolve("waits.c")),
                "kthread_stop")));
            assertEquals(0, result.exit, result.output);
            result = run(join(List.of("env", "TEST_LOSES=5", core.resolve("pair"), contexts,
                module(tests.resolve("ask.c")), "ask.peer=1 ask.rounds=10", "")));
            assertEquals(0, result.exit, result.output);
        }
    }

    /** With threads: it knows no coroutines. */
    @Test
    void theThreadSanitizerFindsNothing() throws Exception {
        String distinguish = "--param=tsan-distinguish-volatile=1";
        assumeTrue(sanitizes("thread", distinguish), "this cc has no thread sanitizer that knows volatile accesses");
        Path core = Files.createDirectories(out.resolve("tsan"));
        compile(join(List.of("cc", "-c", tests.resolve("volatile.c"), "-o", core.resolve("volatile.o"))));
        compileCore(core, "cc", "-fsanitize=thread", distinguish, "-g", "-Wno-tsan");
        for (String name : List.of("sync", "stress")) {
            Result result = loadOn(core, "threads", 2, module(tests.resolve(name + ".c")));
            assertEquals(0, result.exit, result.output);
        }
        Result asked = run(join(List.of(core.resolve("pair"), "threads", module(tests.resolve("ask.c")), "ask.peer=1",
            "")));
        assertEquals(0, asked.exit, asked.output);
        for (String call : List.of("flush_work", "cancel_work", "kthread_stop", "kthread_park", "tasklet_kill")) {
            Result result = run(join(List.of(core.resolve("events"), "threads", module(tests.resolve("waits.c")),
                call)));
            assertEquals(0, result.exit, result.output);
        }
    }

    private boolean sanitizes(String with, String... options) throws IOException, InterruptedException {
        Path unit = Files.writeString(out.resolve("sanitized.c"), "int main(void) { return 0; }\n");
        Path program = out.resolve("sanitized");
        return run(join(List.of("cc", "-fsanitize=" + with), List.of(options), List.of(unit, "-o", program))).exit == 0
            && run(List.of(program.toString())).exit == 0;
    }

    @Test
    void everyHeaderStandsAlone() throws Exception {
        List<Path> units = new ArrayList<>();
        StringBuilder all = new StringBuilder();
        for (Path header : sources(main.resolve("include/linux"), ".h")) {
            String include = "#include <linux/" + header.getFileName() + ">\n";
            units.add(Files.writeString(out.resolve("alone-" + header.getFileName() + ".c"), include));
            all.insert(0, include); /* the last one first: no order is needed */
        }
        /* One process for many units: to start cc takes longer than to read a header. */
        syntax("cc", "gnu11", units);
        Path together = Files.writeString(out.resolve("together.c"), all);
        for (String standard : List.of("gnu11", "gnu17", "gnu2x")) {
            for (String compiler : List.of("cc", "clang")) {
                if (has(compiler)) {
                    syntax(compiler, standard, List.of(together));
                }
            }
        }
    }

    private void syntax(String compiler, String standard, List<Path> units) throws IOException, InterruptedException {
        compile(join(List.of(compiler, "-std=" + standard, "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
            "-I" + main.resolve("include")), units));
    }
}
