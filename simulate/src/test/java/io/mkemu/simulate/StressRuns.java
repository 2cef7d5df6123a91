// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import io.mkemu.abi.IpiMode;
import io.mkemu.cli.type.MachineFlags;
import io.mkemu.module.KernelModule;
import io.mkemu.simulate.fault.FaultKind;
import io.mkemu.simulate.run.Bench;
import io.mkemu.simulate.run.RunResult;
import io.mkemu.simulate.run.Scenario;
import io.mkemu.simulate.strategy.Strategy;
import io.mkemu.simulate.stress.StressModule;
import io.mkemu.tree.MachineSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/**
 * Runs a machine of three kernels, one of them with two CPUs, all with {@link StressModule}, from one seed after the
 * other. Whoever loads this class anew has all of mkemu anew with it.
 */
public final class StressRuns {
    private static final long MOST_POINTS = 1_000_000;

    private static final String TREE = """
        /dts-v1/;
        / {
            compatible = "multikernel-v1";
            mkemu,modules = "@JAR@";
            nr-cpus = <4>;
            mkemu,ipi-slots = <8>;
            resources { cpus = <0 1 2 3>; memory-bytes = <0x80000>; };
            chosen { bootargs = "@ARGS@"; };
            instances {
                two {
                    id = <1>;
                    mkemu,modules = "@JAR@";
                    resources { cpus = <1 2>; memory-bytes = <0x20000>; };
                    chosen { bootargs = "@ARGS@"; };
                };
                one {
                    id = <2>;
                    mkemu,modules = "@JAR@";
                    resources { cpus = <3>; memory-bytes = <0x20000>; };
                    chosen { bootargs = "@ARGS@"; };
                };
            };
        };
        """;

    private StressRuns() {
    }

    /**
     * Makes the module's jar and the two machines: {@code queued.dts} and {@code single-slot.dts}.
     *
     * @param directory empty
     */
    public static void prepare(Path directory) throws IOException {
        Path jar = directory.resolve("stress.jar");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarOutputStream out = new JarOutputStream(bytes)) {
            /* Its classes are the test's own, so that they need not be loaded for each kernel. */
            out.putNextEntry(new JarEntry("META-INF/services/" + KernelModule.class.getName()));
            out.write(StressModule.class.getName().getBytes(StandardCharsets.UTF_8));
        }
        Files.write(jar, bytes.toByteArray());
        String tree = TREE.replace("@JAR@", jar.toString());
        Files.writeString(directory.resolve(IpiMode.QUEUED + ".dts"), tree.replace("@ARGS@", ""));
        Files.writeString(directory.resolve(IpiMode.SINGLE_SLOT + ".dts"), tree.replace("@ARGS@", "stress.lax=1"));
    }

    /**
     * Runs until a run fails.
     *
     * @param directory of {@link #prepare}
     * @param mailbox   "queued" or "single-slot"
     * @param faults    as {@code mk simulate --faults} takes them
     * @param seed      of the first run
     * @param runs      how many at most
     * @return what came of them
     */
    public static String[] run(String directory, String mailbox, String faults, long seed, int runs) {
        try {
            Path tree = Path.of(directory, mailbox + ".dts");
            MachineSpec spec = MachineFlags.read(tree.toString());
            IpiMode mode = mailbox.equals(IpiMode.QUEUED.toString()) ? IpiMode.QUEUED : IpiMode.SINGLE_SLOT;
            Scenario scenario = Scenario.of("stress", spec.withIpi(mode), FaultKind.parse(faults), MOST_POINTS,
                Long.MAX_VALUE);
            long length = Sweep.lengthOf(scenario);
            Strategy[] strategies = {StrategyName.RANDOM.make(length),
                new StrategyName(StrategyName.Kind.PCT, 3).make(length)};
            long points = 0;
            try (Bench bench = new Bench(scenario, length)) {
                for (int run = 0; run < runs; run++) {
                    /* Every fourth run by PCT, which finds what a random walk seldom does, and the other way round. */
                    boolean pct = (seed + run) % 4 == 0;
                    RunResult result = bench.run(seed + run, strategies[pct ? 1 : 0], null);
                    points += result.points();
                    if (result.failure() != null) {
                        return new String[] {"seed " + result.seed() + (pct ? " (pct:3)" : "") + ", point "
                            + result.failure().step() + " of a run with " + result.faults() + ": "
                            + result.failure().kind() + ": " + result.failure().text() + trace(bench.internal()),
                            Integer.toString(run + 1), Long.toString(points)};
                    }
                }
                long left = bench.firstLeft();
                if (left >= 0) {
                    return new String[] {"runs leave something at 0x" + Long.toHexString(left), Integer.toString(runs),
                        Long.toString(points)};
                }
            }
            return new String[] {null, Integer.toString(runs), Long.toString(points)};
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }

    private static String trace(Throwable fault) {
        if (fault == null) {
            return "";
        }
        StringWriter text = new StringWriter();
        fault.printStackTrace(new PrintWriter(text));
        return "\n" + text;
    }
}
