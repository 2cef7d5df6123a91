// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Shards of a sweep on the command line: how they are named, added up and refused. */
class ShardIT {
    private static final String SCRIPT = Mk.root().resolve("scripts/mk").toString();
    private static final String TREE = """
        /dts-v1/;
        / {
            compatible = "multikernel-v1";
            mkemu,modules = "demo";
            resources { cpus = <0 1>; memory-bytes = <0x1000000>; };
            chosen { bootargs = "demo.messages=5 demo.pages=1 demo.pings=2"; };
            instances {
                web { id = <1>; mkemu,modules = "demo"; resources { cpus = <1>; memory-bytes = <0x1000000>; }; };
            };
        };
        """;

    @RegisterExtension
    final Mk mk = new Mk();

    private Path tree;

    @BeforeEach
    void write() throws Exception {
        tree = Files.writeString(mk.work().resolve("two.dts"), TREE);
    }

    /** A script for bash, in which "$MK" is scripts/mk and $1 is the tree. */
    private MkProcess bash(String script, String... environment) throws Exception {
        List<String> command = new ArrayList<>(List.of("env", "MK=" + SCRIPT));
        command.addAll(List.of(environment));
        command.addAll(List.of("bash", "-c", script, "bash"));
        return mk.launch(command, mk.work(), tree);
    }

    @Test
    void shardsAreAddedUpByWayOfAPipe() throws Exception {
        MkProcess whole = bash("\"$MK\" simulate \"$1\" --seed 5 --runs 7 --jobs 1").ends(0);
        MkProcess merged = bash("for i in 0 1 2; do \"$MK\" simulate \"$1\" --seed 5 --runs 7 --shard $i/3 --json 2>&1;"
            + " done | \"$MK\" simulate merge -").ends(0);
        assertEquals(List.of(), merged.err(), merged::describe);
        assertEquals(withoutStates(whole), withoutStates(merged));
    }

    private static List<String> withoutStates(MkProcess sweep) {
        List<String> lines = sweep.out().stream()
            .map(line -> line.replaceFirst(", about [\\d,]+ different states$", "")).toList();
        assertEquals(1, lines.size(), sweep::describe);
        assertEquals(1, sweep.out("^simulate: no run of 7 failed \\(seeds 5 to 11\\): .* different states$").size(),
            sweep::describe);
        return lines;
    }

    @Test
    void aMissingShardIsNamedAndTheExitCodeSaysSo() throws Exception {
        MkProcess merged = bash("\"$MK\" simulate \"$1\" --seed 5 --runs 6 --shard 1/3 --json 2>/dev/null |"
            + " \"$MK\" simulate merge -").ends(7);
        assertEquals(1, merged.out("of 3 shards 1 is here; missing: shards 0, 2\\. ").size(), merged::describe);
    }

    @Test
    void whatIsNoShardIsRefused() throws Exception {
        mk.start("simulate", tree, "--shard", "0/3").refuses(2, "shard 0/3 needs --seed, the same for all shards");
        mk.start("simulate", tree, "--seed", 1, "--shard", "3/3").refuses(2, "the shards of 3 are 0 to 2");
        mk.start("simulate", tree, "--seed", 1, "--shard", "x").refuses(2, "'x' is not a shard: I/N");
        mk.start("simulate").refuses(2, "'FILE.dts'");
    }

    @Test
    void whatAJobSaysIsRefusedWhereItMakesNoShard() throws Exception {
        String simulate = "exec \"$MK\" simulate \"$1\" --seed 1";
        bash(simulate, "JOB_COMPLETION_INDEX=3", "JOB_COMPLETIONS=3").refuses(2,
            "JOB_COMPLETION_INDEX=3 and JOB_COMPLETIONS=3 make no shard: ");
        bash(simulate, "JOB_COMPLETION_INDEX=3").refuses(2,
            "JOB_COMPLETIONS is not: set that to the Job's completions");
        bash(simulate, "JOB_COMPLETIONS=3").refuses(2, "give the Job completionMode: Indexed");
        MkProcess given = bash(simulate + " --shard 0/1", "JOB_COMPLETION_INDEX=3").ends(0);
        assertEquals(1, given.out("^simulate: the run of seed 1 did not fail").size(), given::describe);
    }

    @Test
    void whatCannotBeMergedIsRefused() throws Exception {
        mk.start("simulate", "merge").refuses(2, "FILE");
        mk.start("simulate", "merge", mk.work().resolve("nothing")).refuses(5,
            "nothing cannot be read: there is no such");
        mk.start("simulate", "merge", "/dev/null").refuses(7, "no shard of a sweep in /dev/null");
    }
}
