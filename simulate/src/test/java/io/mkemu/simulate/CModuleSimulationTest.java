// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mkemu.simulate.run.Failure;
import io.mkemu.testkit.Await;
import io.mkemu.testkit.CModules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Modules in C in many simulated machines: each run has its own data, and a seed makes the same run each time. */
@Timeout(300)
class CModuleSimulationTest {
    private static final int RUNS = 40;

    @TempDir
    Path directory;

    private Path module(String name) {
        return CModules.build(CModules.root().resolve("instance/src/test/c/" + name + ".c"), directory);
    }

    private Simulator simulator(String of, String hostArgs, String on, String args) throws IOException {
        return Simulator.of(Files.writeString(directory.resolve("tree.dts"), """
            /dts-v1/;
            / {
                compatible = "multikernel-v1";
                mkemu,modules = "%s";
                chosen { bootargs = "%s"; };
                resources { cpus = <0 1>; memory-bytes = <0x100000>; };
                instances {
                    n1 {
                        id = <1>;
                        mkemu,modules = "%s";
                        resources { cpus = <1>; memory-bytes = <0x100000>; };
                        chosen { bootargs = "%s"; };
                    };
                };
            };
            """.formatted(of, hostArgs, on, args))).runs(RUNS).steps(200_000);
    }

    @Test
    void kthreadsTalkAndEveryRunBeginsAnew() throws Exception {
        module("threads");
        Simulator.Outcome first = simulator("./threads.so", "threads.peer=1 threads.rounds=9", "./threads.so",
            "threads.peer=0 threads.rounds=4").run();
        assertNull(first.failure(), first::report);
        assertEquals(RUNS, first.runs());
        assertEquals(RUNS * 13, first.messages(), "all messages of each run are delivered");
        Simulator.Outcome again = simulator("./threads.so", "threads.peer=1 threads.rounds=9", "./threads.so",
            "threads.peer=0 threads.rounds=4").run();
        assertEquals(first.points(), again.points(), "the same seeds make the same runs");
        assertEquals(first.messages(), again.messages());
    }

    @Test
    void aModuleThatWasWrittenForLinux() throws Exception {
        CModules.build(CModules.root().resolve("native/src/test/c/pingpong.c"), directory);
        /* Its timer never ends, so the run does after a time. */
        Simulator.Outcome outcome = simulator("./pingpong.so", "pingpong.peer=1 pingpong.rounds=6", "./pingpong.so",
            "pingpong.peer=0 pingpong.rounds=6").runs(10).lasting(Duration.ofMillis(200)).run();
        assertNull(outcome.failure(), outcome::report);
        /* n1 asks when the host is there already; the host may be too early. */
        assertTrue(outcome.messages() >= 10 * 2 * 6, outcome::report);
    }

    @Test
    void kernelsThatAreKilledLeaveTheOthersGoing() throws Exception {
        module("threads");
        Simulator.Outcome outcome = simulator("./threads.so", "threads.peer=1 threads.rounds=5", "./threads.so",
            "threads.peer=0 threads.rounds=5").faults("kill,restart").run();
        assertNull(outcome.failure(), outcome::report);
        assertTrue(outcome.faults() > 0, outcome::report);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "panic   | kthread  | out of luck: 7",
        "panic   | callback | out of luck: 7",
        "panic   | work     | out of luck: 7",
        "panic   | init     | out of luck: 7",
        "bug     | kthread  | kernel BUG at dies.c:LINE!",
        "null    | kthread  | killed by signal 11 in dies.so+0xADDRESS (die, dies.c:LINE)",
        "null    | callback | killed by signal 11 in dies.so+0xADDRESS (die, dies.c:LINE)",
        "library | work     | killed by signal 11 in dies.so+0xADDRESS (die, dies.c:LINE)",
        "divide  | kthread  | killed by signal 8 in dies.so+0xADDRESS (die, dies.c:LINE)",
        "jump    | kthread  | killed by signal 11 in dies.so+0xADDRESS (die, dies.c:LINE)"})
    void aModuleThatCannotGoOnEndsItsKernelAndTheSimulationSaysWhy(String how, String where, String reason)
        throws Exception {
        assumeTrue(!how.equals("divide") || System.getProperty("os.arch").equals("amd64"), "only x86 traps there");
        module("dies");
        Simulator.Outcome outcome = simulator("./dies.so", "", "./dies.so", "dies.how=" + how + " dies.where=" + where)
            .run();
        assertNotNull(outcome.failure());
        assertEquals(Failure.Kind.MODULE_THREW, outcome.failure().kind());
        assertEquals("n1: panic: " + reason, outcome.failure().text().replaceFirst("[^ ]*/dies.c", "dies.c")
            .replaceFirst("c:[0-9]+", "c:LINE").replaceFirst("x[0-9a-f]+", "xADDRESS"));
        if (how.equals("jump")) {
            /* The line of the call, not the one that it would have returned to. */
            List<String> lines = Files.readAllLines(CModules.root().resolve("instance/src/test/c/dies.c"));
            int line = Integer.parseInt(outcome.failure().text().replaceFirst(".*dies.c:([0-9]+).*", "$1"));
            assertTrue(lines.get(line - 1).contains("READ_ONCE(nothing))()"), outcome::report);
        }
        /* The process goes on: the next simulation in it does as if nothing had been. */
        Simulator.Outcome next = simulator("./dies.so", "", "./dies.so", "").runs(5).run();
        assertNull(next.failure(), next::report);
    }

    /** What this process has of a module: threads of its kthreads, mappings and open files of its code. */
    private static List<String> left(String module) throws IOException {
        List<String> left = new ArrayList<>();
        Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(name -> name.startsWith(module + "/"))
            .forEach(left::add);
        try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1);
            Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            mappings.filter(line -> line.contains(module + ".so")).forEach(left::add);
            for (Path file : files.toList()) {
                if (Files.isSymbolicLink(file) && Files.readSymbolicLink(file).toString().contains(module + ".so")) {
                    left.add(file.toString());
                }
            }
        } catch (NoSuchFileException closedMeanwhile) {
            left.add(closedMeanwhile.getFile());
        }
        return left;
    }

    @Test
    void kernelsThatAreKilledLeaveNoThreadsNorCode() throws Exception {
        module("threads");
        Simulator.Outcome outcome = simulator("./threads.so", "threads.peer=1 threads.rounds=5", "./threads.so",
            "threads.peer=0 threads.rounds=5").faults("kill,restart").runs(50).run();
        assertNull(outcome.failure(), outcome::report);
        assertTrue(outcome.faults() >= 25, () -> "few kernels were killed: " + outcome.faults());
        /* The last threads may be about to end. */
        AtomicReference<List<String>> left = new AtomicReference<>();
        Await.until(() -> {
            try {
                left.set(left("threads"));
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
            return left.get().isEmpty();
        }, () -> "50 runs to leave nothing: " + left);
    }
}
