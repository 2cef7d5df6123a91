// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.json.Json;
import io.mkemu.simulate.fault.FaultKind;
import io.mkemu.simulate.run.Scenario;
import io.mkemu.simulate.shard.MergeCommand;
import io.mkemu.simulate.shard.Shard;
import io.mkemu.tree.MachineSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Three shards of a sweep, merged, are the sweep. */
@Timeout(600)
class ShardedSweepTest {
    private static final int SHARDS = 3;
    private static final long RUNS = 30;
    private static final long FIRST = 100;
    private static final String TREE = """
        /dts-v1/;
        / {
            compatible = "multikernel-v1";
            mkemu,modules = "demo";
            resources { cpus = <0 1>; memory-bytes = <0x1000000>; };
            chosen { bootargs = "demo.messages=5 demo.pages=1 demo.pings=2"; };
            instances {
                web {
                    id = <1>;
                    mkemu,modules = "demo";
                    resources { cpus = <1>; memory-bytes = <0x1000000>; };
                };
            };
        };
        """;

    @TempDir
    private Path directory;

    private static Scenario scenario(String faults) throws IOException {
        return Scenario.of("demo", MachineSpec.read("demo.dts",
            new ByteArrayInputStream(TREE.getBytes(StandardCharsets.UTF_8))), FaultKind.parse(faults), 1_000_000,
            Long.MAX_VALUE);
    }

    private static Sweep sweep(Scenario scenario, Shard shard) throws IOException, InterruptedException {
        Sweep sweep = new Sweep(scenario, StrategyName.RANDOM, FIRST, shard, RUNS, System.nanoTime()
            + Long.MAX_VALUE / 2);
        sweep.start(1);
        while (!sweep.await(60_000)) {
            assertNull(sweep.stuck(300_000_000_000L));
        }
        assertNull(sweep.broken());
        return sweep;
    }

    private static JsonNode report(Scenario scenario, Sweep sweep, Shard shard) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new SweepReport(scenario, sweep, StrategyName.RANDOM, FIRST, shard, "mk simulate demo.dts",
            new PrintStream(out, true, StandardCharsets.UTF_8)).print(true, false, null);
        return Json.read(out.toByteArray());
    }

    /** What the command prints that adds up the shards. */
    private JsonNode merged(Scenario scenario, int code) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        for (int index = 0; index < SHARDS; index++) {
            Shard shard = new Shard(index, SHARDS);
            lines.add(Json.text(report(scenario, sweep(scenario, shard), shard)));
        }
        Path file = Files.write(directory.resolve("shards"), lines);
        PrintStream stdout = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            assertEquals(code, new CommandLine(new MergeCommand()).execute(file.toString(), "--json"));
        } finally {
            System.setOut(stdout);
        }
        return Json.read(out.toByteArray());
    }

    @Test
    void withoutAFailureTheCountsAreTheSame() throws IOException, InterruptedException {
        Scenario scenario = scenario("pause,slow,boot");
        JsonNode whole = report(scenario, sweep(scenario, Shard.WHOLE), Shard.WHOLE);
        JsonNode merged = merged(scenario, 0);
        assertEquals(RUNS, whole.get("runs").longValue());
        assertTrue(whole.get("faults").longValue() > 0, whole::toString);
        for (String count : List.of("firstSeed", "runs", "points", "messages", "faults", "undecided", "failed")) {
            assertEquals(whole.get(count), merged.get(count), count);
        }
        /* What two shards have seen counts twice. */
        assertTrue(merged.get("states").longValue() >= whole.get("states").longValue(), merged::toString);
    }

    @Test
    void theFailureIsTheSame() throws IOException, InterruptedException {
        Scenario scenario = scenario("kill,slow");
        Sweep sweep = sweep(scenario, Shard.WHOLE);
        assertNotNull(sweep.failed(), "a demo whose kernels are killed fails in one of 30 runs");
        JsonNode whole = report(scenario, sweep, Shard.WHOLE);
        assertTrue(sweep.totals().runs() > 1, "it fails later");
        assertEquals(sweep.totals().points(), whole.get("points").longValue(), "of all runs, not of the failed one");
        JsonNode merged = merged(scenario, 1);
        for (String field : List.of("failed", "seed", "kind", "text", "run", "smaller", "again")) {
            assertEquals(whole.get(field), merged.get(field), field);
        }
    }
}
