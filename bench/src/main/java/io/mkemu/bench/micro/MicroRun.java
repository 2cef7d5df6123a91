// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.micro;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the micro-benchmarks under JMH and says whether what must not allocate does not. */
public final class MicroRun {
    private static final String ALLOCATED = "gc.alloc.rate.norm";
    /* The profiler counts some bytes of JMH's own in each iteration; the least object has 16. */
    private static final double NOTHING = 0.01;
    private static final double NOTHING_OF_FEW = 1;
    private static final List<String> MUST_NOT_ALLOCATE = List.of("publish", "drain", "traceRecord");
    private static final int ROUNDS = 5;
    private static final int SMOKE_MILLIS = 200;

    private MicroRun() {
    }

    /**
     * Runs all.
     *
     * @param smoke only whether it works
     * @return whether send, receive and trace record allocate nothing
     */
    public static boolean run(boolean smoke, PrintStream out) throws RunnerException {
        TimeValue time = smoke ? TimeValue.milliseconds(SMOKE_MILLIS) : TimeValue.seconds(1);
        Options options = new OptionsBuilder().include("io\\.mkemu\\.bench\\.micro\\.").forks(1)
            .warmupIterations(smoke ? 2 : ROUNDS).warmupTime(time)
            .measurementIterations(smoke ? 1 : ROUNDS).measurementTime(time)
            .addProfiler(GCProfiler.class).verbosity(VerboseMode.SILENT).shouldFailOnError(true)
            .jvmArgsAppend("-Djmh.ignoreLock=true").build();
        Collection<RunResult> results = new Runner(options).run();
        List<String> allocating = new ArrayList<>();
        out.printf(Locale.ROOT, "%-24s %10s %10s %10s%n", "benchmark", "ns/op", "+-", "B/op");
        for (RunResult result : results) {
            String name = name(result);
            double bytes = allocated(result);
            Result<?> primary = result.getPrimaryResult();
            out.printf(Locale.ROOT, "%-24s %10.2f %10.2f %10.3f%n", name, primary.getScore(),
                Double.isNaN(primary.getScoreError()) ? 0 : primary.getScoreError(), bytes);
            if (MUST_NOT_ALLOCATE.contains(name) && !(bytes < (smoke ? NOTHING_OF_FEW : NOTHING))) {
                allocating.add(name);
            }
        }
        out.println(allocating.isEmpty() ? "0 B/op on send, receive and trace record"
            : "ALLOCATES: " + String.join(", ", allocating));
        return allocating.isEmpty();
    }

    private static String name(RunResult result) {
        String full = result.getParams().getBenchmark();
        StringBuilder name = new StringBuilder(full.substring(full.lastIndexOf('.') + 1));
        for (String key : result.getParams().getParamsKeys()) {
            name.append(' ').append(result.getParams().getParam(key));
        }
        return name.toString();
    }

    private static double allocated(RunResult result) {
        if (result.getSecondaryResults().containsKey(ALLOCATED)) {
            return result.getSecondaryResults().get(ALLOCATED).getScore();
        }
        throw new IllegalStateException("JMH's GC profiler says nothing of " + ALLOCATED);
    }
}
