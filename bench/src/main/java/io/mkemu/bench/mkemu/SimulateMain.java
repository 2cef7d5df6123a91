// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import com.sun.management.ThreadMXBean;
import io.mkemu.bench.contender.CommandLoop;
import io.mkemu.bench.contender.Commands;
import io.mkemu.simulate.Simulator;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/** Simulates the machine of examples/election as mk simulate does, in one JVM for all sweeps. One sweep at a time. */
public final class SimulateMain implements Commands {
    private static final String TREE = "election.dts";
    private static final String JAR = "election.jar";
    private static final long FEWEST_RUNS_EACH = 20;
    private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Path tree;
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    /** Runs per second of the last sweep, by the number of threads. */
    private final Map<Integer, Double> rates = new HashMap<>();
    private long seed = 1;

    private SimulateMain(Path tree) {
        this.tree = tree;
    }

    /** SimulateMain DIRECTORY. */
    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        Path base = Path.of(args[0]).toAbsolutePath();
        Files.createDirectory(base, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        CommandLoop.serve(new SimulateMain(build(base)), out);
        System.exit(0);
    }

    /** Builds the example as its own script does, but not in its folder; its tree. */
    private static Path build(Path base) throws IOException {
        /* Of the tree that this distribution was built in. */
        Path example = Path.of(System.getProperty("mkemu.home")).resolveSibling("../examples/election").normalize();
        Path classes = base.resolve("classes");
        List<String> compile = new ArrayList<>(List.of("-proc:none", "-d", classes.toString(), "-cp",
            System.getProperty("java.class.path")));
        try (Stream<Path> files = Files.list(example)) {
            files.map(Path::toString).filter(file -> file.endsWith(".java")).sorted().forEach(compile::add);
        }
        run("javac", compile);
        run("jar", List.of("--create", "--file", base.resolve(JAR).toString(), "-C", classes.toString(), ".", "-C",
            example.toString(), "META-INF"));
        return Files.copy(example.resolve(TREE), base.resolve(TREE));
    }

    private static void run(String tool, List<String> arguments) {
        StringWriter said = new StringWriter();
        PrintWriter to = new PrintWriter(said, true);
        int code = ToolProvider.findFirst(tool).orElseThrow(() -> new IllegalStateException("this JDK has no " + tool))
            .run(to, to, arguments.toArray(String[]::new));
        if (code != 0) {
            throw new IllegalStateException(tool + ": exit code " + code + ": " + said);
        }
    }

    @Override
    public Sweep sweep(int jobs, long millis) {
        long runs = 0;
        long points = 0;
        long bytes = threads.getTotalThreadAllocatedBytes();
        long begun = System.nanoTime();
        long took;
        long left = TimeUnit.MILLISECONDS.toNanos(millis);
        /* Each call has class loaders of its own, whose code is compiled anew: one call that takes all of the time is
           what mk simulate does. What is left when it was a little too short is not worth another one. */
        do {
            long count = Math.max(FEWEST_RUNS_EACH * jobs,
                Math.round(rates.getOrDefault(jobs, 0.0) * left / NANOS_PER_SECOND));
            Simulator.Outcome outcome = Simulator.of(tree).jobs(jobs).seed(seed).runs(count).run();
            if (outcome.failure() != null) {
                throw new IllegalStateException("the run of seed " + outcome.seed() + " fails: "
                    + outcome.failure().text());
            }
            seed += count;
            runs += outcome.runs();
            points += outcome.points();
            took = System.nanoTime() - begun;
            rates.put(jobs, runs * NANOS_PER_SECOND / took);
            left = TimeUnit.MILLISECONDS.toNanos(millis) - took;
        } while (left > took / 2);
        return new Sweep(runs, points, took, threads.getTotalThreadAllocatedBytes() - bytes);
    }
}
